"""What was measured of the document's consumers, and is not what the document says: the cases say so in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.report.json_report import read_json
from fixtures.verdict import Outcome, Verdict
from tests.conformance.suite import ROOT, run_suite

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT = ROOT / "reference_impl" / "document" / "implementation.toml"

pytestmark = pytest.mark.xdist_group("measured")


@pytest.fixture(scope="module")
def verdicts(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Verdict]:
    """Judge the document's blocking consumer by the cases about long packages, and read the report."""
    folder = tmp_path_factory.mktemp("measured")
    cases = ("-k", "two_heartbeats or restarted_after_each_crash")
    done = run_suite(pytestconfig, [DOCUMENT], *cases, "-n", "2", "--report", str(folder))
    if not (folder / "report.json").exists():
        pytest.fail(f"the run made no report; its end:\n{done.stdout[-4000:]}", pytrace=False)
    findings = read_json(folder / "report.json").findings
    return {f.verdict.requirement: f.verdict for f in findings}


def test_ten_texts_are_kept(verdicts: Mapping[str, Verdict]) -> None:
    """Ten texts at a heartbeat of five seconds do not end their consumer."""
    assert verdicts["no-loss.two-heartbeats"].outcome is Outcome.PASS


def test_restarts_leave_a_row_each_and_the_message(verdicts: Mapping[str, Verdict]) -> None:
    """After two restarts there are three rows, and the message is ready still."""
    (doubled,) = verdicts["effect-once.restarted"].violations
    assert "is there 3 times, after a redelivery: 3 crashes, 2 restarts" in doubled.words
    assert verdicts["no-loss.restarted"].outcome is Outcome.PASS
