"""Death between any two steps: the places of a unit of work are found, and its instances are killed there.

There is one instance of each role, so that the steps come in the same order again. Who dies is replaced, and the
replacement goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from warren.evidence.violation import Violation
from warren.rigs.consumers.endings import Inconclusive
from warren.rigs.consumers.places import ANSWER, Place, Side, places_of
from warren.rigs.consumers.struck_database import EVERY_COMMIT
from warren.rigs.consumers.traps import AnswerTrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from warren.rigs.consumers.calls import Calls
    from warren.rigs.consumers.instances import Instances
    from warren.rigs.consumers.publishing import Publishing
    from warren.rigs.consumers.seen import Seen
    from warren.rigs.consumers.starting import Starting
    from warren.rigs.consumers.struck import Journal
    from warren.rigs.consumers.traps import Executioner, Trap
    from warren.rigs.consumers.waiting import Waiting
    from warren.rigs.deadlines import Tempo
    from warren.workloads import Role, Unit, Workload
    from warren.worlds.protocol import Call, Process, World

_Harm: TypeAlias = tuple[str, tuple[str, ...]]
_MOST_TOLD: Final = 5
"""Violations of a kind that are told; what follows is the same again."""


@dataclass(frozen=True, slots=True)
class Death:
    """Where the instances of one unit of work were killed.

    `missed` where one was too quick to be held, or none came to the first place, which has been seen before: then
    another try may hold it.
    """

    killed: tuple[str, ...]
    seed: int
    missed: bool = False
    message: str = ""
    """The message-id of the unit of work, where it was published."""
    did_harm: bool = False
    """Whether something was lost or doubled by it."""

    @property
    def is_undisturbed_harm(self) -> bool:
        """Whether harm was done though nobody was killed: no other death says more then."""
        return self.did_harm and not self.killed

    def __str__(self) -> str:
        """Tell it in words, with what makes it come again."""
        return f"{' and then '.join(self.killed) or 'nobody was killed'} (--seed {self.seed})"


@dataclass(frozen=True, slots=True)
class _Beginning:
    """How a unit of work begins, and who takes part; until it `is_begun`, that all is at rest says nothing."""

    begin: Callable[[], object]
    roles: Sequence[Role]
    size: int = 1
    is_begun: Callable[[], bool] = lambda: True


class Deaths:
    """Kills instances at places, and tells what was lost and doubled by it."""

    def __init__(
        self,
        world: World,
        workload: Workload,
        *,
        executioner: Executioner,
        tempo: Tempo,
        instances: Instances,
        starting: Starting,
        publishing: Publishing,
        calls: Calls,
        waiting: Waiting,
        seen: Seen,
        journal: Journal,
    ) -> None:
        """Kill nobody yet."""
        self._world, self._workload, self._tempo = world, workload, tempo
        self._executioner, self._instances, self._starting = executioner, instances, starting
        self._publishing, self._calls = publishing, calls
        self._waiting, self._seen, self._journal = waiting, seen, journal
        self._known: dict[str, set[_Harm]] = {}
        self.losses: list[Violation] = []
        """What was lost, and after which death."""
        self.duplicates: list[Violation] = []
        """What was doubled, and after which death."""

    @property
    def seed(self) -> int:
        """What decides in which order pairs of places are drawn."""
        return self._world.seed

    # --- finding -----------------------------------------------------------------------------------------------

    def find(self, size: int) -> tuple[Place, ...]:
        """Do a unit of work undisturbed, and give its places. Raises `Inconclusive` where there are none."""
        _, beginning = self._published(size)
        places = self._watch(beginning)
        if not places:
            raise Inconclusive("no witness: no instance did anything that shows outside")
        return places

    def find_called(self) -> tuple[Place, ...]:
        """Call once, undisturbed, and give the places of who answers; none where the call is refused."""
        calls, beginning = self._called()
        places = self._watch(beginning)
        role = self._caller
        if not self._is_accepted(calls):
            return ()
        answered = Place(Side.AFTER, role, ANSWER, 1)
        return (*(place for place in places if place.role == role), answered)

    def shuffled(self, schedules: Iterable[tuple[Place, ...]]) -> list[tuple[Place, ...]]:
        """Give them in an order that the seed decides."""
        left = list(schedules)
        return [left.pop(self._world.draw(len(left))) for _ in range(len(left))]

    # --- killing -----------------------------------------------------------------------------------------------

    def die(self, size: int, *places: Place) -> Death:
        """Do a unit of work whose instances are killed at these places, one after the other, and see it through.

        A place that does not come is passed over with all that follow: nobody is killed there.
        """
        unit, beginning = self._published(size)
        killed, missed = self._kill(beginning, places, self._trap)
        return self._see_through(Death(killed, self._world.seed, missed, unit.message_id), size)

    def die_called(self, place: Place) -> Death:
        """Call somebody who is killed at this place; where it had accepted the call, its work is owed."""
        calls, beginning = self._called()
        before = self._workload.called(self._seen)

        def trap(place: Place) -> Trap:
            if place.step != ANSWER:
                return self._trap(place)
            return AnswerTrap(self._living(place.role)[0], beginning.is_begun, self._executioner)

        killed, missed = self._kill(beginning, (place,), trap)
        death = Death(killed, self._world.seed, missed)
        if self._is_accepted(calls):
            new = [unit for unit in self._workload.called(self._seen) if unit not in before]
            self._publishing.adopt(*new)
            if not new:
                words = f"lost: a call was accepted, and there is nothing of it; {death}"
                self.losses.append(Violation(words, self._seen.last()))
        return self._see_through(death, 1)

    def _kill(
        self, beginning: _Beginning, places: Sequence[Place], set_trap: Callable[[Place], Trap]
    ) -> tuple[tuple[str, ...], bool]:
        """Kill an instance at one place after the other; tell who was killed where, and whether one was missed."""
        if not self.losses and not self.duplicates:
            self._journal.forget()  # of what was done before this unit of work nothing came
        killed: list[str] = []
        for place in places:
            # Who takes over may come to the place before it is ready.
            heirs = self._replace_dead(beginning.roles)
            trap = set_trap(place)
            if not killed:
                beginning.begin()
            self._starting.await_ready(*heirs)
            self._await_end(beginning, lambda t=trap: t.caught() is not None)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            process = trap.caught()
            if process is None:
                missed = trap.missed() or not killed
                trap.release()
                return tuple(killed), missed
            before = " and then ".join(killed) or "before anybody was killed"
            self._note("doubled", self._seen.duplicates(), self.duplicates, before)
            trap.kill()
            killed.append(f"{process.name} was killed {place}")
        self._starting.await_ready(*self._replace_dead(beginning.roles))
        return tuple(killed), False

    def _trap(self, place: Place) -> Trap:
        return self._executioner.trap(place, self._living(place.role))

    def _await_end(self, beginning: _Beginning, is_caught: Callable[[], bool]) -> None:
        """Wait until an instance is caught, or nothing more can come."""
        idle = self._waiting.idle()
        within = self._tempo.deadlines.within(self._workload.unit_work(beginning.size))
        self._waiting.see(lambda: is_caught() or (beginning.is_begun() and idle()), within)

    # --- before and after --------------------------------------------------------------------------------------

    def _published(self, size: int) -> tuple[Unit, _Beginning]:
        """Have an instance of each consuming role, and a unit of work that is still to be published."""
        roles = [role for role in self._workload.roles if role.consumes]
        self._start_missing(roles)
        unit = self._publishing.make_unique(size)
        return unit, _Beginning(lambda: self._publishing.send(unit), roles, size)

    def _called(self) -> tuple[list[Call], _Beginning]:
        """Have an instance of each role, and a call that is still to be made: it will stand in the list."""
        self._start_missing(self._all)
        calls: list[Call] = []
        return calls, _Beginning(
            lambda: calls.append(self._calls.begin()),
            self._all,
            is_begun=lambda: any(call.done() for call in calls),
        )

    def _watch(self, beginning: _Beginning) -> tuple[Place, ...]:
        """See the steps of a unit of work of which nobody is killed."""
        before = len(self._world.facts())
        commits = self._executioner.watch(self._living(*self._all), EVERY_COMMIT)
        beginning.begin()
        self._await_end(beginning, lambda: bool(commits.caught()))
        commits.release()
        self._note_harm("nobody was killed")
        roles = {process.name: process.role for process in self._instances.all}
        return places_of(self._executioner.steps(self._world.facts()[before:]), roles)

    def _see_through(self, death: Death, size: int) -> Death:
        self._waiting.rest(self._workload.unit_work(size))
        before = len(self.losses) + len(self.duplicates)
        self._note_harm(str(death))
        return replace(death, did_harm=len(self.losses) + len(self.duplicates) > before)

    def _note_harm(self, words: str) -> None:
        """Note what was lost or doubled since the last unit of work."""
        self._note("lost", self._seen.losses(), self.losses, words)
        self._note("doubled", self._seen.duplicates(), self.duplicates, words)

    def _note(
        self, kind: str, found: tuple[Violation, ...], noted: list[Violation], words: str
    ) -> None:
        known = self._known.get(kind, set())
        new = [violation for violation in found if _harm(violation) not in known]
        noted.extend(replace(one, words=f"{one.words}; {words}") for one in new)
        del noted[_MOST_TOLD:]
        self._known[kind] = set(map(_harm, found))

    # --- instances ---------------------------------------------------------------------------------------------

    @property
    def _all(self) -> list[Role]:
        """Callers last: their time-out fits the machine then."""
        return sorted(self._workload.roles, key=lambda role: not role.consumes)

    @property
    def _caller(self) -> Role:
        caller = self._workload.caller
        assert caller is not None, f"{self._workload.slug} has nobody to call"
        return caller.role

    def _living(self, *roles: Role) -> list[Process]:
        return [p for role in roles for p in self._instances.of(role) if p.exit_status is None]

    def _start_missing(self, roles: Sequence[Role]) -> None:
        if not self._instances.all:
            self._world.let_commits_be_held()
        for role in roles:
            if not self._living(role):
                if not role.consumes:
                    self._tempo.fit_timeout()
                self._starting.await_ready(self._starting.instance(role))

    def _replace_dead(self, roles: Sequence[Role]) -> list[Process]:
        """Start who has none to take its place, which need not be ready yet."""
        return [self._starting.instance(role) for role in roles if not self._living(role)]

    def _is_accepted(self, calls: Sequence[Call]) -> bool:
        caller = self._workload.caller
        answers = self._calls.answers(*calls)
        return caller is not None and any(a.status in caller.statuses for a in answers)


def _harm(violation: Violation) -> _Harm:
    """Tell what is violated from other such things: by its first evidence, for more may be added later."""
    return violation.words, violation.evidence[:1]
