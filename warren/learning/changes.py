"""What one message changed outside: rows, files, calls and publishes, each compared with what was there before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from warren.evidence.rows import TableRows
from warren.workloads.own.cells import has_id, mark, rows_of
from warren.workloads.own.message import ID, NUMBER, number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.evidence.calls import HttpCall
    from warren.evidence.ledger import Published
    from warren.workloads.own.cells import Row


@dataclass(frozen=True, slots=True)
class Outside:
    """What there is outside at one moment. Files are known by what stands in them."""

    tables: Mapping[str, TableRows] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    calls: tuple[HttpCall, ...] = ()
    publishes: tuple[Published, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What has come or changed between two moments, as it is now; what has gone is no effect."""

    tables: dict[str, TableRows]
    files: dict[str, bytes]
    calls: tuple[HttpCall, ...]
    publishes: tuple[Published, ...]


NOTHING: Final = Changes({}, {}, (), ())


def together(one: Changes, other: Changes) -> Changes:
    """Join what changed in two worlds, as far as anything did."""
    return Changes(
        {**one.tables, **other.tables},
        {**one.files, **other.files},
        (*one.calls, *other.calls),
        (*one.publishes, *other.publishes),
    )


def changes(before: Outside, after: Outside) -> Changes:
    """Compare two moments."""
    tables = {
        name: TableRows(table.columns, new)
        for name, table in after.tables.items()
        if (new := _new_rows(before.tables.get(name), table))
    }
    files = {
        path: octets for path, octets in after.files.items() if before.files.get(path) != octets
    }
    return Changes(
        tables,
        files,
        after.calls[len(before.calls) :],
        after.publishes[len(before.publishes) :],
    )


def _new_rows(before: TableRows | None, after: TableRows) -> tuple[tuple[object, ...], ...]:
    """Give the rows that are there more often than before; rows may hold what cannot be hashed, such as JSON."""
    old = Counter(map(repr, before.rows)) if before else Counter[str]()
    new = []
    for row in after.rows:
        if old[repr(row)]:
            old[repr(row)] -= 1
        else:
            new.append(row)
    return tuple(new)


@dataclass(frozen=True, slots=True)
class Tried:
    """A message that was sent, and what has changed since."""

    id: str
    changes: Changes

    @property
    def number(self) -> str:
        """Its id as a number."""
        return str(number_of(self.id))

    def marked(self, text: str) -> str:
        """Put the places of ids back into a text."""
        return text.replace(self.id, ID).replace(self.number, NUMBER)

    def is_in(self, text: str) -> bool:
        """Whether a text has the id."""
        return self.marked(text) != text

    def is_in_row(self, row: Row) -> bool:
        """Whether a row has the id somewhere."""
        return any(has_id(mark(cell, self.id)) for cell in row.values())

    def has(self, published: Published) -> bool:
        """Whether what the consumer published has the id somewhere."""
        properties = published.properties
        texts = (
            published.routing_key,
            properties.message_id or "",
            properties.correlation_id or "",
            str(properties.headers or ""),
            published.body.decode("utf-8", "replace"),
        )
        return any(map(self.is_in, texts))

    @property
    def calls(self) -> tuple[HttpCall, ...]:
        """The calls that have the id."""
        return tuple(c for c in self.changes.calls if c.mentions(self.id, self.number))

    @property
    def publishes(self) -> tuple[Published, ...]:
        """The publishes that have the id."""
        return tuple(filter(self.has, self.changes.publishes))

    @property
    def left_something(self) -> bool:
        """Whether anything outside has the id."""
        rows = (row for table in self.changes.tables.values() for row in rows_of(table))
        files = any(map(self.is_in, self.changes.files))
        return files or any(map(self.is_in_row, rows)) or bool(self.calls or self.publishes)

    @property
    def seen_at(self) -> tuple[float, ...]:
        """When they were seen."""
        return (*(c.at for c in self.calls), *(p.at for p in self.publishes))
