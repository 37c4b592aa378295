"""One direction of one connection: octets in, the same octets out, at once or when allowed.

While no fault is in force octets go on as they come, before anyone looks at them. Under a fault
they go on frame by frame, because a rule speaks of frames; the octets of a frame are still those
that came. Sockets and threads are not known here.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warren.evidence.frames import (
    Direction,
    Fact,
    FrameForged,
    FrameHeld,
    FrameLost,
    FrameReleased,
    FrameSeen,
)
from warren.simulator.wire import (
    Assembler,
    BasicProperties,
    Heartbeat,
    Message,
    Method,
    encode_method_frame,
)
from warren.worlds.line.contents import Contents

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.evidence.frame_reader import Reader
    from warren.worlds.line.learnt import Learnt
    from warren.worlds.line.plan import Plan
    from warren.worlds.line.rules import Held

MOST_WAITING: Final = 1 << 20
"""Octets that may wait in a lane before its source is read no more."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What lanes need from the world: the plan of their line, a log, the time, and to be called at a time."""

    plan: Plan
    log: Callable[[Fact], None]
    now: Callable[[], float]
    call_at: Callable[[float, Callable[[], None]], None]


class _Decision(enum.Enum):
    PASS = enum.auto()
    WAIT = enum.auto()
    LOSE = enum.auto()


@dataclass(slots=True)
class _Fate:
    """What is decided about a message, and so about each of its frames; None until it can be decided.

    ``seen`` is its method frame, ``queue`` the one that a delivery's consumer reads, or who settles one.
    """

    seen: FrameSeen
    message: Message[BasicProperties]
    queue: str
    decision: _Decision | None = None
    held: Held | None = None

    def announce(self) -> None:
        """Tell whoever waits for the catch, once the log tells of it."""
        if self.held is not None:
            self.held.seen = self.seen


@dataclass(slots=True)
class _Piece:
    """A frame that waits, with its own octets.

    It has no fate where no rule can catch it: it is part of no message, or the first of it has gone on already.
    """

    octets: bytes
    seen: FrameSeen
    due: float
    fate: _Fate | None
    is_logged: bool = False
    is_forged: bool = False
    is_swallowed: bool = False
    is_unread: bool = False
    """Whether a broker that is short of memory does not read it: it comes from a publisher."""


@dataclass(frozen=True, slots=True)
class _Forged:
    """A method that waits for a place among the frames, and who is told that it has one."""

    channel: int
    method: Method
    placed: Callable[[], None]


