"""Markdown shows the report, whatever is in it; nothing from outside is markup."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from warren.claims.verdict import Outcome, Verdict
from warren.evidence.violation import Violation
from warren.report.markdown_report import MOST_THINGS, to_markdown

if TYPE_CHECKING:
    from warren.claims.catalogue import Catalogue
    from warren.report.facts import Report


def test_says_what_was_found(report: Report, catalogue: Catalogue) -> None:
    """Headline, run, a row per guarantee, and what needs a look with its evidence."""
    text = to_markdown(report, catalogue)
    lines = text.splitlines()
    assert lines[0] == "## ❌ Not all claims hold"
    assert r"RabbitMQ 3.10.8 \(docker\); SQLite; pace fast; quick set" in lines
    assert "| guarantee | blocking | parts | rpc |" in lines
    assert r"| no\-loss | **✗ violated** <sub>2 of 12</sub> | ✓ holds | \- |" in lines
    assert "row 7" in lines
    assert any(r"Not compared\: orders blocking\:" in line for line in lines)
    assert any(line.startswith("- stale denial") for line in lines)


def test_outside_text_is_text(report: Report, catalogue: Catalogue) -> None:
    """Of a body nothing is markup but in a fence, and no control character is left."""
    text = to_markdown(report, catalogue)
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        assert line.isprintable()
        assert fenced or "<script>" not in line
    assert not fenced


@pytest.mark.parametrize(
    "body", ["```", "````", "~~~", "`````text", "</details>", "\n```\n", "` `` ``` ````"]
)
def test_no_body_ends_its_fence(body: str, catalogue: Catalogue, report: Report) -> None:
    """Whatever quotes are in a line of evidence, the fence around it ends where we end it."""
    bad = replace(
        report.findings[1],
        verdict=Verdict("no-loss.frozen", Outcome.FAIL, "", (Violation("lost", (body, "after")),)),
    )
    lines = to_markdown(replace(report, findings=(bad,)), catalogue).splitlines()
    fence = next(line for line in lines if line.endswith("text") and line.startswith("```"))
    begin = lines.index(fence)
    end = lines.index(fence.removesuffix("text"), begin)
    assert "after" in lines[begin:end]
    assert len(lines[begin + 1 : end]) == 2


def test_summary_has_a_bound(report: Report, catalogue: Catalogue) -> None:
    """Of very many failures it tells the first, and how many more there are."""
    many = tuple(replace(report.findings[1], case=f"test_{n}") for n in range(MOST_THINGS + 7))
    text = to_markdown(replace(report, findings=many, stale_denials=()), catalogue)
    assert "And 7 more in the report." in text
    assert text.count("<details>") == MOST_THINGS


def test_one_cause(report: Report, catalogue: Catalogue) -> None:
    """Verdicts with one cause are one thing: the first with its evidence, the others by their names."""
    one = report.findings[1]
    bad = replace(one, verdict=replace(one.verdict, cause="it acks first"))
    text = to_markdown(replace(report, findings=(bad,) * 3, stale_denials=()), catalogue)
    assert "### What needs a look (1)" in text
    assert text.count("<details>") == text.count("row 7") == 1
    assert "it acks first&#59; 3 verdicts with this cause</summary>" in text
    assert r"also fail\: no\-loss.frozen \(2 cases\)" in text
