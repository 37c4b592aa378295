"""A user's own consumer of two queues, one of which goes: a correct one holds, each defect is caught by its name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conformance.breaks import QUEUES_BREAKS
from tests.conformance.suite import run_suite
from warren.claims.verdict import Outcome
from warren.report.json_report import read_json

if TYPE_CHECKING:
    from warren.claims.verdict import Finding
    from warren.report.facts import Report

HERE = Path(__file__).parent
GOOD, OF_ONE = "good", "of-one-queue"
MANIFEST = """
protocol = 2
name = "{name}"

[consumers.parcels]
command = ["{python}", "{program}", "{name}"]
environment = {{ AMQP_URL = "{{amqp_url}}" }}
queue = "shop.parcels"
claims = ["survives-cancel"]

[consumers.parcels.message]
body = "parcel.json"

[[consumers.parcels.effects]]
path = "{{id}}.txt"
"""

pytestmark = pytest.mark.xdist_group("own-queues")


def written(folder: Path, name: str) -> Path:
    """Write the manifest of a consumer with that defect, in a folder of its own with all that it names."""
    home = folder / name
    home.mkdir()
    program = (HERE / "parcels.py").read_text(encoding="utf-8")
    if name == OF_ONE:
        program = program.replace('"shop.parcels", "shop.returns"', '"shop.parcels",')
    (home / "parcels.py").write_text(program, encoding="utf-8")
    (home / "parcel.json").write_text('{"ref": "{id}"}')
    manifest = home / "warren.toml"
    manifest.write_text(MANIFEST.format(name=name, python=sys.executable, program="parcels.py"))
    return manifest


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Judge all of them in one run, and read its report."""
    folder = tmp_path_factory.mktemp("queues")
    manifests = [written(folder, name) for name in (GOOD, OF_ONE, *QUEUES_BREAKS)]
    options = ("-n", "4", "--full", "-k", "one_of_several_queues")
    ended = run_suite(manifests, *options, "--report", str(folder))
    assert (folder / "report.json").exists(), ended.stdout[-4000:]
    return read_json(folder / "report.json")


def test_correct_one_holds(report: Report) -> None:
    """A consumer that works on, and asks for the queue again and again, holds."""
    assert _of(report, GOOD).verdict.outcome is Outcome.PASS


def test_one_queue_is_no_case(report: Report) -> None:
    """Who consumes from one queue is left out, for nobody and against nobody."""
    found = _of(report, OF_ONE).verdict
    assert found.left_out, found


@pytest.mark.parametrize("defect", QUEUES_BREAKS)
def test_defect_is_caught_by_name(report: Report, defect: str) -> None:
    """What the defect breaks is violated, in the right words."""
    found = _of(report, defect).verdict
    (expected,) = QUEUES_BREAKS[defect]
    assert (found.requirement, found.outcome) == (expected.requirement, expected.outcome)
    assert any(expected.words in violation.words for violation in found.violations), found


def _of(report: Report, name: str) -> Finding:
    (found,) = [f for f in report.findings if f.implementation == name]
    return found
