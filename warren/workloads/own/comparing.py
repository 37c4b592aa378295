"""Rows that a message left, held against those of a clean run: as they should be, fewer, more, or others.

Where the rows come from, a table or a file, is `table_effects`'s and `file_effects`'s matter.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from warren.workloads.own.cells import flat, is_under, marked, shown
from warren.workloads.own.found import SHOWN, Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from warren.workloads.own.cells import Cell, Row
    from warren.workloads.own.message import OwnUnit

Cells = tuple[tuple[str, "Cell"], ...]
"""A row that can be counted: its paths in order, without what is NULL."""


def cells_of(row: Mapping[str, Cell], ignore: Sequence[str]) -> Cells:
    """Give a row without what is ignored."""
    kept = (
        (path, cell)
        for path, cell in row.items()
        if cell is not None and not is_under(path, ignore)
    )
    return tuple(sorted(kept))


def expected_of(rows: Iterable[Mapping[str, object]], ignore: Sequence[str]) -> tuple[Cells, ...]:
    """Read the rows of a clean run from a manifest."""
    return tuple(cells_of(flat(row.items()), ignore) for row in rows)


def compared(
    own: Sequence[Row],
    expected: Sequence[Cells],
    ignore: Sequence[str],
    unit: OwnUnit,
    evidence: tuple[str, ...],
) -> Found:
    """Compare the rows of a message with those of a clean run; without such, their number is how often it is there."""
    if not expected or not own:
        return Found(len(own), evidence)
    # Another body leaves other values: of that only how many rows there are is known.
    if not unit.is_usual:
        return Found(len(own) // len(expected), evidence)
    should, found = (
        Counter(expected),
        Counter(cells_of(marked(row, unit.id), ignore) for row in own),
    )
    missing, more = [*(should - found).elements()], [*(found - should).elements()]
    if not missing and not more:
        return Found(1, evidence)
    differences = tuple(_difference(missing, more))
    count, words = _wrong(len(own), len(expected), missing, more)
    words = words if len(own) != len(expected) else f"{words}: {differences[0]}"
    return Found(count, (*differences, *evidence), words=words)


def _wrong(rows: int, due: int, missing: Sequence[Cells], more: Sequence[Cells]) -> tuple[int, str]:
    """Say how often it is there for what it differs, and how it differs."""
    if rows < due:
        return 0, f"has {rows} of {due} rows"
    if rows > due:
        return 2, f"has {rows} rows in place of {due}"
    if _is_greater(missing, more):
        return 2, "has more in it than a clean run leaves"
    return 0, "is not as a clean run leaves it"


def _difference(missing: Sequence[Cells], more: Sequence[Cells]) -> Iterator[str]:
    """Say what differs, cell by cell where one row stands in the place of another."""
    for one, other in zip(missing, more, strict=False):
        was, now = dict(one), dict(other)
        for path in dict.fromkeys((*was, *now)):
            if was.get(path) != now.get(path):
                yield f"in a clean run {shown({path: was.get(path)})}, here {shown({path: now.get(path)})}"
    for one in missing[len(more) :][:SHOWN]:
        yield f"missing: {shown(dict(one))}"
    for one in more[len(missing) :][:SHOWN]:
        yield f"not in a clean run: {shown(dict(one))}"


def _is_greater(missing: Sequence[Cells], more: Sequence[Cells]) -> bool:
    """Whether all that differ are numbers, and greater ones than in a clean run."""
    pairs = [
        (dict(one).get(path), dict(other).get(path))
        for one, other in zip(missing, more, strict=True)
        for path in {**dict(one), **dict(other)}
    ]
    return all(
        isinstance(was, int | float) and isinstance(now, int | float) and now > was
        for was, now in pairs
        if was != now
    )
