"""With --queue-type quorum: what only such queues do to a consumer, that is hardened or not.

They drop what has come back too often, and from 4.3 on have a consumer cancelled for a late ack. It takes 21 ends of a
process, so that only a run with `WARREN_FAULTY` in its environment has it (`.ci/weekly`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.breaks import BREAKS
from tests.conformance.narrowing import extent
from tests.conformance.suite import FAULTY, ROOT, run_suite, servers_of
from warren.claims.verdict import Outcome
from warren.report.json_report import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from warren.report.facts import Report

DEFECTS = sorted(defect for defect, breaks in BREAKS.items() if any(one.quorum for one in breaks))
CASES = "crashes_beside or cancelled_for_late_ack"
HARDENED = ROOT / "reference_impl" / "hardened" / "implementation.toml"

pytestmark = [
    pytest.mark.xdist_group("faulty"),
    pytest.mark.skipif(not extent(), reason="the full set is asked for by WARREN_FAULTY"),
]


@pytest.fixture(scope="module")
def report(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Judge hardened and the defects that quorum queues show in one run, and read its report."""
    folder: Path = tmp_path_factory.mktemp("quorum")
    manifests = [HARDENED, *(FAULTY / f"{defect}.toml" for defect in DEFECTS)]
    options = ["--queue-type", "quorum", "--full", "-k", CASES, "-n", "2"]
    done = run_suite(manifests, *options, "--report", str(folder), servers=servers_of(pytestconfig))
    if not (folder / "report.json").exists():
        pytest.fail(f"the run made no report; its end:\n{done.stdout[-4000:]}", pytrace=False)
    return read_json(folder / "report.json")


def test_hardened_holds(report: Report) -> None:
    """Who puts a message aside before its queue drops it, and consumes again, loses nothing."""
    found = [f for f in report.findings if f.implementation == "reference-hardened"]
    assert found
    assert {f.verdict.outcome for f in found} == {Outcome.PASS}


@pytest.mark.parametrize("defect", DEFECTS)
def test_defect_is_caught_by_name(report: Report, defect: str) -> None:
    """Each is violated in the words that say what was lost, and by nothing else."""
    found = [f for f in report.findings if f.implementation == defect]
    failed = [f.verdict for f in found if f.verdict.outcome is not Outcome.PASS]
    expected = {one.requirement: one.words for one in BREAKS[defect] if one.quorum}
    assert {verdict.requirement for verdict in failed} == set(expected)
    for verdict in failed:
        assert any(expected[verdict.requirement] in v.words for v in verdict.violations), verdict
