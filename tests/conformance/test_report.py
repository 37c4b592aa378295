"""The report of a real run is what its schema promises."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

import jsonschema

from tests.conformance.suite import ROOT, run_suite

if TYPE_CHECKING:
    from pathlib import Path


def test_real_report(tmp_path: Path) -> None:
    """It is valid by the schema, and each of its figures names the case that took it."""
    manifest = ROOT / "reference_impl" / "hardened" / "implementation.toml"
    chosen = ("--design", "parts", "--guarantee", "parallel-parts")
    done = run_suite([manifest], *chosen, "--report", str(tmp_path))
    assert done.returncode == 0, done.stdout
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    schema = resources.files("warren.report") / "schema" / "report-1.schema.json"
    jsonschema.validate(report, json.loads(schema.read_text("utf-8")))
    figures = [(m["name"], m["case"]) for m in report["measurements"]]
    assert figures == [("makespan", finding["case"]) for finding in report["findings"]]
    assert figures[0][1] in done.stdout
