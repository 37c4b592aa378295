"""JUnit XML says of each item what it judged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from warren.report.junit import item_properties

if TYPE_CHECKING:
    from warren.report.facts import Report


def test_properties(report: Report) -> None:
    """Implementation and design stand once, each requirement with outcome, stance, violations."""
    assert item_properties(report.findings[:2]) == [
        ("implementation", "orders"),
        ("design", "blocking"),
        ("no-loss.crash", "pass"),
        ("no-loss.crash.stance", "claimed"),
        ("no-loss.frozen", "fail"),
        ("no-loss.frozen.stance", "claimed"),
        ("no-loss.frozen.violation", "no-loss.frozen was broken"),
    ]


def test_nothing() -> None:
    """An item without findings has no properties."""
    assert item_properties(()) == []


def test_cause(report: Report) -> None:
    """What is behind a verdict stands beside it, where it is known."""
    bad = report.findings[1]
    bad = replace(bad, verdict=replace(bad.verdict, cause="it acks first"))
    assert ("no-loss.frozen.cause", "it acks first") in item_properties([bad])
