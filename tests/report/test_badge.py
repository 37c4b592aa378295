"""The badge says how many claims hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from warren.report.badge import to_badge

if TYPE_CHECKING:
    from warren.claims.catalogue import Catalogue
    from warren.report.facts import Report

SVG = "{http://www.w3.org/2000/svg}"


def shown(report: Report, catalogue: Catalogue) -> tuple[str, str]:
    """Give the words and the colour."""
    root = ET.fromstring(to_badge(report, catalogue))  # noqa: S314 - it is our own
    ground = root.find(f"{SVG}rect")
    assert ground is not None
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts[0] == "warren"
    return str(texts[1]), ground.attrib["fill"]


def test_failed(report: Report, catalogue: Catalogue) -> None:
    """Where claims fail, it says how many of how many hold, in red."""
    decided = replace(report, findings=report.findings[:5])
    assert shown(decided, catalogue) == ("1 of 2 claims hold", "#b0182a")


@pytest.mark.parametrize(
    ("status", "kept", "words"),
    [
        (0, (0, 2), "2 claims hold"),
        (0, (0,), "1 claim holds"),
        (0, (6,), "nothing was claimed"),
        (2, (5,), "inconclusive"),
    ],
)
def test_words(
    report: Report, catalogue: Catalogue, status: int, kept: tuple[int, ...], words: str
) -> None:
    """It says what a run came to."""
    findings = tuple(report.findings[n] for n in kept)
    assert shown(replace(report, findings=findings, exit_status=status), catalogue)[0] == words


def test_stale(report: Report, catalogue: Catalogue) -> None:
    """Where all claims hold but a denial is stale, it does not say that all is well."""
    stale = replace(report, findings=report.findings[:1])
    assert shown(stale, catalogue) == ("a denial or a known failure is stale", "#b0182a")
