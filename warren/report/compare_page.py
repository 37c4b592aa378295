"""Two reports on one page, cell beside cell, with the cases of both and their drawings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warren.report.html_report import by_requirement
from warren.report.page import drawing_scripts, drawings_of, page
from warren.report.side_by_side import are_different
from warren.report.table import Cell, Mark, tables

if TYPE_CHECKING:
    from warren.claims.catalogue import Catalogue
    from warren.report.facts import Report

_Key = tuple[str, str, str]
"""The implementation, or "" where the two reports are about different ones; guarantee and design."""


@dataclass(frozen=True, slots=True)
class CellPair:
    """What two reports show of one guarantee in one design; None where one of them does not have it."""

    implementation: str
    guarantee: str
    design: str
    first: Cell | None
    second: Cell | None

    @property
    def differs(self) -> bool:
        """Whether they show different things."""
        return _mark(self.first) is not _mark(self.second)

    @property
    def place(self) -> str:
        """Say where it is."""
        return f"{self.implementation} {self.design}".strip()

    @property
    def anchor(self) -> str:
        """Name its place in the page."""
        return "/".join(filter(None, (self.implementation, self.design, self.guarantee)))


def to_compare_html(first: Report, second: Report, catalogue: Catalogue) -> str:
    """Write two redacted reports as one page."""
    return page(
        "compare.html.j2",
        ("cells.js", *drawing_scripts(first, second)),
        names=names_of(first, second),
        sides=tuple(zip(names_of(first, second), (first, second), strict=True)),
        pairs=pairs_of(first, second, catalogue),
        drawings=(drawings_of(first), drawings_of(second)),
        guarantees=catalogue.guarantees,
        by_requirement=by_requirement,
    )


def names_of(first: Report, second: Report) -> tuple[str, str]:
    """Name two reports by what tells them apart: what they are about, their broker or database, else when they ran."""
    ways = (_implementations, _broker, _database, _started)
    for way in ways:
        names = way(first), way(second)
        if names[0] != names[1]:
            return names
    return "the first", "the second"


def pairs_of(first: Report, second: Report, catalogue: Catalogue) -> tuple[CellPair, ...]:
    """Give the cells of both, those that differ first, else in the order of their tables."""
    named = not are_different(first, second)
    one, other = (_cells(report, catalogue, named=named) for report in (first, second))
    pairs = [CellPair(*key, one.get(key), other.get(key)) for key in dict.fromkeys([*one, *other])]
    return tuple(sorted(pairs, key=lambda pair: not pair.differs))


def _cells(report: Report, catalogue: Catalogue, *, named: bool) -> dict[_Key, Cell]:
    return {
        (table.implementation if named else "", cell.guarantee, cell.design): cell
        for table in tables(report, catalogue)
        for row in table.rows
        for cell in row
        if cell.findings
    }


def _mark(cell: Cell | None) -> Mark:
    return cell.mark if cell else Mark.NOT_RUN


def _implementations(report: Report) -> str:
    return ", ".join(sorted({finding.implementation for finding in report.findings}))


def _broker(report: Report) -> str:
    return report.run.broker


def _database(report: Report) -> str:
    return report.run.database


def _started(report: Report) -> str:
    return report.run.started.isoformat(" ", "seconds")
