"""`warren check --write-baseline` writes what was violated into the manifests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.command.running import run, written
from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import load_manifest
from warren.claims.verdict import Finding, Outcome, Stance, Verdict
from warren.report.facts import Report, RunFacts
from warren.report.files import write_atomically
from warren.report.json_report import to_json

REASON = ("--reason", "no read time-out", "--link", "https://example.org/1")


CLAIMING = """# orders
protocol = 1
name = "orders"
language = "PHP"
[designs.blocking]
claims = ["no-loss"]
[designs.blocking.roles.stream]
command = ["php"]
"""


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pytest find that a claim was violated."""

    def judge(arguments: list[str]) -> int:
        folder = next(a for a in arguments if a.startswith("--report=")).removeprefix("--report=")
        verdict = Verdict("no-loss.killed-before-work", Outcome.FAIL)
        finding = Finding("case", "orders", "blocking", "no-loss", Stance.CLAIMED, verdict)
        facts = RunFacts(datetime.now(UTC), 1.0, "b", "3.10.8", "d", "fast", "0.1.0", ())
        write_atomically(
            Path(folder) / "report.json", to_json(Report(facts, (finding,), (), (), 1))
        )
        return 1

    monkeypatch.setattr("pytest.main", judge)


@pytest.mark.usefixtures("judged")
def test_write_baseline(tmp_path: Path) -> None:
    """What was violated is a known failure of the manifest afterwards; the status is still the run's."""
    manifest = tmp_path / "orders.toml"
    manifest.write_text(CLAIMING, "utf-8")
    options = ("--write-baseline", *REASON, "--expires", "2030-01-31", "--report", str(tmp_path))
    result = run("check", str(manifest), *options)
    assert result.exit_code == 1
    assert "orders.toml: 1 known failure written" in result.output
    assert manifest.read_text("utf-8").startswith(CLAIMING.rstrip())
    (known,) = load_manifest(manifest, load_catalogue()).known_failures
    assert (known.requirement, known.design) == ("no-loss.killed-before-work", "blocking")
    assert (known.reason, known.link) == ("no read time-out", "https://example.org/1")
    assert known.expires == date(2030, 1, 31)


def test_no_baseline_of_an_earlier_run(to_pytest: list[str], tmp_path: Path) -> None:
    """Where a run wrote no report, what an earlier one wrote is not taken for its own."""
    manifest = tmp_path / "orders.toml"
    manifest.write_text(CLAIMING, "utf-8")
    written(tmp_path / "report.json", Outcome.FAIL)
    options = ("--write-baseline", *REASON, "--report", str(tmp_path))
    assert run("check", str(manifest), *options).exit_code == 1
    assert to_pytest
    assert manifest.read_text("utf-8") == CLAIMING


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("m.toml", *REASON[2:]), "it needs --reason"),
        (("m.toml", *REASON[:2]), "it needs --link"),
        (("m.toml", *REASON[:2], "--link", "issue 7"), "it is no http:// or https:// address"),
        (REASON, "there is no manifest to write to"),
    ],
    ids=["no reason", "no link", "no address", "no manifest"],
)
def test_baseline_without(to_pytest: list[str], options: tuple[str, ...], words: str) -> None:
    """What a baseline needs is asked for before anything is judged."""
    result = run("check", "--write-baseline", *options)
    assert result.exit_code == 2
    assert words in result.output
    assert not to_pytest
