"""The command, run in this process, and a report for it to read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from click.testing import CliRunner

from warren.claims.verdict import Finding, Outcome, Stance, Verdict
from warren.command.cli import main
from warren.report.facts import Report, RunFacts
from warren.report.files import write_atomically
from warren.report.json_report import to_json

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, arguments)


def written(path: Path, outcome: Outcome) -> str:
    """Write a report with one verdict; give its path."""
    verdict = Verdict("no-loss.crash", outcome)
    finding = Finding("case", "orders", "blocking", "no-loss", Stance.CLAIMED, verdict)
    facts = RunFacts(datetime.now(UTC), 1.0, "b", "3.10.8", "d", "fast", "0.1.0", ())
    write_atomically(path, to_json(Report(facts, (finding,), (), (), 0)))
    return str(path)
