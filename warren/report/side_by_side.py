"""Two reports on different implementations, guarantee by guarantee: they have no case in common to be compared by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warren.report.table import Mark, tables

if TYPE_CHECKING:
    from warren.claims.catalogue import Catalogue
    from warren.report.facts import Report


@dataclass(frozen=True, slots=True)
class Pair:
    """What two implementations show of one guarantee in one design."""

    guarantee: str
    design: str
    first: Mark
    second: Mark

    @property
    def differs(self) -> bool:
        """Whether they show different things."""
        return self.first is not self.second

    def __str__(self) -> str:
        """Say it in a line."""
        first, second = (mark.word or mark.meaning for mark in (self.first, self.second))
        return f"{self.guarantee} in {self.design}: {first} / {second}"


def are_different(first: Report, second: Report) -> bool:
    """Whether each is about one implementation, and not about the same."""
    names = [{finding.implementation for finding in report.findings} for report in (first, second)]
    return all(len(one) == 1 for one in names) and names[0] != names[1]


def side_by_side(first: Report, second: Report, catalogue: Catalogue) -> tuple[Pair, ...]:
    """Give what either shows of each guarantee, in the order of the catalogue."""
    marks = [_marks(report, catalogue) for report in (first, second)]
    places = dict.fromkeys([*marks[0], *marks[1]])
    order = [*catalogue.guarantees]
    return tuple(
        Pair(*place, *(one.get(place, Mark.NOT_RUN) for one in marks))
        for place in sorted(places, key=lambda p: (order.index(p[0]) if p[0] in order else -1, p))
    )


def _marks(report: Report, catalogue: Catalogue) -> dict[tuple[str, str], Mark]:
    return {
        (cell.guarantee, cell.design): cell.mark
        for table in tables(report, catalogue)
        for row in table.rows
        for cell in row
        if cell.mark is not Mark.NOT_APPLICABLE
    }
