"""With --tls: hardened holds what it did, and who trusts a wrong certificate is caught by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.breaks import BREAKS
from tests.conformance.suite import FAULTY, ROOT, run_suite
from warren.claims.verdict import Outcome
from warren.report.json_report import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from warren.report.facts import Report

DEFECTS = sorted(defect for defect, breaks in BREAKS.items() if any(one.tls for one in breaks))
HARDENED = ROOT / "reference_impl" / "hardened" / "implementation.toml"
CASES = ("verifies-tls", "survives-connection-loss", "rejects-malformed")
"""What a wrong certificate breaks, and what a line does to a connection that it sees through TLS."""

pytestmark = pytest.mark.xdist_group("faulty")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Judge hardened and the defects of TLS in one run, and read its report."""
    folder: Path = tmp_path_factory.mktemp("tls")
    manifests = [HARDENED, *(FAULTY / f"{defect}.toml" for defect in DEFECTS)]
    options = [word for guarantee in CASES for word in ("--guarantee", guarantee)]
    options += ["--tls", "--design", "blocking", "-n", "4", "--report", str(folder)]
    done = run_suite(manifests, *options)
    if not (folder / "report.json").exists():
        pytest.fail(f"the run made no report; its end:\n{done.stdout[-4000:]}", pytrace=False)
    return read_json(folder / "report.json")


def test_hardened_holds(report: Report) -> None:
    """What is claimed holds over TLS, too."""
    found = [f for f in report.findings if f.implementation == "reference-hardened"]
    assert found
    assert {f.verdict.outcome for f in found} == {Outcome.PASS}


@pytest.mark.parametrize("defect", DEFECTS)
def test_defect_is_caught_by_name(report: Report, defect: str) -> None:
    """Each certificate that is wrongly trusted is violated, and no other."""
    found = [f for f in report.findings if f.implementation == defect]
    failed = {f.verdict.requirement for f in found if f.verdict.outcome is Outcome.FAIL}
    assert failed == {one.requirement for one in BREAKS[defect]}
