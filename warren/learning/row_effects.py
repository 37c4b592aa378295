"""Rows as effects: which column of a table has the id of the message, and the statement that counts by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from warren.workloads.own import RowEffect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.learning.changes import Tried

_RESERVED: Final = {
    *("order", "user", "group", "table", "select", "from", "where", "key", "values", "references"),
    *("check", "default", "column", "desc", "end", "grant", "limit", "to", "index", "offset"),
}


class _Match(NamedTuple):
    """How a cell has an id: as the whole of it or within it, as text or as a number."""

    is_within: bool
    is_number: bool


def row_effect(table: str, tried: Sequence[Tried], database: str) -> tuple[RowEffect, str] | str:
    """Give the effect and the column that has the id; else a sentence on what became of the table.

    `database` is the one whose SQL is written: sqlite, postgresql or mysql.
    """
    columns = next(t.changes.tables[table].columns for t in tried if table in t.changes.tables)
    found, many = [], ""
    for place, column in enumerate(columns):
        matches = [_matches(t, table, place) for t in tried]
        if all(len(m) == 1 for m in matches) and len({m[0] for m in matches}) == 1:
            found.append((matches[0][0], place))
        elif all(matches):
            counts = " and ".join(str(len(m)) for m in matches)
            many = many or f"{table} got {counts} rows with the id in {column}, not one for each"
    if not found:
        return many or _without_id(table, tried)
    match, place = min(found)
    where = _where(columns[place], match, _rows(tried[0], table)[0][place], database)
    sql = f"SELECT count(*) FROM {_name(table, database)} WHERE {where}"  # noqa: S608 - with quoted names
    return RowEffect(sql), columns[place]


def _without_id(table: str, tried: Sequence[Tried]) -> str:
    counts = " and ".join(str(len(_rows(t, table))) for t in tried)
    return f"{table} got {counts} new or changed rows, and no column has the id of each message"


def _matches(tried: Tried, table: str, place: int) -> list[_Match]:
    """Give how the rows of a message have its id in one column, those that do."""
    cells = [_cell(row[place]) for row in _rows(tried, table)]
    return [
        _Match(is_within=cell not in (tried.id, tried.number), is_number=tried.id not in cell)
        for cell in cells
        if tried.is_in(cell)
    ]


def _rows(tried: Tried, table: str) -> tuple[tuple[object, ...], ...]:
    found = tried.changes.tables.get(table)
    return found.rows if found else ()


def _cell(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return "" if value is None else str(value)


def _where(column: str, match: _Match, sample: object, database: str) -> str:
    name, text = _name(column, database), "CHAR" if database == "mysql" else "VARCHAR"
    parameter = ":number" if match.is_number else ":id"
    if match.is_number and not (isinstance(sample, int) and not match.is_within):
        parameter = f"CAST(:number AS {text})"
    if not match.is_within:
        return f"{name} = {parameter}"
    cell = name if isinstance(sample, str) else f"CAST({name} AS {text})"
    if database == "mysql":
        return f"{cell} LIKE CONCAT('%', {parameter}, '%')"
    return f"{cell} LIKE '%' || {parameter} || '%'"


def _name(name: str, database: str) -> str:
    """Quote a name that needs it."""
    if name.isidentifier() and name.islower() and name not in _RESERVED:
        return name
    quote = "`" if database == "mysql" else '"'
    return f"{quote}{name.replace(quote, quote * 2)}{quote}"
