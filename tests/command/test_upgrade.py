"""`warren upgrade` judges on two brokers and tells by its status whether something changes for the worse."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from warren import suite
from warren.claims.verdict import Finding, Outcome, Stance, Verdict
from warren.command import upgrade
from warren.command.cli import main
from warren.report.facts import Report, RunFacts
from warren.report.json_report import to_json
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEADLINE = 120.0
RUN = RunFacts(datetime(2026, 1, 2, tzinfo=UTC), 1.0, "x", "3.10.8", "SQLite", "fast", "0.1.0", ())


def report(outcome: Outcome) -> str:
    """Write a report with one verdict."""
    verdict = Verdict("no-loss.crash", outcome)
    finding = Finding("test_x", "shop", "orders", "no-loss", Stance.CLAIMED, verdict)
    return to_json(Report(RUN, (finding,), (), (), 0))


@pytest.fixture
def manifest() -> Path:
    """Give one that can be used: the reference's."""
    return suite.REFERENCE[0]


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[list[str]]]:
    """Have `warren check` write reports with these outcomes, one after the other; None writes none."""

    def script(*written: Outcome | None) -> list[list[str]]:
        asked: list[list[str]] = []
        texts = [report(outcome) if outcome else "" for outcome in written]

        def run(argv: list[str], log: Path) -> int:
            asked.append(argv[3:])
            log.write_text("no such broker\n")
            if text := texts[len(asked) - 1]:
                (log.parent / "report.json").write_text(text)
            return 2

        monkeypatch.setattr(upgrade, "_run", run)
        return asked

    return script


@pytest.mark.parametrize(
    ("first", "second", "status", "words"),
    [
        (Outcome.PASS, Outcome.PASS, 0, "0 worse, 0 better, 0 undecided"),
        (Outcome.FAIL, Outcome.FAIL, 0, "0 worse, 0 better, 0 undecided"),
        (Outcome.PASS, Outcome.FAIL, 1, "worse: no-loss.crash on shop orders: pass -> fail"),
        (Outcome.FAIL, Outcome.PASS, 0, "better: no-loss.crash on shop orders: fail -> pass"),
        (Outcome.PASS, Outcome.INCONCLUSIVE, 2, "undecided: no-loss.crash on shop orders"),
        (Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE, 2, "0 worse"),
        (Outcome.PASS, None, 2, "nothing was judged (status 2): no such broker"),
    ],
)
def test_status(
    outcomes: Callable[..., list[list[str]]],
    manifest: Path,
    first: Outcome,
    second: Outcome | None,
    *,
    status: int,
    words: str,
) -> None:
    """0 where nothing changes for the worse, 1 where something does, 2 where nobody can tell."""
    outcomes(first, second)
    result = CliRunner().invoke(main, ["upgrade", str(manifest), "--from", "a", "--to", "b"])
    assert result.exit_code == status, result.output
    assert words in result.output


def test_says_it_to_check(
    outcomes: Callable[..., list[list[str]]], manifest: Path, tmp_path: Path
) -> None:
    """Both runs are asked the same, but for the broker; both reports are kept where that is asked for."""
    asked = outcomes(Outcome.PASS, Outcome.PASS)
    words = ["upgrade", str(manifest), "--from", "docker:3.10", "--to", "docker:4.3"]
    words += ["--database", "sqlite", "--guarantee", "no-loss", "--full", "-n", "2"]
    CliRunner().invoke(main, [*words, "--report", str(tmp_path), "--", "-k", "crash"])
    first, second = asked
    assert "--broker=docker:3.10" in first
    assert [word.replace("3.10", "4.3").replace("/from", "/to") for word in first] == second
    for word in ("--database=sqlite", "--guarantee=no-loss", "--full"):
        assert word in first
    assert first[-4:] == [f"--report={tmp_path}/from", "--", "-k", "crash"]
    assert json.loads((tmp_path / "to" / "report.json").read_text())["version"] == 1


def test_unusable_manifest(tmp_path: Path) -> None:
    """A manifest that cannot be used is a sentence, before anything is started."""
    (tmp_path / "warren.toml").write_text("protocol = 2")
    words = ["upgrade", str(tmp_path / "warren.toml"), "--from", "a", "--to", "b"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "this key is missing" in result.output


def test_judges_on_both(tmp_path: Path) -> None:
    """The real command, on two releases of the embedded broker: nothing changes for one case."""
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from warren.command.cli import main; main()"),
            *("upgrade", str(suite.REFERENCE[-1]), "--from", "embedded:3.10", "--to", "embedded"),
            *("--database", "sqlite", "--design", "blocking", "--report", str(tmp_path)),
            *("--", "-k", "test_crash_during_work and kill"),
        ],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3.10" in done.stdout
    assert "0 worse, 0 better, 0 undecided" in done.stdout
    assert json.loads((tmp_path / "from" / "report.json").read_text())["findings"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end the run that is under way in order, and the other is not begun."""
    command = subprocess.Popen(
        [
            *(sys.executable, "-c", "from warren.command.cli import main; main()"),
            *("upgrade", str(suite.REFERENCE[-1]), "--from", "embedded", "--to", "embedded"),
            *("--database", "sqlite", "--design", "blocking", "--report", str(tmp_path)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    log = tmp_path / "from" / "check.log"
    begun = wait_until(
        lambda: log.exists() and "embedded broker" in log.read_text(), timeout=DEADLINE
    )
    command.send_signal(number)
    output, _ = command.communicate(timeout=DEADLINE)
    assert begun, output
    assert command.returncode == 2, output
    assert log.read_text().rstrip().endswith("=")  # pytest came to its last line
    assert not (tmp_path / "to").exists()
