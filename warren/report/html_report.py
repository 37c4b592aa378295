"""The report for a browser: a page with the table, and with the cases of each cell."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from warren.claims.verdict import Outcome
from warren.report.page import drawing_scripts, drawings_of, page
from warren.report.table import Cell, Mark, Table, folded, headline, tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.claims.catalogue import Catalogue
    from warren.claims.verdict import Finding
    from warren.report.facts import Report

WORST_FIRST = (
    Outcome.ERROR,
    Outcome.FAIL,
    Outcome.UNSUPPORTED,
    Outcome.INCONCLUSIVE,
    Outcome.WARN,
    Outcome.PASS,
)


def to_html(report: Report, catalogue: Catalogue) -> str:
    """Write a redacted report as a page."""
    arranged = tables(report, catalogue)
    return page(
        "report.html.j2",
        ("report.js", "cells.js", *drawing_scripts(report)),
        report=report,
        run=report.run,
        headline=headline(report),
        tables=arranged,
        marks=_counts(arranged),
        bad=folded(report),
        guarantees=catalogue.guarantees,
        requirements=catalogue.requirements,
        by_requirement=by_requirement,
        drawings=drawings_of(report),
        anchor=_anchor,
    )


def _counts(arranged: Iterable[Table]) -> list[tuple[Mark, int]]:
    counts = Counter(cell.mark for table in arranged for row in table.rows for cell in row)
    return [(mark, counts[mark]) for mark in Mark if counts[mark]]


def by_requirement(cell: Cell) -> dict[str, list[Finding]]:
    """Group a cell's findings by requirement, the worst first."""
    grouped: dict[str, list[Finding]] = {}
    for finding in sorted(cell.findings, key=lambda f: WORST_FIRST.index(f.verdict.outcome)):
        grouped.setdefault(finding.verdict.requirement, []).append(finding)
    return grouped


def _anchor(implementation: str, design: str, guarantee: str) -> str:
    return f"{implementation}/{design}/{guarantee}"
