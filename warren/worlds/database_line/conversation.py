"""One connection to a database server on a line: what either side sends goes on as the line's plan wants it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warren.evidence.commits import CommitBegun, Committed, DatabaseFailed
from warren.worlds.database_line.pieces import Moment, Piece

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.evidence.frames import Fact
    from warren.worlds.database_line.pieces import Follower
    from warren.worlds.database_line.plan import DatabasePlan, HeldCommit


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a conversation needs from the world: the plan of its line, a log, the time, and to be called at a time."""

    plan: DatabasePlan
    log: Callable[[Fact], None]
    now: Callable[[], float]
    call_at: Callable[[float, Callable[[], None]], None]


class Conversation:
    """The connection with that number of an instance, from its beginning on."""

    def __init__(
        self, instance: str, number: int, follower: Follower, around: Surroundings
    ) -> None:
        """Be told of the plan's changes until `close`."""
        self._instance, self._number = instance, number
        self._follower, self._around = follower, around
        self.to_server, self.to_client = Way(around), Way(around)
        around.plan.take_in(self._flush)

    def client_sent(self, octets: bytes) -> None:
        """Take what came from the instance."""
        self._follower.failure = self._around.plan.failure
        for piece in self._follower.client_sent(octets):
            if piece.moment is Moment.BEFORE_COMMIT:
                self._log(CommitBegun(self._around.now(), self._instance, self._number))
            if piece.error:
                self.failed(piece.error)
            if piece.answer:
                self.to_client.take(Piece(piece.answer))
            if piece.octets:
                self.to_server.take(piece)

    def server_sent(self, octets: bytes) -> None:
        """Take what came from the database server."""
        for piece in self._follower.server_sent(octets):
            if piece.moment is Moment.AFTER_COMMIT:
                self._log(Committed(self._around.now(), self._instance, self._number))
            if piece.error:
                self.failed(piece.error)
            self.to_client.take(piece)

    def failed(self, words: str) -> None:
        """Note that the instance could not do with its database what it wanted."""
        self._log(DatabaseFailed(self._around.now(), self._instance, self._number, words))

    def let_die(self) -> None:
        """Never pass anything on again, whatever the plan says."""
        self.to_server.is_dead = self.to_client.is_dead = True

    def close(self) -> None:
        """Be told of the plan's changes no more: both ends have gone."""
        self._around.plan.let_out(self._flush)

    def _flush(self) -> None:
        self.to_server.flush()
        self.to_client.flush()

    def _log(self, fact: Fact) -> None:
        self._around.log(fact)


class Way:
    """One direction of a conversation. Its owner says how to end it (`cut`), and what follows once it is empty."""

    def __init__(self, around: Surroundings) -> None:
        """Begin empty; what comes waits until there is somebody to take it."""
        self._write: Callable[[bytes], None] | None = None
        self.cut: Callable[[], None] = lambda: None
        self.drained: Callable[[], None] = lambda: None
        self.is_dead = False
        self._around = around
        self._waiting: deque[tuple[float, Piece]] = deque()
        self._held: HeldCommit | None = None

    @property
    def is_empty(self) -> bool:
        """Whether all that came has gone on."""
        return not self._waiting

    def begin(self, write: Callable[[bytes], None]) -> None:
        """Pass things on from now on, by calling that."""
        self._write = write
        self.flush()

    def take(self, piece: Piece) -> None:
        """Pass a piece on, now or when it may go."""
        plan, now = self._around.plan, self._around.now()
        due = now + plan.lateness
        if piece.moment is Moment.BEFORE_COMMIT:
            due = max(due, plan.due_of_commit(now))
        self._waiting.append((due, piece))
        if len(self._waiting) == 1:
            self.flush()

    def flush(self) -> None:
        """Pass on what may go."""
        while self._write is not None and self._waiting and not self._must_wait():
            _, piece = self._waiting.popleft()
            self._write(piece.octets)
        if not self._waiting:
            self.drained()

    def _must_wait(self) -> bool:
        plan, now = self._around.plan, self._around.now()
        due, piece = self._waiting[0]
        if self._held is not None and plan.is_held(self._held):
            return True
        if plan.is_half_open or self.is_dead:
            return True
        if due > now:
            self._around.call_at(due, self.flush)
            return True
        if self._held is None and piece.moment is not None:
            self._held = plan.catch(piece.moment, now, self.cut)
            return self._held is not None
        self._held = None
        return False
