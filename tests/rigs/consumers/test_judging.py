"""From how a consumer's case ended to verdicts, and from those to findings."""

from __future__ import annotations

import pytest

from tests.stand_ins import StandInProcess, StandInWorld, implementation
from warren.claims.catalogue import Level, Requirement
from warren.claims.verdict import Measurement, Outcome, Stance, Verdict
from warren.errors import (
    DeadlineError,
    FaultUnsupported,
    InstanceError,
    InstanceUnsupported,
    WarrenError,
)
from warren.evidence.violation import Violation
from warren.rigs.consumers import Inconclusive, Rig, Unmet, without
from warren.rigs.consumers.judging import conclude, to_findings, to_measurements
from warren.rigs.pace import PACES
from warren.simulator.wire import BasicProperties
from warren.workloads import WORKLOADS
from warren.workloads.own import OwnWorkload, Sample, Template

CRASH = Requirement("no-loss.crash", Level.MUST, "It comes again.", "document 1")
CUT = Requirement("no-loss.cut", Level.MUST, "It comes again.", "document 1")


def rig_of(
    *claims: str,
    world: StandInWorld | None = None,
    requirements: tuple[Requirement, ...] = (CRASH, CUT),
) -> Rig:
    """Make a rig of a case that judges two requirements."""
    subject = implementation("blocking", claims=claims)
    return Rig(world or StandInWorld(), subject, WORKLOADS["blocking"], PACES["fast"], requirements)


@pytest.mark.parametrize(
    ("ended", "outcome"),
    [
        (None, Outcome.ERROR),
        (Inconclusive("no witness"), Outcome.INCONCLUSIVE),
        (Unmet("it did not come"), Outcome.FAIL),
        (InstanceUnsupported("exit status 127"), Outcome.UNSUPPORTED),
        (FaultUnsupported("nothing can be held"), Outcome.UNSUPPORTED),
        (InstanceError("it ended"), Outcome.INCONCLUSIVE),
        (DeadlineError("it was late"), Outcome.INCONCLUSIVE),
        (WarrenError("this broker cannot be restarted"), Outcome.INCONCLUSIVE),
        (ZeroDivisionError("a slip in a case"), Outcome.ERROR),
    ],
    ids=lambda value: type(value).__name__,
)
def test_endings(ended: Exception | None, outcome: Outcome) -> None:
    """However a case ends, each of its requirements has a verdict; none passes by default."""
    verdicts = conclude(ended, rig_of())
    assert [(v.requirement, v.outcome) for v in verdicts] == [
        (CRASH.id, outcome),
        (CUT.id, outcome),
    ]


@pytest.mark.parametrize(
    ("ended", "left_out"),
    [(FaultUnsupported("nothing can be held"), True), (InstanceUnsupported("exit 127"), False)],
)
def test_left_out(ended: Exception, left_out: bool) -> None:
    """What the rig cannot do is left out; what the implementation does not support is not."""
    assert [v.left_out for v in conclude(ended, rig_of())] == [left_out, left_out]


def test_unmet_is_no_witness() -> None:
    """A case that waited in vain failed, and says that it did not come to its end."""
    rig = rig_of()
    rig.judge(Violation("lost"), requirement=CUT.id)
    verdicts = conclude(Unmet("no effect was left within 6.0 s"), rig)
    assert [(v.outcome, v.witnessed) for v in verdicts] == [
        (Outcome.FAIL, True),
        (Outcome.FAIL, False),
    ]


def test_verdicts_before_the_end_stand() -> None:
    """What a case judged before it broke is judged; the rest has the verdict of its ending."""
    rig = rig_of()
    rig.judge(requirement=CUT.id)
    judged, broken = conclude(Inconclusive("no witness"), rig)
    assert (judged.requirement, judged.outcome) == (CUT.id, Outcome.PASS)
    assert (broken.requirement, broken.outcome) == (CRASH.id, Outcome.INCONCLUSIVE)


def test_all_judged() -> None:
    """A case that judged everything has those verdicts; one that breaks after them is broken."""
    rig = rig_of()
    rig.judge(requirement=CRASH.id)
    rig.judge(Violation("lost"), requirement=CUT.id)
    assert [v.outcome for v in conclude(None, rig)] == [Outcome.PASS, Outcome.FAIL]
    broken = conclude(ZeroDivisionError("a slip"), rig)
    assert [v.outcome for v in broken] == [Outcome.ERROR, Outcome.ERROR]
    assert "a slip" in broken[0].words


