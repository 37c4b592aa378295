"""No secret is in what is written."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from warren.claims.verdict import Outcome, Verdict
from warren.evidence.violation import Violation
from warren.report.html_report import to_html
from warren.report.json_report import to_json
from warren.report.redaction import REDACTED, redact, redacted

if TYPE_CHECKING:
    from warren.claims.catalogue import Catalogue
    from warren.report.facts import Report

SECRET = 'p@ss/w"ö\\rd'  # noqa: S105 - made up, to be found


@pytest.mark.parametrize(
    "form",
    [SECRET, quote(SECRET, safe=""), repr(SECRET)[1:-1], json.dumps(SECRET)[1:-1]],
    ids=["plain", "percent-encoded", "Python", "JSON"],
)
def test_forms(form: str) -> None:
    """A secret is found in each form in which programs write it."""
    assert redact(f"before {form} after", [SECRET]) == f"before {REDACTED} after"


def test_longest_first() -> None:
    """A secret that begins with another leaves no rest."""
    assert redact("abcdef", ["abc", "abcdef"]) == REDACTED


def test_empty_secret() -> None:
    """An empty password hides nothing."""
    assert redact("text", [""]) == "text"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amqp://user:hidden@host:5672/v", f"amqp://user:{REDACTED}@host:5672/v"),
        ("postgresql+psycopg://u:p%40@h/d", f"postgresql+psycopg://u:{REDACTED}@h/d"),
        ("https://example.org:8080/a@b", "https://example.org:8080/a@b"),
        ("amqp://host/vhost", "amqp://host/vhost"),
    ],
)
def test_password_in_url(text: str, expected: str) -> None:
    """The password in a URL is a secret that nobody has to name."""
    assert redact(text, []) == expected


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
