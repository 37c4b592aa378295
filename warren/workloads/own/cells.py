"""What stands in the rows of any table, as plain values that can be compared: across drivers, and path by path in JSON.

A cell with a JSON object or array becomes a cell for each of its paths: `payload.items.0.price`.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from warren.evidence.text import CUT, redact, visible
from warren.workloads.own.message import ID, NUMBER, number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from warren.evidence.rows import TableRows

Cell = str | int | float | None
"""A value that every driver gives alike; true is 1, as SQLite has it."""
Row = dict[str, Cell]
"""A row by its columns and paths."""

_LONGEST: Final = 200
"""Characters of a text that is compared and shown as it is; of a longer one its digest is."""
_SHOWN: Final = 600
_SECRET: Final = re.compile(
    r"passw|passphrase|secret|token|api_?key|private_?key|credential|\bcvv|\biban\b", re.IGNORECASE
)


def rows_of(table: TableRows) -> list[Row]:
    """Give the rows of a table, in its order."""
    return [flat(zip(table.columns, row, strict=True)) for row in table.rows]


def flat(cells: Iterable[tuple[str, object]]) -> Row:
    """Give a row whose JSON is taken apart."""
    return {path: cell for name, value in cells for path, cell in _flat(name, value)}


def marked(row: Mapping[str, Cell], new_id: str) -> Row:
    """Put the places of ids back into a row, so that rows of two messages can be compared; long texts get short."""
    return {path: _digest(mark(cell, new_id)) for path, cell in row.items()}


def mark(cell: Cell, new_id: str) -> Cell:
    """Put the places of ids back into a cell."""
    number = number_of(new_id)
    if isinstance(cell, str):
        return cell.replace(new_id, ID).replace(str(number), NUMBER)
    return NUMBER if cell == number else cell


def has_id(cell: Cell) -> bool:
    """Whether a marked cell has the id."""
    return isinstance(cell, str) and (ID in cell or NUMBER in cell)


def is_under(path: str, paths: Iterable[str]) -> bool:
    """Whether a path is one of these, or within one."""
    return any(path == one or path.startswith(f"{one}.") for one in paths)


def is_secret(path: str) -> bool:
    """Whether a column or path is by its name nobody's business."""
    return bool(_SECRET.search(path))


def shown(row: Mapping[str, Cell]) -> str:
    """Show a row as evidence: escaped, and without what is secret by its name."""
    cells = (f"{path}={_shown(path, cell)}" for path, cell in row.items())
    text = redact(", ".join(cells), ())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}{CUT}"


def _shown(path: str, cell: Cell) -> str:
    if is_secret(path):
        return CUT
    return visible(json.dumps(_digest(cell), ensure_ascii=False))


def _flat(path: str, value: object) -> Iterator[tuple[str, Cell]]:
    value = _read_json(value) if isinstance(value, str) else value
    match value:
        case dict() if value:
            for key, one in value.items():
                yield from _flat(f"{path}.{key}", one)
        case list() | tuple() if value:
            for place, one in enumerate(value):
                yield from _flat(f"{path}.{place}", one)
        case dict() | list() | tuple():
            yield path, json.dumps(value)
        case _:
            yield path, _plain(value)


def _read_json(text: str) -> object:
    """Read a text that is a JSON object or array; else give it as it is."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _plain(value: object) -> Cell:
    match value:
        case int():
            return int(value)
        case float() | Decimal():
            return _number(value)
        case bytes() | memoryview():
            return _text(bytes(value))
        case _:
            return None if value is None else str(value)


def _number(value: float | Decimal) -> Cell:
    if not math.isfinite(value):
        return str(value)
    return int(value) if value == int(value) else float(value)


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.hex()


def _digest(cell: Cell) -> Cell:
    if not isinstance(cell, str) or len(cell) <= _LONGEST:
        return cell
    digest = hashlib.sha256(cell.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{cell[:20]}{CUT} ({len(cell)} characters, sha256 {digest})"


def numbers_in(rows: Sequence[Row]) -> dict[str, float]:
    """Give the sum of each column that has nothing but numbers."""
    sums: dict[str, float] = {}
    others = {p for row in rows for p, cell in row.items() if isinstance(cell, str)}
    for row in rows:
        for path, cell in row.items():
            if path not in others and isinstance(cell, int | float):
                sums[path] = sums.get(path, 0) + cell
    return sums