def test_measurement_that_breaks() -> None:
    """A case that measures has no verdict: what it raised is pytest's to show."""
    with pytest.raises(ZeroDivisionError):
        conclude(ZeroDivisionError(), rig_of(requirements=()))


def test_noted_before_the_end() -> None:
    """What was noted before a case ended without its verdict is told beside the reason."""
    rig = rig_of()
    rig.expect(False, "it was lost")
    verdicts = conclude(Inconclusive("no witness"), rig)
    assert {v.words for v in verdicts} == {"no witness; noted before: it was lost"}


def test_verdict_that_is_none() -> None:
    """A verdict on another case's requirement, or a second one, is a slip of the case."""
    rig = rig_of()
    with pytest.raises(ValueError, match=r"part-order\.slow-part is no requirement of this case"):
        rig.judge(requirement="part-order.slow-part")
    rig.judge(requirement=CUT.id)
    with pytest.raises(ValueError, match=f"{CUT.id} has its verdict already"):
        rig.judge(requirement=CUT.id)


def test_noted_too_late() -> None:
    """A violation that is noted after the last verdict would be lost: that is a slip of the case."""
    rig = rig_of()
    rig.judge(requirement=CRASH.id)
    rig.judge(requirement=CUT.id)
    rig.expect(False, "nobody will judge this")
    assert [v.outcome for v in conclude(None, rig)] == [Outcome.ERROR, Outcome.ERROR]
    assert "nobody will judge this" in conclude(None, rig)[0].words


def test_errors_show_where() -> None:
    """A slip of ours is shown with its traceback, for us; a person's trouble is not."""
    assert "Traceback" not in conclude(InstanceError("it ended"), rig_of())[0].words
    with pytest.raises(ZeroDivisionError) as slip:
        rig_of().deadlines.within(1 / 0)
    assert "Traceback" in conclude(slip.value, rig_of())[0].words


def test_to_findings() -> None:
    """A finding says what the manifest promises of the guarantee."""
    (claimed,) = to_findings([Verdict(CRASH.id, Outcome.PASS)], rig_of("no-loss"), "test", 1.5)
    assert (claimed.guarantee, claimed.stance, claimed.seconds) == ("no-loss", Stance.CLAIMED, 1.5)
    (observed,) = to_findings([Verdict(CRASH.id, Outcome.PASS)], rig_of(), "test", 1.5)
    assert observed.stance is Stance.OBSERVED


def test_to_measurements() -> None:
    """A figure says which case took it, of what."""
    rig = rig_of()
    rig.measure("tolerance", texts=10)
    assert to_measurements(rig, "test") == (
        Measurement("test", "orders", "blocking", "tolerance", {"texts": 10}),
    )


NAMED = Template(b"an order", BasicProperties(message_id="{id}"))
IN_BODY = Template(b"order {id}", BasicProperties(message_id="{id}"))


@pytest.mark.parametrize(
    ("sample", "lost", "ends", "outcome"),
    [
        (NAMED, "message_id", False, Outcome.INCONCLUSIVE),
        (NAMED, "content_type", False, Outcome.FAIL),
        (IN_BODY, "message_id", False, Outcome.FAIL),
        (NAMED, "message_id", True, Outcome.FAIL),
    ],
    ids=["by order", "by its message-id", "by its body", "ended of it"],
)
def test_known_by_order(sample: Template, lost: str, ends: bool, outcome: Outcome) -> None:
    """A failure that rests on a message whose id was left out is none, but of who ended of it."""
    own = OwnWorkload("orders", "work", "", Sample(sample), ())
    rig = Rig(StandInWorld(), implementation("blocking"), own, PACES["fast"], (CRASH,))
    process = StandInProcess("orders-1", own.worker, {})
    rig.instances.add(process)
    rig.publish.send(sample.make("0" * 36, 1), without(lost))
    if ends:
        process.exit_status = 1
    (verdict,) = conclude(Unmet("it was not done"), rig)
    assert verdict.outcome is outcome
    told = "known by order alone; have {id} in the body, too"
    assert (told in verdict.words) is (outcome is Outcome.INCONCLUSIVE)
