"""What was measured of the document's consumers, and is not what the document says: the cases say so in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.suite import ROOT, run_suite
from warren.claims.verdict import Outcome
from warren.report.json_report import read_json

if TYPE_CHECKING:
    from warren.claims.verdict import Verdict
    from warren.report.facts import Report

DOCUMENT = ROOT / "reference_impl" / "document" / "implementation.toml"

pytestmark = pytest.mark.xdist_group("measured")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Judge the document's consumers by the cases about long packages and about a bound, and read the report."""
    folder = tmp_path_factory.mktemp("measured")
    cases = ("-k", "two_heartbeats or restarted_after_each_crash or bounded_run")
    designs = ("--design", "blocking", "--design", "task")
    done = run_suite([DOCUMENT], *cases, *designs, "-n", "2", "--report", str(folder))
    if not (folder / "report.json").exists():
        pytest.fail(f"the run made no report; its end:\n{done.stdout[-4000:]}", pytrace=False)
    return read_json(folder / "report.json")


def test_ten_texts_are_kept(report: Report) -> None:
    """Ten texts at a heartbeat of five seconds do not end their consumer."""
    # On a busy machine their work may take longer than three heartbeats: then nothing is said.
    outcome = _verdict(report, "no-loss.two-heartbeats").outcome
    assert outcome in {Outcome.PASS, Outcome.INCONCLUSIVE}


def test_restarts_leave_a_row_each_and_the_message(report: Report) -> None:
    """After two restarts there are three rows, and the message is ready still."""
    (doubled,) = _verdict(report, "effect-once.restarted").violations
    assert "is there 3 times, after a redelivery: 3 crashes, 2 restarts" in doubled.words
    assert _verdict(report, "no-loss.restarted").outcome is Outcome.PASS


def test_the_third_of_three_is_ready_again(report: Report) -> None:
    """Bound to two of three tasks, the consumer exits with 0; the third, prefetched as a rule, is ready, not done."""
    assert _verdict(report, "bounded-run.stops", "task").outcome is Outcome.PASS
    (left,) = [m for m in report.measurements if (m.name, m.design) == ("left over", "task")]
    assert left.values["ready"] == 1
    assert left.values["redelivered"] or not left.values["delivered"]


def _verdict(report: Report, requirement: str, design: str = "blocking") -> Verdict:
    (found,) = [
        f.verdict
        for f in report.findings
        if (f.verdict.requirement, f.design) == (requirement, design)
    ]
    return found
