"""The badge: what a run found, in two words, as a picture for a README."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from warren.claims.verdict import Stance
from warren.report.table import Mark, headline, tables

if TYPE_CHECKING:
    from warren.claims.catalogue import Catalogue
    from warren.report.facts import Report

_COLOURS: Final = {"good": "#1a7f37", "bad": "#b0182a", "undecided": "#8a5a00", "quiet": "#5f6874"}
_HELD: Final = (Mark.HELD, Mark.WARNED)
_LETTER: Final = 6.7
"""About the width of a letter of 11 px."""
_PADDING: Final = 12


def to_badge(report: Report, catalogue: Catalogue) -> str:
    """Write a badge: how many of the claims hold, and in which colour the run ended."""
    tone, _ = headline(report)
    words = _words(report, catalogue)
    left, right = (round(len(text) * _LETTER + _PADDING) for text in ("warren", words))
    environment = Environment(
        loader=PackageLoader("warren.report"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("badge.svg.j2").render(
        words=words, colour=_COLOURS[tone], left=left, right=right
    )


def _words(report: Report, catalogue: Catalogue) -> str:
    """Say `24 claims hold`, `22 of 24 claims hold`, or what else became of it; a claim is a guarantee of a design."""
    claimed = (Stance.CLAIMED, Stance.KNOWN_FAILURE)
    cells = [cell for table in tables(report, catalogue) for row in table.rows for cell in row]
    claims = [cell for cell in cells if any(f.stance in claimed for f in cell.findings)]
    held = [cell for cell in claims if cell.mark in _HELD]
    tone, words = headline(report)
    if not claims or tone == "undecided":
        return words.lower()
    some = "1 claim" if len(claims) == 1 else f"{len(claims)} claims"
    if len(held) == len(claims):
        return f"{some} hold{'s' * (len(claims) == 1)}" if tone == "good" else words.lower()
    return f"{len(held)} of {some} hold"
