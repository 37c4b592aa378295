"""Any tables as they are: their rows, and which columns the database itself fills."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import Integer

from warren.evidence.rows import TableRows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection
    from sqlalchemy.engine import Inspector

UNREADABLE: Final = (SQLAlchemyError, ValueError, TypeError)
"""What reading any table may raise: also values that a driver cannot take."""
_MADE: Final = re.compile(r"\w\s*\(|current_|localtime|nextval|now\b|uuid|random", re.IGNORECASE)
"""What a default that is another each time has in it; a constant has none of it."""
_FIXED: Final = re.compile(r"'(?:[^']|'')*'|::[\w ]+(?:\([\d, ]+\))?")
"""Texts, and PostgreSQL's casts: no call of a function, whatever they look like."""


def read_table(connection: Connection, name: str) -> TableRows | None:
    """Read the rows of a table; None where there is none of that name."""
    return _read(connection, name) if inspect(connection).has_table(name) else None


def read_tables(connection: Connection) -> dict[str, TableRows]:
    """Read the rows of every table."""
    return {name: _read(connection, name) for name in inspect(connection).get_table_names()}


def _read(connection: Connection, name: str) -> TableRows:
    quote = connection.dialect.identifier_preparer.quote
    result = connection.execute(text(f"SELECT * FROM {quote(name)}"))  # noqa: S608 - a quoted name
    return TableRows(tuple(result.keys()), tuple(map(tuple, result)))


def generated_columns(connection: Connection) -> dict[str, frozenset[str]]:
    """Give the columns of each table that the database fills: keys that it counts, defaults that it works out."""
    inspector = inspect(connection)
    return {name: frozenset(_generated(inspector, name)) for name in inspector.get_table_names()}


def _generated(inspector: Inspector, table: str) -> Iterator[str]:
    keys = inspector.get_pk_constraint(table)["constrained_columns"]
    for column in inspector.get_columns(table):
        is_rowid = keys == [column["name"]] and _can_be_rowid(inspector, column)
        if is_rowid or column.get("identity") or column.get("computed") or _is_worked_out(column):
            yield column["name"]


def _can_be_rowid(inspector: Inspector, column: Any) -> bool:
    """Whether SQLite counts it, where it is the primary key."""
    return inspector.dialect.name == "sqlite" and isinstance(column["type"], Integer)


def _is_worked_out(column: Any) -> bool:
    """Whether the server counts it, or its default is another each time."""
    default = _FIXED.sub("", column.get("default") or "")
    return column.get("autoincrement") is True or bool(_MADE.search(default))
