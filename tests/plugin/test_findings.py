"""Findings on their way: what makes an item fail, and what travels to the controller."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.stand_ins import StandInWorld, implementation
from warren.claims.catalogue import Level, Requirement
from warren.claims.verdict import Finding, Measurement, Outcome, Stance, Verdict
from warren.evidence.text import REDACTED
from warren.evidence.violation import Violation
from warren.plugin.findings import cause_of, complaint, complaint_in_brief, pack, unpack
from warren.report.redaction import redacted
from warren.rigs.consumers import Rig
from warren.rigs.consumers.judging import to_findings
from warren.rigs.pace import PACES
from warren.workloads import WORKLOADS

CRASH = Requirement("no-loss.crash", Level.MUST, "It comes again.", "document 1")
CUT = Requirement("no-loss.cut", Level.MUST, "It comes again.", "document 1")


def rig_of(*claims: str) -> Rig:
    """Make a rig of a case that judges two requirements."""
    return rig_in(StandInWorld(), *claims)


def rig_in(world: StandInWorld, *claims: str) -> Rig:
    """Make it in a world that the test has something to say about."""
    subject = implementation("blocking", claims=claims)
    return Rig(world, subject, WORKLOADS["blocking"], PACES["fast"], (CRASH, CUT))


def test_complaint() -> None:
    """What is bad is said with its evidence and with what each instance printed."""
    world = StandInWorld()
    rig = rig_in(world, "no-loss")
    rig.start.instance(rig.workload.worker)
    world.processes[0].printed, world.processes[0].exit_status = "it went wrong\n", 3
    verdicts = [
        Verdict(CRASH.id, Outcome.FAIL, "", (Violation("lost: the row", ("1.250 deliver",)),)),
        Verdict(CUT.id, Outcome.PASS),
    ]
    lines = complaint(to_findings(verdicts, rig, "test", 0), rig).splitlines()
    assert lines == [
        "claimed, does not hold: no-loss.crash on orders blocking: lost: the row",
        "  lost: the row",
        "    1.250 deliver",
        "--- stream-1 printed (status 3):",
        "it went wrong",
    ]


def test_complaint_of_a_known_cause() -> None:
    """The cause stands over all; of another case that has it, what does not hold is said without its evidence."""
    rig = rig_of("no-loss")
    lost = (Violation("lost: the row", ("1.250 deliver",)),)
    verdict = Verdict(CRASH.id, Outcome.FAIL, "", lost, cause="it acks first")
    findings = to_findings([Verdict(CUT.id, Outcome.PASS, cause="no"), verdict], rig, "test", 0)
    assert complaint(findings, rig).splitlines()[0] == "the cause: it acks first"
    assert cause_of(findings) == ("orders", "blocking", "it acks first")
    assert complaint_in_brief(findings, "it acks first", "test_a").splitlines() == [
        "the cause: it acks first",
        "claimed, does not hold: no-loss.crash on orders blocking: lost: the row",
        "with this cause test_a fails, too, which has the evidence",
    ]
    assert cause_of(findings[:1]) is None


def test_complaint_steers_no_terminal() -> None:
    """What came from outside is shown without what clears, colours or titles a terminal."""
    world = StandInWorld()
    rig = rig_in(world, "no-loss")
    rig.start.instance(rig.workload.worker)
    world.processes[0].printed = "\x1b]0;owned\x07\x1b[2J\u202e"
    verdict = Verdict(CRASH.id, Outcome.FAIL, "", (Violation("lost\x1b[2J", ("evidence\x9b",)),))
    words = complaint(to_findings([verdict], rig, "test", 0), rig)
    assert all(line.isprintable() for line in words.splitlines())
    assert words.endswith(r"\x1b]0;owned\x07\x1b[2J\u202e")


def test_no_complaint() -> None:
    """Where all is good nothing is said, whatever the instances printed."""
    rig = rig_of()
    rig.start.instance(rig.workload.worker).printed = "chatter"  # type: ignore[attr-defined]  # a stand-in
    findings = to_findings([Verdict(CRASH.id, Outcome.FAIL)], rig, "test", 0)
    assert complaint(findings, rig) == ""


texts = st.text(st.characters(codec="utf-8"))
verdicts = st.builds(
    Verdict,
    texts,
    st.sampled_from(Outcome),
    texts,
    st.lists(st.builds(Violation, texts, st.lists(texts).map(tuple))).map(tuple),
)
findings = st.builds(
    Finding, texts, texts, texts, texts, st.sampled_from(Stance), verdicts, texts, st.floats(0, 1e9)
)


@given(st.lists(findings))
def test_pack(found: list[Finding]) -> None:
    """Findings come out as they went in, from among properties that are not ours."""
    assert unpack([("another", 1), *map(pack, found)]) == (found, [])


def test_pack_what_json_has_not() -> None:
    """A figure that is no number is kept as none: a report is plain JSON."""
    values = {"inf": float("inf"), "nan": [float("nan")], "texts": 10}
    measured = Measurement("test", "orders", "blocking", "tolerance", values)
    _, (read,) = unpack([pack(measured)])
    assert read.values == {"inf": None, "nan": [None], "texts": 10}


def test_pack_what_utf8_has_not() -> None:
    """Octets that are no text, as an instance may print them, do not stop a report."""
    verdict = Verdict(CRASH.id, Outcome.FAIL, "it printed \udcff and s3cret")
    found = to_findings([verdict], rig_of(), "test", 0)
    (read,), _ = unpack(map(pack, redacted(found, ["s3cret"])))
    assert read.verdict.words == f"it printed \\udcff and {REDACTED}"
