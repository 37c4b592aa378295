"""A user's own consumer whose HTTP service goes away: a correct one holds, and each defect is caught by its name."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conformance.breaks import OWN_BREAKS
from tests.conformance.suite import run_suite
from warren.claims.verdict import Outcome
from warren.report.json_report import read_json

if TYPE_CHECKING:
    from warren.claims.verdict import Finding
    from warren.report.facts import Report

HERE = Path(__file__).parent
GOOD = "good"
MANIFEST = """
protocol = 2
name = "{name}"

[consumers.charges]
command = ["{python}", "charges.py", "{name}"]
environment = {{ AMQP_URL = "{{amqp_url}}"{address} }}
queue = "shop.charges"
claims = ["survives-http-loss"]

[consumers.charges.message]
body = "order.json"

[[consumers.charges.effects]]
http = "POST /charge"
"""
ADDRESS = ', CHARGES = "{http_stub_url}"'
NO_CALL, NO_CLAIM = "calls-nobody", "promises-nothing"
QUICKLY = "not stops-consuming or test_error"
"""That one is waited for in each case, and caught in one."""

pytestmark = pytest.mark.xdist_group("own-http")


def written(folder: Path, name: str) -> Path:
    """Write the manifest of a consumer with that defect, in a folder of its own with all that it names."""
    home = folder / name
    home.mkdir()
    shutil.copy(HERE / "charges.py", home)
    (home / "order.json").write_text('{"ref": "{id}", "amount": 42}')
    text = MANIFEST.format(name=name, python=sys.executable, address=ADDRESS)
    if name in (NO_CALL, NO_CLAIM):
        text = text.replace(ADDRESS, "").replace('http = "POST /charge"', 'path = "{id}.txt"')
    if name == NO_CLAIM:
        text = text.replace('claims = ["survives-http-loss"]', "")
    (home / "warren.toml").write_text(text)
    return home / "warren.toml"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Judge all of them in one run, and read its report."""
    folder = tmp_path_factory.mktemp("http")
    manifests = [written(folder, name) for name in (GOOD, NO_CALL, NO_CLAIM, *OWN_BREAKS)]
    options = ("-n", "4", "--full", "--guarantee", "survives-http-loss", "-k", QUICKLY)
    ended = run_suite(manifests, *options, "--report", str(folder))
    assert (folder / "report.json").exists(), ended.stdout[-4000:]
    return read_json(folder / "report.json")


def test_correct_one_holds(report: Report) -> None:
    """A consumer that waits and gives its message back holds all of it."""
    found = _of(report, GOOD)
    assert {f.verdict.outcome for f in found} == {Outcome.PASS}, found


@pytest.mark.parametrize("defect", OWN_BREAKS)
def test_defect_is_caught_by_name(report: Report, defect: str) -> None:
    """What the defect breaks is violated in the right words, and nothing else."""
    bad = [f for f in _of(report, defect) if f.verdict.outcome is not Outcome.PASS]
    broken = {(one.requirement, one.outcome) for one in OWN_BREAKS[defect]}
    assert {(f.verdict.requirement, f.verdict.outcome) for f in bad} == broken
    for expected in OWN_BREAKS[defect]:
        said = [
            violation.words
            for f in bad
            if f.verdict.requirement == expected.requirement
            for violation in f.verdict.violations
        ]
        assert any(expected.words in words for words in said), said


def test_who_calls_nobody_is_told(report: Report) -> None:
    """A claim of a consumer that calls nobody is not passed over: it is told which line is missing."""
    found = _of(report, NO_CALL)
    assert {f.verdict.outcome for f in found} == {Outcome.UNSUPPORTED}
    assert all("put {http_stub_url} where" in f.verdict.words for f in found), found


def test_who_calls_nobody_and_claims_nothing_is_not_asked(report: Report) -> None:
    """It is owed by nobody who does not claim it, and means nothing of who calls nobody."""
    assert _of(report, NO_CLAIM) == []


def _of(report: Report, name: str) -> list[Finding]:
    return [f for f in report.findings if f.implementation == name]
