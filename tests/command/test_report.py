"""`warren report` compares reports and shows them."""

from __future__ import annotations

from pathlib import Path

from tests.command.running import run, written
from warren.claims.verdict import Outcome


def test_compare_the_same(tmp_path: Path) -> None:
    """Reports with the same verdicts are status 0, in silence."""
    paths = [written(tmp_path / name, Outcome.PASS) for name in ("a.json", "b.json")]
    result = run("report", "compare", *paths)
    assert (result.exit_code, result.output) == (0, "")


def test_compare_different(tmp_path: Path) -> None:
    """A verdict that differs is a line and status 1."""
    first = written(tmp_path / "a.json", Outcome.PASS)
    second = written(tmp_path / "b.json", Outcome.FAIL)
    result = run("report", "compare", first, second)
    line = "no-loss.crash on orders blocking in case: pass / fail\n"
    assert (result.exit_code, result.output) == (1, line)


def test_compare_what_is_no_report(tmp_path: Path) -> None:
    """A file that is no report is a sentence and status 2."""
    report, absent = written(tmp_path / "a.json", Outcome.PASS), tmp_path / "b.json"
    result = run("report", "compare", report, str(absent))
    assert result.exit_code == 2
    assert result.output.startswith(f"Error: {absent}: the report cannot be read: no such file")


def test_compare_two_implementations(tmp_path: Path) -> None:
    """Reports on one implementation each, and not the same, are compared guarantee by guarantee."""
    first = written(tmp_path / "a.json", Outcome.PASS)
    second = tmp_path / "b.json"
    second.write_text(Path(written(second, Outcome.FAIL)).read_text().replace("orders", "other"))
    result = run("report", "compare", first, str(second))
    assert (result.exit_code, result.output) == (1, "no-loss in blocking: holds / violated\n")
    same = run("report", "compare", first, first)
    assert (same.exit_code, same.output) == (0, "")


def test_compare_page(tmp_path: Path) -> None:
    """A page is written where it is asked for; one that cannot be is a sentence and status 2."""
    first = written(tmp_path / "a.json", Outcome.PASS)
    second = written(tmp_path / "b.json", Outcome.FAIL)
    result = run("report", "compare", first, second, "--html", str(tmp_path / "both.html"))
    assert result.exit_code == 1
    assert "<!doctype html>" in (tmp_path / "both.html").read_text("utf-8")
    result = run("report", "compare", first, second, "--html", str(tmp_path / "a.json" / "x"))
    assert result.exit_code == 2
    assert "a.json/x: it cannot be written" in result.output


def test_compare_by_name(tmp_path: Path) -> None:
    """An implementation that is not there is a sentence; so are three names for two reports."""
    first = written(tmp_path / "a.json", Outcome.PASS)
    result = run("report", "compare", first, first, "--implementation", "order")
    assert result.exit_code == 2
    assert "did you mean `orders`" in result.output
    assert run("report", "compare", first, first, "--implementation", "orders").exit_code == 0
    names = ["--implementation", "orders"] * 3
    assert "give two" in run("report", "compare", first, first, *names).output


def test_markdown_and_badge(tmp_path: Path) -> None:
    """A report is printed as Markdown, and as a badge."""
    report = written(tmp_path / "a.json", Outcome.PASS)
    result = run("report", "markdown", report)
    assert result.exit_code == 0
    assert r"| no\-loss | ✓ holds |" in result.output
    badge = run("report", "badge", report)
    assert badge.exit_code == 0
    assert "<title>warren: 1 claim holds</title>" in badge.output
