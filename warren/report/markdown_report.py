"""The report as Markdown, for the job summary of a CI: the table, and what needs a look with its evidence.

Every text in it is from outside. In a sentence all punctuation is escaped; lines of evidence stand in a fence that none
of them can close.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from warren.claims.verdict import Finding
from warren.evidence.text import brief, visible
from warren.evidence.violation import by_evidence
from warren.report.table import Cell, Fold, Mark, Table, folded, headline, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from warren.claims.catalogue import Catalogue
    from warren.claims.verdict import StaleDenial
    from warren.report.facts import Report

MOST_THINGS: Final = 40
"""Things that need a look of which the evidence is shown: a summary may have no more than 1 MiB."""
MOST_LINES: Final = 20
_LONGEST_LINE: Final = 300
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_MARKUP: Final = re.compile(r"([!#$&()*+\-:<>@\[\\\]^_`{|}~])")
_TONES: Final = {"good": "✅", "bad": "❌", "undecided": "❔", "quiet": "➖"}


def to_markdown(report: Report, catalogue: Catalogue) -> str:
    """Write a redacted report."""
    return "\n".join(_lines(report, catalogue)) + "\n"


def _lines(report: Report, catalogue: Catalogue) -> Iterator[str]:
    tone, words = headline(report)
    run = report.run
    yield f"## {_TONES[tone]} {_escaped(words)}"
    yield ""
    about = [run.broker, run.database, f"pace {run.pace}", f"{run.cases} set" if run.cases else ""]
    yield _escaped("; ".join(filter(None, about)))
    yield ""
    arranged = tables(report, catalogue)
    for table in arranged:
        yield from _table(table)
    yield from _legend(arranged)
    yield from _ignored(report)
    yield from _bad(report)


def _table(table: Table) -> Iterator[str]:
    yield f"### {_escaped(table.implementation)}"
    yield ""
    yield f"| guarantee | {' | '.join(map(_escaped, table.designs))} |"
    yield f"|---|{'---|' * len(table.designs)}"
    for row in table.rows:
        yield f"| {_escaped(row[0].guarantee)} | {' | '.join(map(_cell, row))} |"
    yield ""


def _cell(cell: Cell) -> str:
    words = _escaped(f"{cell.mark.symbol} {cell.mark.word}".strip())
    words = f"**{words}**" if cell.tone in ("bad", "undecided") else words
    return f"{words} <sub>{cell.rests_on}</sub>" if cell.rests_on else words


def _legend(arranged: Iterable[Table]) -> Iterator[str]:
    shown = {cell.mark for table in arranged for row in table.rows for cell in row}
    meanings = [f"{m.symbol} {m.word}: {m.meaning}" for m in Mark if m in shown and m.word]
    if meanings:
        yield f"<sub>{_escaped('; '.join(meanings))}</sub>"
        yield ""


def _ignored(report: Report) -> Iterator[str]:
    if report.ignored:
        words = "; ".join(report.ignored)
        yield f"<sub>{_escaped(f'Not compared: {words}')}</sub>"
        yield ""


def _bad(report: Report) -> Iterator[str]:
    folds = folded(report)
    if not folds:
        return
    yield f"### What needs a look ({len(folds)})"
    yield ""
    for fold in folds[:MOST_THINGS]:
        yield from _thing(*fold.things[0], fold)
    if (more := len(folds) - MOST_THINGS) > 0:
        yield f"And {more} more in the report."
        yield ""


def _thing(sentence: str, subject: Finding | StaleDenial, fold: Fold) -> Iterator[str]:
    if not isinstance(subject, Finding):
        yield f"- {_escaped(brief(sentence))}"
        yield ""
        return
    yield f"<details><summary>{_html(brief(fold.headline if fold.cause else sentence))}</summary>"
    yield ""
    if fold.cause:
        yield from (_escaped(brief(sentence)), "")
    yield _escaped(subject.case)
    yield ""
    if subject.verdict.faults:
        yield "What was done, and what came of it:"
        yield from _fenced(subject.verdict.faults)
    for words, evidence in by_evidence(subject.verdict.violations):
        yield from (f"**{_escaped(said)}**" for said in words)
        yield from _fenced(evidence)
    for line in fold.others:
        yield from (_escaped(line), "")
    yield "</details>"
    yield ""


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    """Put lines between fences longer than any row of back quotes in them."""
    shown = [visible(line)[:_LONGEST_LINE] for line in lines[:MOST_LINES]]
    longest = max((len(ticks) for line in shown for ticks in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    more = len(lines) - len(shown)
    yield from ("", f"{fence}text", *shown)
    yield from ([f"and {more} more in the report"] if more else [])
    yield from (fence, "")


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", visible(text))


def _html(text: str) -> str:
    """Write every character that means something, to HTML or Markdown, as its number: no such block ends early."""
    return _PUNCTUATION.sub(lambda found: f"&#{ord(found[1])};", visible(text))