class Lane:
    """Carries one direction.

    Its owner sets ``write``, which gives octets to the target (None until there is one),
    ``drained``, called whenever everything that waited has gone, and ``full``, called with whether
    the source should rest. Who forges (`forging`) sets ``swallows``, asked whether the target must not
    get a frame, and ``frame_by_frame``, without which nobody is asked while no fault is in force.
    """

    def __init__(self, reader: Reader, around: Surroundings, learnt: Learnt) -> None:
        """Begin empty."""
        self.write: Callable[[bytes], None] | None = None
        self.drained: Callable[[], None] = lambda: None
        self.full: Callable[[bool], None] = lambda _: None
        self.swallows: Callable[[FrameSeen], bool] = lambda _: False
        self.frame_by_frame = False
        self.has_content = False
        """Whether a whole method with content has come: of a client, that it publishes."""
        self._reader, self._learnt = reader, learnt
        self._around, self._plan = around, around.plan
        self._queue: deque[_Piece] = deque()
        self._waiting = 0
        self._ahead = 0  # octets of the frame under way that have gone on already
        self._tail = bytearray()  # octets of the frame under way that have not
        self._assembler = Assembler()
        self._contents = Contents()
        self._forged: deque[_Forged] = deque()
        self._fates: dict[int, _Fate] = {}  # of the last message on each channel
        self._target_ended = False
        self._gone = False
        self._alarm = 0.0

    @property
    def idle(self) -> bool:
        """Whether the source's end may be passed on: nothing waits, and nothing holds it back."""
        return not self._queue and (self._gone or not self._plan.is_half_open)

    @property
    def caught(self) -> Held | None:
        """The rule whose catch waits here."""
        fate = self._queue[0].fate if self._queue else None
        return fate.held if fate is not None else None

    def receive(self, data: bytes, at: float) -> None:
        """Take octets from the source."""
        if self._may_go_unseen and self.write is not None:
            self._forward(self.write, data, at)
            return
        self._tail += data
        for seen, size in self._reader.read(data, at):
            self._enqueue(seen, size)
        self.flush()

    def forge(
        self, channel: int, method: Method, placed: Callable[[], None] = lambda: None
    ) -> None:
        """Have a frame that nobody sent put among the others at the next flush, where one may stand.

        That is where no frame is half sent, and no content under way on that channel; ``placed`` is told of it.
        """
        self._forged.append(_Forged(channel, method, placed))

    def end(self, at: float) -> None:
        """Learn that the source has ended: what is incomplete stays so, and no rule waits for the rest of it."""
        for fate in self._fates.values():
            if not fate.message.whole:
                fate.decision = fate.decision or _Decision.PASS
        self._fates.clear()
        for seen, size in self._reader.end(at):
            self._enqueue(seen, size)
        self.flush()

    def target_ended(self) -> None:
        """Learn that the target sends no more: it has most likely gone, so what waits is lost.

        What comes later still goes on, since in TCP a side may end its sending alone.
        """
        self._target_ended = True
        self.flush()

    def lose_target(self) -> None:
        """Learn that the target has gone: whatever waits, or comes, is lost."""
        self._gone = True
        self.flush()

    def resolve(self, held: Held, *, release: bool) -> None:
        """Let go, or lose, what was caught, if it waits here."""
        fate = self._queue[0].fate if self._queue else None
        if fate is not None and fate.held is held:
            fate.decision = _Decision.PASS if release else _Decision.LOSE
            self.flush()

    def flush(self) -> None:
        """Let go what may go now."""
        self._place_forged()
        while self._queue:
            decision = self._decide(self._queue[0])
            if decision is _Decision.WAIT:
                break
            piece = self._queue.popleft()
            self._waiting -= len(piece.octets)
            self._carry_out(piece, decision)
        new = self._new_pieces()
        if self._heartbeats_pass:
            new = self._pass_heartbeats(new)
        self._log_waiting(new)
        self.full(self._waiting > MOST_WAITING)
        if self.idle:
            self.drained()

    def _forward(self, write: Callable[[bytes], None], data: bytes, at: float) -> None:
        """Pass on first, look afterwards."""
        if self._tail:
            data, begun = bytes(self._tail) + data, len(self._tail)
            self._tail.clear()
        else:
            begun = 0
        write(data)
        self._ahead += len(data)
        for seen, size in self._reader.read(data[begun:], at):
            self._ahead -= size
            self._look(seen)

    @property
    def _may_go_unseen(self) -> bool:
        is_idle = not self._queue and not self._forged and not self._gone
        return self._plan.empty and is_idle and not self.frame_by_frame

    def _look(self, seen: FrameSeen) -> None:
        self._around.log(seen)
        self._learnt.note(seen)
        self.has_content |= self._contents.note(seen)

    # --- under a fault -----------------------------------------------------------------------

    def _enqueue(self, seen: FrameSeen, size: int) -> None:
        publishes = self.has_content and seen.direction is Direction.TO_BROKER
        self._look(seen)
        length = size - self._ahead
        begun, self._ahead = self._ahead > 0, 0
        octets = bytes(self._tail[:length])
        del self._tail[:length]
        piece = _Piece(octets, seen, seen.at + self._plan.lateness, None)
        if not begun:
            piece.fate = self._fate_of(seen)
            piece.is_swallowed = self.swallows(seen)
            piece.is_unread = publishes
        self._append(piece)
        self._place_forged()

    def _append(self, piece: _Piece) -> None:
        self._queue.append(piece)
        self._waiting += len(piece.octets)

    def _place_forged(self) -> None:
        """Give forged frames their place behind what has come, if it is one."""
        while self._forged and not self._ahead:
            forged = self._forged[0]
            if self._contents.under_way(forged.channel):
                return
            self._forged.popleft()
            now = self._around.now()
            seen = self._reader.seen(forged.channel, forged.method, now)
            octets = encode_method_frame(forged.channel, forged.method)
            due = now + self._plan.lateness
            self._append(_Piece(octets, seen, due, None, is_forged=True))
            forged.placed()

    def _fate_of(self, seen: FrameSeen) -> _Fate | None:
        """Find what is decided of the message that a frame belongs to; None where it is part of none."""
        message = self._assembler.follow(seen.channel, seen.content)
        if message is None:
            return None
        if isinstance(seen.content, Method):
            self._fates[seen.channel] = _Fate(seen, message, self._learnt.queue_of(seen))
        return self._fates.get(seen.channel)

    def _decide(self, piece: _Piece) -> _Decision:
        if self._gone or (self._target_ended and piece.is_logged) or piece.is_swallowed:
            return _Decision.LOSE
        if self._plan.is_half_open or self.write is None or piece.due > self._around.now():
            return _Decision.WAIT
        if piece.is_unread and self._plan.blocked is not None:
            return _Decision.WAIT
        return _Decision.PASS if piece.fate is None else self._judge(piece.fate)

    def _judge(self, fate: _Fate) -> _Decision:
        """Ask the rules, once a message."""
        if fate.decision is not None:
            return fate.decision
        rules = [held for held in self._plan.rules if held.match.may_take(fate.seen)]
        if rules and not fate.message.whole:
            return _Decision.WAIT
        fate.decision = _Decision.PASS
        for held in rules:
            if held.match.takes(fate.message, fate.queue):
                self._plan.rules.remove(held)
                fate.held = held
                fate.decision = _Decision.LOSE if held.lose_at_once else _Decision.WAIT
                break
        return fate.decision

    def _carry_out(self, piece: _Piece, decision: _Decision) -> None:
        """Pass a piece on, or lose it; log whatever is not plain passing.

        The time is read first: so what follows from a frame is never logged before it, in whatever thread.
        """
        now = self._around.now()
        write = self.write if decision is _Decision.PASS else None
        if write is not None:
            write(piece.octets)
        if piece.is_forged:
            if write is not None:
                self._around.log(FrameForged(now, piece.seen))
            return
        if write is None:
            self._around.log(FrameLost(now, piece.seen))
        elif piece.is_logged:
            self._around.log(FrameReleased(now, piece.seen))
        if piece.fate is not None:
            piece.fate.announce()

    @property
    def _heartbeats_pass(self) -> bool:
        """Whether heartbeats overtake what waits: a caught message, or the frames of a publisher that is blocked."""
        if self._plan.is_half_open or not self._queue:
            return False
        caught = self.caught
        if caught is not None:
            return caught.heartbeats_pass
        return self._queue[0].is_unread and self._plan.blocked is not None

    def _new_pieces(self) -> list[_Piece]:
        """Give the pieces that have come to wait since the last look."""
        new: list[_Piece] = []
        for piece in reversed(self._queue):
            if piece.is_logged:
                break
            new.append(piece)
        return new[::-1]

    def _pass_heartbeats(self, new: list[_Piece]) -> list[_Piece]:
        """Let heartbeats overtake what was caught; give the other pieces."""
        rest = [piece for piece in new if not isinstance(piece.seen.content, Heartbeat)]
        if len(rest) < len(new):
            for _ in new:
                self._queue.pop()
            self._queue.extend(rest)
            for piece in new:
                if isinstance(piece.seen.content, Heartbeat):
                    self._waiting -= len(piece.octets)
                    self._carry_out(piece, _Decision.PASS)
        return rest

    def _log_waiting(self, new: list[_Piece]) -> None:
        """Log what begins to wait, and see to it that a delay ends."""
        now = self._around.now()
        for piece in new:
            piece.is_logged = True
            if not piece.is_forged:
                self._around.log(FrameHeld(now, piece.seen))
        if not self._queue:
            return
        first = self._queue[0]
        if first.fate is not None:
            first.fate.announce()
        if first.due > max(now, self._alarm):
            self._alarm = first.due
            self._around.call_at(first.due, self.flush)
