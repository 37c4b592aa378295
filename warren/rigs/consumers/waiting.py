"""Waiting, as a case does it: for what must happen, for what shows a fault, for the end of all that was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from warren.evidence.starved import Span
from warren.evidence.violation import Violation
from warren.rigs.consumers.endings import Inconclusive, Unmet

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.rigs.consumers.seen import Seen
    from warren.rigs.deadlines import Deadlines, Tempo
    from warren.worlds.protocol import Process, World

_TRIES: Final = 3
"""How many consumers a case may catch until the failure of one comes when it should."""
_Found = TypeVar("_Found")


class Waiting:
    """Lets time pass in the case's world. Every wait ends at its deadline, in real seconds."""

    def __init__(self, world: World, tempo: Tempo, seen: Seen) -> None:
        """Wait in a world."""
        self._world, self._tempo, self._seen = world, tempo, seen
        self._kept: list[Span] = []
        self._in_vain: list[Span] = []

    def need(self, condition: Callable[[], bool], within: float, words: str) -> None:
        """Wait for what the implementation must do; raises `Unmet` with the words where it does not."""
        if not self.see(condition, within):
            raise Unmet(f"{words} within {within:.1f} s")

    def witness(self, condition: Callable[[], bool], within: float, words: str) -> None:
        """Wait for the sign that a fault took effect; raises `Inconclusive` where there is none."""
        if not self.see(condition, within):
            raise Inconclusive(f"no witness: {words} within {within:.1f} s")

    def see(self, condition: Callable[[], bool], within: float) -> bool:
        """Wait for what the case will judge; say whether it came."""
        return self._met(condition, within)

    def overdue(
        self, condition: Callable[[], bool], within: float, words: str, process: Process
    ) -> tuple[Violation, ...]:
        """Wait for what an instance must do, where not to do it in time is the violation; give that, or nothing."""
        if self._met(condition, within, process.name):
            return ()
        self.keep()
        evidence = (*self._seen.last(process), *self._seen.printed(process))
        return (Violation(f"{words} within {within:.1f} s", evidence),)

    def rests_on(self, began: float, ended: float, words: str, instance: str = "") -> None:
        """Note a time whose length the case judges, and what came at its end; of that instance, where it is named."""
        self._kept.append(Span(began, ended, words, instance))

    def spans(self) -> tuple[Span, ...]:
        """Give those of the case's own waits on which a verdict rests that is given now.

        Those are what was noted, and the waits that were over before what was waited for had come. As soon as another
        wait has its end, those before it were for something else: a case may only have watched.
        """
        return (*self._kept, *self._in_vain)

    def keep(self) -> None:
        """Have what was waited for in vain until now count for the verdict, whatever comes later."""
        self._kept += self._in_vain
        self._in_vain.clear()

    def pass_time(self, document_seconds: float) -> None:
        """Let so much of the document's time go by."""
        self._world.wait_for(lambda: False, self._deadlines.seconds(document_seconds))

    def quiet(self, condition: Callable[[], bool] = lambda: False) -> bool:
        """Watch that a condition does not come true for the time in which what must not happen is watched."""
        return not self._world.wait_for(condition, self._deadlines.quiet)

    def remember_effects(self) -> None:
        """Keep the effects of settled messages, once nothing of them is written any more, or for a moment at most."""
        self._world.wait_for(lambda: not self._seen.tally().in_change, 2 * self._deadlines.quiet)
        self._seen.remember_effects()

    def finish(self, work: float) -> None:
        """Wait until all that was sent is done, or nothing more can come; at most for that much work."""
        idle = self.idle()
        self._met(lambda: self._seen.done() or idle(), self._deadlines.within(work))
        self._note_rest(idle)

    def rest(self, work: float) -> None:
        """Wait until nothing more can come, at most for that much work: what is doubled has been doubled by then."""
        idle = self.idle()
        self._met(idle, self._deadlines.within(work))
        self._note_rest(idle)

    def idle(self) -> Idle:
        """Begin to watch whether the case is at rest."""
        return Idle(self._world, self._tempo, self._seen)

    def attempt(self, once: Callable[[bool], _Found | None], words: str) -> _Found:
        """Try three times at most until something is found, for on a busy machine it may not come when it should.

        `once` is told whether it is the last try. Raises `Inconclusive` with the words where none finds anything.
        """
        for left in reversed(range(_TRIES)):
            found = once(left == 0)
            if found is not None:
                return found
        raise Inconclusive(f"no witness: {words}")

    def _met(self, condition: Callable[[], bool], within: float, instance: str = "") -> bool:
        """Wait until something is so, or note its deadline, which was that instance's where it is named."""
        began = self._world.now()
        if self._world.wait_for(condition, within):
            self._in_vain.clear()
            return True
        self._in_vain.append(Span(began, self._world.now(), "its deadline", instance))
        return False

    def _note_rest(self, idle: Idle) -> None:
        """Note the time in which nothing came any more, where something is missing after it."""
        if idle.since is not None and not self._seen.done():
            end = self._world.now()
            self._in_vain.append(Span(idle.since, end, "its work was taken for over"))

    @property
    def _deadlines(self) -> Deadlines:
        return self._tempo.deadlines


class Idle:
    """Whether a case has been at rest, without a break, for as long as what must not happen is watched.

    Where an effect is missing, its message may have been acked and be worked on all the same: then
    the longest work on one message is waited for too.
    """

    def __init__(self, world: World, tempo: Tempo, seen: Seen) -> None:
        """Begin to watch."""
        self._world, self._tempo, self._seen = world, tempo, seen
        self.since: float | None = None
        """When the rest began that still lasts."""

    def __call__(self) -> bool:
        """Look once more."""
        now = self._world.now()
        if not self._seen.at_rest():
            self.since = None
        elif self.since is None:
            self.since = now
        return self.since is not None and now - self.since >= self._rest()

    def _rest(self) -> float:
        deadlines = self._tempo.deadlines
        if self._seen.done():
            return deadlines.quiet
        # Half as long again: nothing tells that this work has begun.
        return 2 * deadlines.quiet + 1.5 * deadlines.seconds(self._seen.longest_work())
