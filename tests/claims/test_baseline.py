"""What a run found violated becomes known failures of a manifest, which keeps all else that stands in it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warren.claims.baseline import Excuse, violated_claims, with_known_failures
from warren.claims.verdict import Finding, Outcome, Stance, Verdict
from warren.errors import ManifestError

if TYPE_CHECKING:
    from datetime import date

MANIFEST = '# ours\nprotocol = 1\n[designs.blocking]\nclaims = ["no-loss"] # for now\n'


def found(requirement: str, stance: Stance, outcome: Outcome, *, by: str = "orders") -> Finding:
    """Make a finding."""
    return Finding("case", by, "blocking", "no-loss", stance, Verdict(requirement, outcome))


def test_violated_claims() -> None:
    """What is claimed and failed is taken, once; what is denied, known, undecided or another's is not."""
    findings = [
        found("no-loss.b", Stance.CLAIMED, Outcome.FAIL),
        found("no-loss.b", Stance.CLAIMED, Outcome.FAIL),
        found("no-loss.a", Stance.CLAIMED, Outcome.FAIL),
        found("no-loss.c", Stance.CLAIMED, Outcome.PASS),
        found("no-loss.d", Stance.CLAIMED, Outcome.INCONCLUSIVE),
        found("no-loss.e", Stance.CLAIMED, Outcome.ERROR),
        found("no-loss.f", Stance.DENIED, Outcome.FAIL),
        found("no-loss.g", Stance.KNOWN_FAILURE, Outcome.FAIL),
        found("no-loss.h", Stance.CLAIMED, Outcome.FAIL, by="other"),
    ]
    expected = (("no-loss.a", "blocking"), ("no-loss.b", "blocking"))
    assert violated_claims(findings, "orders") == expected


@given(
    reason=st.text(st.characters(codec="utf-8"), min_size=1),
    expires=st.none() | st.dates(),
)
def test_written_and_read(reason: str, expires: date | None) -> None:
    """Whatever a reason says, it is read as it was written, after all that stood there before."""
    excuse = Excuse(reason, "https://example.org/1", expires)
    failures = [("no-loss.a", "blocking"), ("no-loss.b", "parts")]
    text = with_known_failures(MANIFEST, failures, excuse)
    assert text.startswith(MANIFEST.rstrip("\n"))
    read = tomllib.loads(text)
    more = {} if expires is None else {"expires": expires}
    assert read["known_failures"] == [
        {"requirement": r, "design": d, "reason": reason, "link": excuse.link, **more}
        for r, d in failures
    ]
    assert read["designs"] == {"blocking": {"claims": ["no-loss"]}}


def test_added_to_those_that_are_there() -> None:
    """A second baseline comes after the first."""
    excuse = Excuse("slow", "https://example.org/1")
    once = with_known_failures(MANIFEST, [("no-loss.a", "blocking")], excuse)
    twice = with_known_failures(once, [("no-loss.b", "blocking")], excuse)
    assert [k["requirement"] for k in tomllib.loads(twice)["known_failures"]] == [
        "no-loss.a",
        "no-loss.b",
    ]


def test_nothing_to_add() -> None:
    """Where nothing is violated the text is the same."""
    assert with_known_failures(MANIFEST, [], Excuse("r", "https://example.org/1")) == MANIFEST


def test_list_in_one_line() -> None:
    """Known failures in one list are refused in a sentence: TOML lets nothing be added to it."""
    excuse = Excuse("r", "https://example.org/1")
    with pytest.raises(ManifestError, match=r"write each as a table of its own: \[\["):
        with_known_failures("known_failures = []\n", [("no-loss.a", "blocking")], excuse)
