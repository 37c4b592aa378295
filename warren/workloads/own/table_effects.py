"""Rows as effects without a statement: the rows that have the id of a message, or what each message adds to a table.

What the manifest names has to be as a clean run left it (decision 210). Less is lost, more is doubled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warren.workloads.own.cells import has_id, mark, numbers_in, rows_of, shown
from warren.workloads.own.comparing import compared, expected_of
from warren.workloads.own.found import SHOWN, Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from warren.evidence.rows import TableRows
    from warren.workloads.own.cells import Row
    from warren.workloads.own.comparing import Cells
    from warren.workloads.own.message import OwnUnit
    from warren.workloads.protocol import Tables

ROWS: Final = "*"
"""Stands in `adds` for the number of rows, as in `count(*)`."""
_ALIKE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class TableEffect:
    """The rows of a table that have the id of the message in `key`, which is a column or a path in one.

    They are `expected`, with the places of ids in them; without these, one row is. What stands neither there nor in
    `ignore` is NULL.
    """

    table: str
    key: str
    expected: tuple[Cells, ...] = ()
    ignore: tuple[str, ...] = ()

    @property
    def tells_apart(self) -> bool:
        """Each message has rows of its own."""
        return True

    @classmethod
    def of(
        cls, table: str, key: str, rows: Iterable[Mapping[str, object]], ignore: Iterable[str]
    ) -> TableEffect:
        """Make one from what a manifest says."""
        ignore = tuple(ignore)
        return cls(table, key, expected_of(rows, ignore), ignore)

    def find_all(self, units: Sequence[OwnUnit], outside: Tables) -> tuple[Found, ...]:
        """Read the table once, and compare the rows of each message."""
        table = outside.table(self.table) if units else None
        rows = rows_of(table) if table else []
        own = {unit.id: [*self._own(rows, unit.id)] for unit in units}
        return tuple(
            self._compare(own[unit.id], unit)
            if own[unit.id]
            else Found(0, (self._sought(table, rows, unit.id),))
            for unit in units
        )

    def _sought(self, table: TableRows | None, rows: Sequence[Row], new_id: str) -> str:
        """Say where the id of a message was looked for, and is not."""
        if table is None:
            return f"there is no table {self.table}"
        if self.key.partition(".")[0] not in table.columns:
            return f"{self.table} has no column for {self.key}; it has {', '.join(table.columns)}"
        return f"{self.table}: of its rows ({len(rows)}) none has {new_id} in {self.key}"

    def _own(self, rows: Iterable[Row], new_id: str) -> Iterator[Row]:
        return (row for row in rows if has_id(mark(row.get(self.key), new_id)))

    def _compare(self, own: list[Row], unit: OwnUnit) -> Found:
        evidence = tuple(f"{self.table}: {shown(row)}" for row in own[:SHOWN])
        return compared(own, self.expected, self.ignore, unit, evidence)

    def __str__(self) -> str:
        """Name the table, and the column of the id."""
        return f"table {self.table} by {self.key}"

    @property
    def absence(self) -> str:
        """Name the table."""
        return f"no row in {self.table}"


@dataclass(frozen=True, slots=True)
class TotalEffect:
    """What each message adds to a table whose rows have no id: to the number of rows, or to the sum of a column.

    So it is known how many messages have left it, and not which.
    """

    table: str
    adds: tuple[tuple[str, float], ...]
    ignore: tuple[str, ...] = ()

    @property
    def tells_apart(self) -> bool:
        """Nobody knows which message it was."""
        return False

    def find_all(self, units: Sequence[OwnUnit], outside: Tables) -> tuple[Found, ...]:
        """Compare with what was there before the first message."""
        table = outside.table(self.table) if units else None
        if table is None:
            return tuple(Found(0, (f"there is no table {self.table}",)) for _ in units)
        added = growth(outside.table_before(self.table), table)
        times = {what: added.get(what, 0) / each for what, each in self.adds}
        least, most = min(times.values()), max(times.values())
        evidence = tuple(
            f"{self.table}: {_measure(what)} has changed by {_number(added.get(what, 0))},"
            f" and each message adds {_number(each)}"
            for what, each in self.adds
        )
        there = [least > place or alike(least, place) for place in range(1, len(units) + 1)]
        words = f"is there for {_number(most)} messages, and {len(units)} were sent"
        found = [Found(int(is_there), evidence) for is_there in there]
        if all(there) and most > len(units) and not alike(most, len(units)):
            found[-1] = Found(2, evidence, words=words)
        elif not all(there):
            words = f"is there for {_number(least)} messages, and {len(units)} were sent"
            found = [one if one.count else Found(0, evidence, words=words) for one in found]
        return tuple(found)

    def __str__(self) -> str:
        """Name the table."""
        return f"the total of table {self.table}"

    @property
    def absence(self) -> str:
        """Name the table."""
        return f"nothing added to {self.table}"


def alike(one: float, other: float) -> bool:
    """Whether two sums are the same, but for how they were added up."""
    return abs(one - other) < _ALIKE


def growth(before: TableRows | None, after: TableRows | None) -> dict[str, float]:
    """Give by how much the number of rows and the sums of columns have grown."""
    old, new = rows_of(before) if before else [], rows_of(after) if after else []
    was, now = numbers_in(old), numbers_in(new)
    grown = {path: now.get(path, 0) - was.get(path, 0) for path in {**now, **was}}
    return {ROWS: len(new) - len(old), **grown}


def _measure(what: str) -> str:
    return "the number of rows" if what == ROWS else f"the sum of {what}"


def _number(value: float) -> str:
    return f"{value + 0.0:g}"  # no -0
