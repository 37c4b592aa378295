"""Which columns of rows are the same in all clean runs, and so can be compared; what else there is has to be ignored.

A group is the rows that one message left in one run, with the places of ids in them (`cells.marked`). Groups may have
several rows, in any order.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from warren.workloads.own.cells import has_id, is_secret, is_under
from warren.workloads.own.message import ID, NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from warren.workloads.own.cells import Cell, Row

Group = tuple["Row", ...]


def paths_of(groups: Sequence[Group]) -> list[str]:
    """Give all paths of all rows, as they come."""
    return list(dict.fromkeys(path for group in groups for row in group for path in row))


def key_of(groups: Sequence[Group]) -> str | None:
    """Give the path that has the id in some row of each group: one that is the id before one that has it within.

    None where there is none.
    """
    found = [
        (rank, place, path)
        for place, path in enumerate(paths_of(groups))
        if (rank := _rank(groups, path)) is not None
    ]
    return min(found)[2] if found else None


def _rank(groups: Sequence[Group], path: str) -> tuple[bool, bool] | None:
    texts = [[str(r[path]) for r in group if has_id(r.get(path))] for group in groups]
    if not all(texts) or len({frozenset(t) for t in texts}) != 1:
        return None
    is_within = any(text not in (ID, NUMBER) for text in texts[0])
    return is_within, "." in path


def chosen(
    groups: Sequence[Group],
    key: str | None,
    is_made: Callable[[str, Collection[Cell]], bool] = lambda _path, _cells: False,
) -> list[str]:
    """Give the paths that are alike in all groups, one by one and together.

    The `key`, if there is one, is alike by what it is. `is_made` says what cannot be compared whatever was seen: keys
    that the database counts, the day of the run.
    """
    kept = [] if key is None else [key]
    for path in paths_of(groups):
        if path == key or is_secret(path):
            continue
        cells = {row.get(path) for group in groups for row in group}
        if any(map(has_id, cells)) or not is_made(path, cells):
            together = [*kept, path]
            kept = together if _are_alike(groups, together) else kept
    return kept


def _are_alike(groups: Sequence[Group], paths: Sequence[str]) -> bool:
    """Whether the rows of all groups are the same multiset by these paths.

    Where this holds for a set of paths it does for each of them; a column that pairs differently is found so.
    """
    first, *others = [
        Counter(tuple(row.get(p) for p in paths) for row in group) for group in groups
    ]
    return all(other == first for other in others)


def ignored(paths: Sequence[str], kept: Collection[str]) -> tuple[str, ...]:
    """Name all others, those of one column or object together where none of its paths is kept."""
    named: list[str] = []
    for path in paths:
        if path in kept or is_under(path, named):
            continue
        parts = path.split(".")
        above = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        named.append(next(a for a in above if not any(is_under(k, [a]) for k in kept)))
    return tuple(named)
