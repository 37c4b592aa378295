"""No secret is in what is written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from warren.claims.verdict import Outcome, Verdict
from warren.evidence.text import REDACTED
from warren.evidence.violation import Violation
from warren.report.html_report import to_html
from warren.report.json_report import to_json
from warren.report.redaction import redacted

if TYPE_CHECKING:
    from warren.claims.catalogue import Catalogue
    from warren.report.facts import Report

SECRET = 'p@ss/w"ö\\rd'  # noqa: S105 - made up, to be found


@pytest.fixture
def leaky(report: Report) -> Report:
    """Give a report with the secret in every kind of place."""
    violation = Violation(f"words {SECRET}", (f"frame {SECRET}",))
    bad = replace(
        report.findings[1],
        case=f"test[{SECRET}]",
        reason=SECRET,
        verdict=Verdict("no-loss.crash", Outcome.FAIL, SECRET, (violation,)),
    )
    measurement = replace(report.measurements[0], values={SECRET: [{"deep": SECRET}]})
    run = replace(report.run, broker=f"amqp://u:{SECRET}@h", command=("pytest", SECRET))
    return replace(report, run=run, findings=(bad,), measurements=(measurement,))


def test_whole_report(leaky: Report, catalogue: Catalogue) -> None:
    """No part of a report keeps a secret, and nothing else changes."""
    clean = redacted(leaky, [SECRET])
    assert SECRET in str(leaky.findings[0].reason)
    for text in (repr(clean), to_json(clean), to_html(clean, catalogue)):
        assert "p@ss" not in text
        assert REDACTED in text
    assert clean.findings[0].stance is leaky.findings[0].stance
    assert clean.stale_denials == leaky.stale_denials


def test_half_a_character(report: Report) -> None:
    """A text that is no Unicode is made one that can be written."""
    odd = replace(report.run, database="\udcff")
    assert redacted(replace(report, run=odd), []).run.database == "\\udcff"
