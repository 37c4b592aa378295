"""How a case judges: what it expects and measures, and what became of each requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rigs.consumers.stand_in_rig import MUST, SHOULD, rig_of
from warren.claims.verdict import Outcome
from warren.evidence.violation import Violation
from warren.rigs.consumers import Inconclusive

if TYPE_CHECKING:
    from tests.stand_ins import StandInWorld
    from warren.claims.catalogue import Requirement


@pytest.mark.parametrize(
    ("requirement", "violations", "outcome"),
    [
        (MUST, (), Outcome.PASS),
        (MUST, (Violation("it was lost"),), Outcome.FAIL),
        (SHOULD, (Violation("it was lost"),), Outcome.WARN),
    ],
)
def test_judge(
    world: StandInWorld,
    requirement: Requirement,
    violations: tuple[Violation, ...],
    outcome: Outcome,
) -> None:
    """A requirement holds where nothing violates it; one that SHOULD hold only warns."""
    rig = rig_of(world)
    rig.judge(*violations, requirement=requirement.id)
    (verdict,) = rig.verdicts
    assert (verdict.requirement, verdict.outcome) == (requirement.id, outcome)
    assert verdict.violations == violations


def test_expect(world: StandInWorld) -> None:
    """What does not hold is in the next verdict, before what is given to it, and in no later one."""
    rig = rig_of(world)
    rig.expect(True, "it holds")
    rig.expect(0, "it does not", "row 1")
    rig.judge(Violation("given"), requirement=MUST.id)
    rig.judge(requirement=SHOULD.id)
    first, second = rig.verdicts
    assert [v.words for v in first.violations] == ["it does not", "given"]
    assert first.violations[0].evidence == ("row 1",)
    assert second.outcome is Outcome.PASS


def test_attempt(world: StandInWorld) -> None:
    """What is not found is tried three times, the last of them told so; then nothing can be said."""
    rig, told = rig_of(world), []

    def once(is_last: bool) -> str | None:
        told.append(is_last)
        return "found" if len(told) == 2 else None

    assert rig.wait.attempt(once, "nobody was caught") == "found"
    assert told == [False, False]
    told.extend([False, False])
    with pytest.raises(Inconclusive, match="no witness: nobody was caught"):
        rig.wait.attempt(once, "nobody was caught")
    assert told[-3:] == [False, False, True]


def test_measure(world: StandInWorld) -> None:
    """A figure is kept under its name."""
    rig = rig_of(world)
    rig.measure("tolerance", texts=10)
    assert rig.figures == [("tolerance", {"texts": 10})]
