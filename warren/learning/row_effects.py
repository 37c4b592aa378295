"""Rows as effects: which rows follow from a message, by its id or by their number, and what of them can be compared.

That is what was the same in all clean runs (decision 210).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warren.evidence.text import redact
from warren.learning.columns import chosen, ignored, key_of, paths_of
from warren.workloads.own import ROWS, TableEffect, TotalEffect
from warren.workloads.own.cells import has_id, marked, rows_of
from warren.workloads.own.table_effects import alike, growth

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from warren.learning.clean_run import CleanRun
    from warren.learning.columns import Group
    from warren.workloads.own.cells import Cell, Row

_DAY = 86400.0
_NEXT = 'name what it owes: sql = "SELECT count(*) FROM … WHERE … = :id"'


@dataclass(frozen=True, slots=True)
class NotOurs:
    """What cannot be compared whatever was seen: columns that the database fills, texts of this day and machine.

    Nor are URLs with a password, which would stand in the manifest.
    """

    generated: Mapping[str, frozenset[str]] = field(default_factory=dict)
    passing: frozenset[str] = frozenset()
    now: float = 0.0
    """Seconds since the epoch; 0 where times are not known by it."""

    def is_made(self, table: str, path: str, cells: Collection[Cell]) -> bool:
        """Whether a path, with such cells in it, is one."""
        is_generated = path.partition(".")[0] in self.generated.get(table, ())
        return is_generated or any(map(self._is_passing, cells))

    def _is_passing(self, cell: Cell) -> bool:
        if isinstance(cell, int | float) and self.now:
            return any(abs(cell / unit - self.now) < _DAY for unit in (1, 1e3, 1e6, 1e9))
        text = str(cell)
        return any(one in text for one in self.passing) or redact(text, ()) != text


NOBODYS = NotOurs()


def row_effect(
    table: str, runs: Sequence[CleanRun], not_ours: NotOurs
) -> tuple[TableEffect | TotalEffect, str] | str:
    """Give the effect, and what was seen of it; else a sentence on why there is none to be compared."""
    new = [[*_new_rows(run, table)] for run in runs]
    by_message = [
        tuple(marked(row, new_id) for row in rows)
        for run, rows in zip(runs, new, strict=True)
        for new_id in run.ids
    ]
    key = key_of([tuple(r for r in rows if any(map(has_id, r.values()))) for rows in by_message])
    if key is None:
        return _total(table, runs, not_ours)
    return _by_id(table, key, [tuple(r for r in g if has_id(r[key])) for g in by_message], not_ours)


def _by_id(
    table: str, key: str, groups: Sequence[Group], not_ours: NotOurs
) -> tuple[TableEffect, str] | str:
    counts = sorted({len(group) for group in groups})
    if len(counts) > 1:
        return f"{table} got {_or(counts)} rows for one message in clean runs, so it is not comparable: {_NEXT}"
    kept = chosen(groups, key, lambda path, cells: not_ours.is_made(table, path, cells))
    rows = [{path: row.get(path) for path in kept} for row in groups[0]]
    left_out = ignored(paths_of(groups), kept)
    number = "one row" if counts == [1] else f"{counts[0]} rows"
    words = f"{number} of {table}, whose {key} has the id"
    if left_out:
        words += f"; {', '.join(left_out)} can differ, and will be ignored"
    return TableEffect.of(table, key, rows, left_out), words


def _total(
    table: str, runs: Sequence[CleanRun], not_ours: NotOurs
) -> tuple[TotalEffect, str] | str:
    """Find what grows by the same with each message."""
    steps = [
        (
            later.done - first.done,
            growth(first.outside.tables.get(table), later.outside.tables.get(table)),
        )
        for run in runs
        for first, later in ((run.moments[0], later) for later in run.moments[1:])
    ]
    new = [row for run in runs for row in _new_rows(run, table)]
    names = list(dict.fromkeys(name for _, grown in steps for name in grown))
    each = {name: [grown.get(name, 0) / times for times, grown in steps] for name in names}
    adds = {
        name: _whole(found[0])
        for name, found in each.items()
        if all(alike(one, found[0]) for one in found)
        and found[0]
        and not not_ours.is_made(table, name, {row.get(name) for row in new})
    }
    if not adds:
        counts = sorted({grown.get(ROWS, 0) for _, grown in steps})
        return (
            f"{table} changed, and got {_or(counts)} rows without an id in clean runs, so it is not"
            f" comparable: {_NEXT}"
        )
    left_out = tuple(name for name in names if name not in adds and name != ROWS)
    parts = [_part(name, value) for name, value in adds.items()]
    words = f"{' and '.join(parts)} in {table}, without its id: how many have left it is known, and not which"
    return TotalEffect(table, tuple(adds.items()), left_out), words


def _part(name: str, value: float) -> str:
    if name == ROWS:
        return "one more row" if value == 1 else f"{value:+g} rows"
    return f"a sum of {name} that has changed by {value:+g}"


def _whole(value: float) -> float:
    return round(value) if alike(value, round(value)) else value


def _new_rows(run: CleanRun, table: str) -> list[Row]:
    found = run.changes.tables.get(table)
    return rows_of(found) if found else []


def _or(counts: Sequence[float]) -> str:
    return " or ".join(f"{count:g}" for count in counts)
