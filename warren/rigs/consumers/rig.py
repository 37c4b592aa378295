"""The rig of a case that judges a consumer: it starts, publishes, breaks, waits, sees and judges.

Each of these is a part of its own. A rig stands on one world and one workload of one implementation. It knows neither
the broker nor the language, and it waits only through its world, so that the same case runs wherever there is one.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from warren.claims.verdict import Outcome, Verdict
from warren.errors import WarrenError
from warren.evidence.record import Record
from warren.evidence.violation import Violation
from warren.rigs.consumers.calls import Calls
from warren.rigs.consumers.database import Database, has_line
from warren.rigs.consumers.deaths import Deaths
from warren.rigs.consumers.excuses import times_of
from warren.rigs.consumers.faults import Faults
from warren.rigs.consumers.instances import Instances
from warren.rigs.consumers.judging import conclude, to_findings, to_measurements
from warren.rigs.consumers.publishing import Publishing
from warren.rigs.consumers.seen import Seen
from warren.rigs.consumers.starting import Starting
from warren.rigs.consumers.starts import KnownStart
from warren.rigs.consumers.struck import Journal
from warren.rigs.consumers.traps import Executioner
from warren.rigs.consumers.waiting import Waiting
from warren.rigs.consumers.warming import Warming
from warren.rigs.deadlines import Tempo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from warren.claims.catalogue import Requirement
    from warren.claims.implementation import Implementation
    from warren.claims.verdict import Finding, Measurement
    from warren.evidence.faults import Fault
    from warren.evidence.frames import Pause
    from warren.evidence.starved import Span, Starved
    from warren.rigs.deadlines import Deadlines
    from warren.rigs.pace import Pace
    from warren.workloads import Unit, Workload
    from warren.worlds.protocol import Process, World


class Rig:
    """What a case holds. Made by the plugin, one per case, on a world that someone else ends.

    `start`, `publish`, `calls`, `faults`, `deaths`, `database`, `wait` and `seen` are its parts; `instances` are the
    processes so far.
    """

    def __init__(
        self,
        world: World,
        implementation: Implementation,
        workload: Workload,
        pace: Pace,
        requirements: tuple[Requirement, ...],
        *,
        known: KnownStart | None = None,
    ) -> None:
        """Put the parts together; `known` is what earlier cases have seen of the implementation's starts."""
        if workload.lasts_by_commits and not has_line(world):
            workload = workload.without_line()
        self.implementation, self.workload = implementation, workload
        self.requirements = requirements
        self.verdicts: list[Verdict] = []
        self.figures: list[tuple[str, dict[str, object]]] = []
        self._world, self._tempo = world, Tempo(pace)
        self._violations: list[Violation] = []
        self._spans: dict[str, tuple[Span, ...]] = {}
        units: list[Unit] = []
        self.instances = Instances(workload)
        self._journal = Journal(world)
        self.seen = Seen(world, workload, self._tempo, self.instances, units)
        self.wait = Waiting(world, self._tempo, self.seen)
        self.publish = Publishing(world, workload, self._tempo, units, self.seen)
        self.database = Database(world, self.wait, self._journal)
        self.calls = Calls(
            world, workload, self._tempo, self.instances, self.seen, waiting=self.wait
        )
        self.start = Starting(
            world,
            workload,
            implementation,
            tempo=self._tempo,
            instances=self.instances,
            seen=self.seen,
            waiting=self.wait,
            journal=self._journal,
            known=known or KnownStart(),
            measure=self.measure,
        )
        self.faults = Faults(
            world,
            workload,
            tempo=self._tempo,
            seen=self.seen,
            waiting=self.wait,
            publishing=self.publish,
            journal=self._journal,
            instances=self.instances,
        )
        self.deaths = Deaths(
            world,
            workload,
            executioner=Executioner(self._tempo, self.seen, self.wait),
            tempo=self._tempo,
            instances=self.instances,
            starting=self.start,
            publishing=self.publish,
            calls=self.calls,
            waiting=self.wait,
            seen=self.seen,
            journal=self._journal,
        )
        self._warm = Warming(
            workload,
            tempo=self._tempo,
            instances=self.instances,
            seen=self.seen,
            waiting=self.wait,
            publishing=self.publish,
            calls=self.calls,
        )
        self.begun = 0.0
        """When what is judged began: at the end of the last `warm_up`."""

    def warm_up(self) -> None:
        """Have each instance do a message before what is judged: the first of a process may take it seconds."""
        self._warm()
        self.begun = self.now()

    # --- time --------------------------------------------------------------------------------------------------

    @property
    def pace(self) -> Pace:
        """How long a second of the document is, for instances that are started now."""
        return self._tempo.pace

    @property
    def deadlines(self) -> Deadlines:
        """The deadlines of now, in real seconds: they grow with the slowest start."""
        return self._tempo.deadlines

    def now(self) -> float:
        """Seconds since the case began, on the clock of the ledger."""
        return self._world.now()

    def work_time(self, size: int) -> float:
        """Give the longest work on a unit of that size, in document seconds."""
        return self.workload.unit_work(size)

    # --- verdicts ----------------------------------------------------------------------------------------------

    def expect(self, holds: object, words: str, *evidence: str) -> None:
        """Note a violation, with its sentence and evidence, unless it holds; `judge` gives the verdict."""
        if not holds:
            self.violated(words, *evidence)

    def violated(self, words: str, *evidence: str) -> None:
        """Note a violation; `judge` gives the verdict."""
        self.wait.keep()
        self._violations.append(Violation(words, evidence))

    def judge(self, *violations: Violation, requirement: str = "") -> None:
        """Give the verdict on the case's requirement (by id where it has several): it holds if nothing violates it.

        What was expected since the last verdict counts first. Raises `ValueError` for a requirement that is not the
        case's, or has its verdict.
        """
        requirement = requirement or self.requirements[0].id
        level = {r.id: r.level for r in self.requirements}.get(requirement)
        if level is None:
            raise ValueError(f"{requirement} is no requirement of this case")
        if any(v.requirement == requirement for v in self.verdicts):
            raise ValueError(f"{requirement} has its verdict already")
        bad = Outcome.WARN if level == "SHOULD" else Outcome.FAIL
        found = tuple(
            replace(
                v, evidence=tuple(filter(None, v.evidence))
            )  # who printed nothing shows nothing
            for v in (*self._violations, *violations)
        )
        self._violations.clear()
        if found:
            self._spans[requirement] = times_of(self)
        self.verdicts.append(Verdict(requirement, bad if found else Outcome.PASS, "", found))

    def rests_on(self, requirement: str) -> tuple[Span, ...]:
        """Give the times on which a failure of a requirement rests; of now, where the case ended without a verdict."""
        known = self._spans.get(requirement)
        return times_of(self) if known is None else known

    def faults_noted(self) -> tuple[str, ...]:
        """Give what was done to the instances, and what shows that it took effect, a line each."""
        return self._journal.lines(self.seen.everything())

    def faults_done(self) -> tuple[Fault, ...]:
        """Give all that was ever done to the instances, in the order of time."""
        return self._journal.everything()

    @property
    def unjudged(self) -> tuple[Violation, ...]:
        """What was noted after the last verdict, and so is in none."""
        return tuple(self._violations)

    def measure(self, name: str, **values: object) -> None:
        """Report figures that nobody judges."""
        self.figures.append((name, values))

    # --- what the plugin asks (`warren.rigs.protocol.CaseRig`) -------------------------------------------------

    @property
    def processes(self) -> Sequence[Process]:
        """All instances of the case."""
        return self.instances.all

    def deadline(self) -> AbstractContextManager[None]:
        """Set none: every wait of this rig has one of its own."""
        return contextlib.nullcontext()

    def findings(self, ended: Exception | None, case: str, seconds: float) -> tuple[Finding, ...]:
        """Give one finding for each requirement."""
        return to_findings(conclude(ended, self), self, case, seconds)

    def measurements(self, case: str) -> tuple[Measurement, ...]:
        """Put the figures of a case in their place."""
        return to_measurements(self, case)

    def record(self) -> Record:
        """Give all that is known of the case now, also where its rows cannot be read any more."""
        lost: tuple[Violation, ...] = ()
        doubled: tuple[Violation, ...] = ()
        with contextlib.suppress(WarrenError):
            lost, doubled = self.seen.losses(), self.seen.duplicates()
        return Record(
            self.now(),
            self.seen.everything(),
            self.faults_done(),
            tuple(self.publish.sent),
            self.calls.made(),
            self.seen.rows(),
            self._journal.ends(),
            lost,
            doubled,
        )

    def pauses(self) -> tuple[Pause, ...]:
        """When the world itself stood still."""
        return self._world.pauses()

    def starved(self) -> tuple[Starved, ...]:
        """When instances waited for a processor."""
        return self._world.starved()
