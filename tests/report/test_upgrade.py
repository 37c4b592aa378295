"""An upgrade shows the verdicts that change: what gets worse, with why, before what gets better."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from warren.claims.verdict import Finding, Outcome, Stance, Verdict
from warren.evidence.violation import Violation
from warren.report.upgrade import Direction, changes, is_undecided, left_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.report.facts import Report

    Make = Callable[..., Report]


def finding(
    outcome: Outcome,
    requirement: str = "no-loss.crash",
    stance: Stance = Stance.CLAIMED,
    *,
    left_out: bool = False,
) -> Finding:
    """Make one; what is not well says so, with evidence."""
    violations = (Violation(f"broken: {requirement}", ("frame 7", "row 8")),)
    verdict = Verdict(
        requirement,
        outcome,
        violations=violations if outcome is Outcome.FAIL else (),
        faults=("killed orders-1",) if outcome is Outcome.FAIL else (),
        left_out=left_out,
    )
    case, guarantee = f"test_{requirement}", requirement.partition(".")[0]
    return Finding(case, "shop", "orders", guarantee, stance, verdict)


@pytest.fixture
def made(report: Report) -> Make:
    """Make a report of findings."""
    return lambda *findings: replace(report, findings=findings)


ALL = (Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.UNSUPPORTED)


def test_directions(made: Make) -> None:
    """From pass over warn and fail to unsupported it gets worse; what was not judged tells nothing."""
    for place, first in enumerate(ALL):
        for other, second in enumerate(ALL):
            found = changes(made(finding(first)), made(finding(second)))
            expected = Direction.WORSE if other > place else Direction.BETTER
            assert [c.direction for c in found] == ([expected] if place != other else [])
    for pair in (
        (made(finding(Outcome.PASS)), made()),
        (made(), made(finding(Outcome.FAIL))),
        (made(finding(Outcome.PASS)), made(finding(Outcome.INCONCLUSIVE))),
        (made(finding(Outcome.ERROR)), made(finding(Outcome.PASS))),
    ):
        assert [c.direction for c in changes(*pair)] == [Direction.UNDECIDED]


def test_why(made: Make) -> None:
    """A change shows what was seen on the broker on which it is not well."""
    good, bad = made(finding(Outcome.PASS)), made(finding(Outcome.FAIL))
    for pair, head in (((good, bad), "worse"), ((bad, good), "better")):
        (change,) = changes(*pair)
        lines = str(change).splitlines()
        assert lines[0].startswith(f"{head}: no-loss.crash on shop orders: ")
        assert lines[1:] == [
            "    broken: no-loss.crash",
            "    frame 7",
            "    row 8",
            "    after: killed orders-1",
            "    in test_no-loss.crash",
        ]


def test_worse_comes_first(made: Make) -> None:
    """What gets worse stands before the rest, whatever its name."""
    before = made(finding(Outcome.FAIL, "a.x"), finding(Outcome.PASS, "b.x"))
    after = made(
        finding(Outcome.PASS, "a.x"), finding(Outcome.FAIL, "b.x"), finding(Outcome.PASS, "c.x")
    )
    found = [(c.difference.requirement, c.direction) for c in changes(before, after)]
    assert found == [
        ("b.x", Direction.WORSE),
        ("c.x", Direction.UNDECIDED),
        ("a.x", Direction.BETTER),
    ]


def test_denied(made: Make) -> None:
    """A denied guarantee that is broken on the next broker alone gets worse, and its broken case shows why."""
    before = made(
        finding(Outcome.PASS, "no-loss.crash", Stance.DENIED),
        finding(Outcome.PASS, "no-loss.cut", Stance.DENIED),
    )
    after = made(
        finding(Outcome.PASS, "no-loss.crash", Stance.DENIED),
        finding(Outcome.FAIL, "no-loss.cut", Stance.DENIED),
    )
    (change,) = changes(before, after)
    assert (change.difference.requirement, change.direction) == ("no-loss", Direction.WORSE)
    assert change.why[0] == "broken: no-loss.cut"


def test_undecided(made: Make) -> None:
    """What is claimed and could not be judged leaves the upgrade open; what is only observed does not."""
    assert not is_undecided(made(finding(Outcome.FAIL)), made(finding(Outcome.PASS)))
    assert is_undecided(made(finding(Outcome.PASS)), made(finding(Outcome.INCONCLUSIVE)))
    assert is_undecided(made(finding(Outcome.ERROR)), made())
    observed = finding(Outcome.INCONCLUSIVE, stance=Stance.OBSERVED)
    assert not is_undecided(made(observed))
    assert is_undecided(replace(made(), interrupted=True))


def test_left_out(made: Make) -> None:
    """A fault that one of the brokers cannot have is named, and no change."""
    without = made(finding(Outcome.UNSUPPORTED, left_out=True))
    assert changes(made(finding(Outcome.PASS)), without) == ()
    assert left_out(made(finding(Outcome.PASS)), without) == ("no-loss.crash",)
