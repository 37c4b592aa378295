"""The faults in force on one instance's way to its database server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.worlds.database_line.pieces import Failure, Moment


BESIDE: Final = 0.25
"""How much longer what is stretched takes for each that is under way beside it."""


@dataclass(eq=False, slots=True)
class HeldCommit:
    """A hold, and the commit that it caught, on any connection of its line; what follows there waits with it.

    To wait for a catch, let the world wait until `seen` is there: when it was caught, in the world's time.
    """

    moment: Moment
    resolve: Callable[[HeldCommit, bool], None]
    """How the line is told that it may go on (True), or ends with its connection (False)."""
    passing: int = 0
    """How many commits are let by before one is caught."""
    seen: float | None = None
    cut: Callable[[], None] = lambda: None
    """Ends the connection on which it was caught."""

    @property
    def missed(self) -> bool:
        """Never: who passes octets on sees all of them."""
        return False

    def release(self) -> None:
        """Let it and what follows it go; before a catch: hold nothing."""
        self.resolve(self, True)

    def lose(self) -> None:
        """End its connection on both sides, and what waits there with it; before a catch: hold nothing."""
        self.resolve(self, False)


class DatabasePlan:
    """What is to be done to all connections of a line to a database, also to those that are still to come.

    Each call is in force when it returns.
    """

    def __init__(self, resolve: Callable[[HeldCommit, bool], None] | None = None) -> None:
        """Begin without a fault.

        `resolve` is what a `HeldCommit` calls to be let go or lost, by default this plan's own. An owner with a thread
        of its own gives one that goes there first.
        """
        self.lateness = 0.0
        self.stretch = 0.0
        """Seconds that a commit which writes is on its way at least, so that its work lasts."""
        self._commits: list[float] = []
        self.is_half_open = False
        self.failure: Failure | None = None
        self._holds: list[HeldCommit] = []
        self._flushes: list[Callable[[], None]] = []
        self._resolve = resolve or self.resolve

    def hold(self, moment: Moment, passing: int = 0) -> HeldCommit:
        """Let a commit wait at that moment: the first, or the first after so many that pass."""
        held = HeldCommit(moment, self._resolve, passing)
        self._holds.append(held)
        return held

    def due_of_commit(self, now: float) -> float:
        """Say when a commit that is asked for now may go on, if nothing else keeps it.

        Each commit that is on its way beside it makes it later: an instance that works on several messages at once does
        not finish all of them in one moment.
        """
        self._commits = [due for due in self._commits if due > now]
        due = now + self.stretch * (1 + BESIDE * len(self._commits))
        if self.stretch:
            self._commits.append(due)
        return due

    def half_open(self) -> None:
        """Pass nothing on in either direction until `restore`."""
        self.is_half_open = True

    def delay(self, seconds: float) -> None:
        """Pass everything that comes from now on so much later, in order."""
        self.lateness = seconds

    def fail(self, failure: Failure) -> None:
        """Answer with an error whatever would write, until `restore`."""
        self.failure = failure

    def restore(self) -> None:
        """End `half_open`, `delay` and `fail`: what was kept goes on; what was delayed keeps its time."""
        self.is_half_open, self.lateness, self.failure = False, 0.0, None
        self._flush()

    def resolve(self, held: HeldCommit, release: bool) -> None:
        """Let go what a hold caught, or end its connection, and hold no more by it."""
        if not release:
            held.cut()
        if held in self._holds:
            self._holds.remove(held)
        self._flush()

    def is_held(self, held: HeldCommit) -> bool:
        """Whether what a hold caught has still to wait."""
        return held in self._holds

    def catch(self, moment: Moment, now: float, cut: Callable[[], None]) -> HeldCommit | None:
        """Give the hold that takes this commit, which it does once; `cut` would end its connection."""
        for held in self._holds:
            if held.moment is not moment or held.seen is not None:
                continue
            if held.passing == 0:
                held.seen, held.cut = now, cut
                return held
            held.passing -= 1
        return None

    def take_in(self, flush: Callable[[], None]) -> None:
        """Call this after every change that lets something go."""
        self._flushes.append(flush)

    def let_out(self, flush: Callable[[], None]) -> None:
        """Call it no more."""
        self._flushes.remove(flush)

    def _flush(self) -> None:
        for flush in list(self._flushes):  # one that ends its connection leaves the list
            flush()
