"""Traps: what waits at a place for the instance that comes there, holds it, and kills it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from warren.evidence.frames import Direction
from warren.evidence.steps import COMMIT, FRAMES, steps_of
from warren.rigs.consumers.database import HeldCommits
from warren.rigs.consumers.holds import Holds
from warren.rigs.consumers.places import Side
from warren.worlds.database_line.pieces import Moment
from warren.worlds.line.rules import Match, method, passing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from warren.evidence.frames import Fact
    from warren.evidence.steps import Step
    from warren.rigs.consumers.places import Place
    from warren.rigs.consumers.seen import Seen
    from warren.rigs.consumers.waiting import Waiting
    from warren.rigs.deadlines import Tempo
    from warren.worlds.protocol import Process

_MOMENTS: Final = {Side.BEFORE: Moment.BEFORE_COMMIT, Side.AFTER: Moment.AFTER_COMMIT}


class Trap(Protocol):
    """In force from when it is made, until it has killed or is taken away."""

    def caught(self) -> Process | None:
        """Give the instance that waits here, if there is one."""

    def missed(self) -> bool:
        """Whether an instance came by that was too quick to be held."""

    def kill(self) -> None:
        """Kill the instance that waits. Of its step nothing has been done outside then, or all of it."""

    def release(self) -> None:
        """Take it away; nobody came."""


class Executioner:
    """Ends instances that wait in a trap."""

    def __init__(self, tempo: Tempo, seen: Seen, waiting: Waiting) -> None:
        """End nobody yet."""
        self._tempo, self._seen, self._waiting = tempo, seen, waiting

    def trap(self, place: Place, processes: Sequence[Process]) -> Trap:
        """Wait at a place for the first of these instances that comes there.

        Raises `FaultUnsupported` where this database cannot be held there.
        """
        if place.step == COMMIT:
            moment = _MOMENTS[place.side]
            held = HeldCommits(self._waiting, moment, processes, place.number - 1)
            return CommitTrap(held, place, self)
        return FrameTrap(Holds(self._waiting, partial(self._frame, place), processes), place, self)

    def _frame(self, place: Place) -> Match:
        """Choose the frame of a step, of those that are about the work (`steps`)."""
        kind = method(FRAMES[place.step], direction=Direction.TO_BROKER)
        return passing(self._seen.of_work.match(kind), place.number - 1)

    def steps(self, facts: Iterable[Fact]) -> tuple[Step, ...]:
        """Give the steps among facts that are about the work."""
        everything, work = self._seen.everything(), self._seen.ledger()
        return steps_of(self._seen.of_work.facts(facts, everything, work))

    def watch(self, processes: Sequence[Process], number: int) -> HeldCommits:
        """See the commits of these instances, and hold none but the one behind so many."""
        return HeldCommits(self._waiting, Moment.BEFORE_COMMIT, processes, number)

    def go_past(self) -> None:
        """Give an instance the time to do what it does without waiting for the step that is held."""
        self._waiting.quiet()

    def end(self, process: Process) -> None:
        """Kill an instance, and wait until it is gone."""
        self._waiting.remember_effects()
        process.kill()
        self._waiting.witness(
            lambda: process.exit_status is not None,
            self._tempo.deadlines.stopped,
            f"{process.name} did not end",
        )

    def await_confirm(self, process: Process, at: float) -> None:
        """Wait until the broker has confirmed what an instance published at that time, if it is to confirm it."""

        def is_confirmed() -> bool:
            sent = (p for p in self._seen.everything().published_by(process.name) if p.at == at)
            return all(p.confirmed_at is not None or p.mode != "confirm" for p in sent)

        self._waiting.see(is_confirmed, self._tempo.deadlines.stopped)


class FrameTrap:
    """Holds a frame on its way to the broker."""

    def __init__(self, holds: Holds, place: Place, executioner: Executioner) -> None:
        """Kill who sent what the holds have caught, on that side of it."""
        self._holds, self._side, self._executioner = holds, place.side, executioner

    def caught(self) -> Process | None:
        """Give who sent it."""
        return next((c.process for c in self._holds.caught()), None)

    def missed(self) -> bool:
        """Never: the line sees all frames."""
        return False

    def kill(self) -> None:
        """Kill it before its step, and lose the frame with all behind it; or after, where the frame goes through."""
        caught = self._holds.caught()[0]
        if self._side is Side.BEFORE:
            self._executioner.go_past()
            self._executioner.end(caught.process)
            caught.lose()
        else:
            assert caught.held.seen is not None  # else nothing was caught
            caught.process.freeze()
            caught.held.release()
            self._executioner.await_confirm(caught.process, caught.held.seen.at)
            self._executioner.end(caught.process)
        self._holds.release(but=[caught])

    def release(self) -> None:
        """Hold nothing."""
        self._holds.release()


class CommitTrap:
    """Holds a commit on its way to the database, or the word of it on its way back."""

    def __init__(self, held: HeldCommits, place: Place, executioner: Executioner) -> None:
        """Kill whose commit is held."""
        self._held, self._side, self._executioner = held, place.side, executioner

    def caught(self) -> Process | None:
        """Give whose commit it is."""
        return next((c.process for c in self._held.caught()), None)

    def missed(self) -> bool:
        """Whether the commit of a file went by."""
        return self._held.missed()

    def kill(self) -> None:
        """Kill it, and its connection to the database with it."""
        process = self._held.caught()[0].process
        if self._side is Side.BEFORE:
            self._executioner.go_past()
        self._executioner.end(process)
        self._held.release()

    def release(self) -> None:
        """Hold nothing."""
        self._held.release()


class AnswerTrap:
    """Waits until whoever called has its answer."""

    def __init__(
        self, process: Process, is_answered: Callable[[], bool], executioner: Executioner
    ) -> None:
        """Kill the process that answers."""
        self._process, self._is_answered, self._executioner = process, is_answered, executioner

    def caught(self) -> Process | None:
        """Give who has answered."""
        return self._process if self._is_answered() else None

    def missed(self) -> bool:
        """Never: the answer stays."""
        return False

    def kill(self) -> None:
        """Kill it."""
        self._executioner.end(self._process)

    def release(self) -> None:
        """Have nothing held."""
