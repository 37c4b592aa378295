"""Files as effects: those whose names have the id of a message, and JSON lines that have it.

What of their JSON was the same in all clean runs is compared, as in rows (decision 210).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warren.learning.columns import chosen, ignored, key_of, paths_of
from warren.workloads.own import PathEffect, documents
from warren.workloads.own.cells import has_id, marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from warren.learning.changes import Tried
    from warren.learning.columns import Group
    from warren.learning.row_effects import NotOurs


@dataclass(frozen=True, slots=True)
class FoundFile:
    """An effect, what was seen of it, and what is odd about it ("" for nothing)."""

    effect: PathEffect
    words: str
    remark: str = ""


def own_file(path: str, tried: Sequence[Tried], not_ours: NotOurs) -> FoundFile:
    """Give the effect that a file is, whose name has the id of its message, by what is in it where that is JSON."""
    groups = [_group(t, next(p for p in t.changes.files if t.marked(p) == path)) for t in tried]
    plain = FoundFile(PathEffect(path), f"the file {path}")
    known = [group for group in groups if group is not None]
    if len(known) < len(groups):
        return plain
    counts = sorted({len(group) for group in known})
    if len(counts) > 1:
        said = " or ".join(map(str, counts))
        words = f"{path} got {said} lines for one message in clean runs, so what is in it is not compared"
        return FoundFile(plain.effect, plain.words, words)
    return _compared(path, None, known, not_ours, f"the file {path}, with what is in it")


def shared_files(tried: Sequence[Tried], not_ours: NotOurs) -> Iterator[FoundFile]:
    """Give the effects that lines of JSON are, in files that messages share: as many of each, known by its id."""
    first, *others = [t.changes.files for t in tried]
    for path in (p for p in first if all(p in files for files in others)):
        groups = [_group(t, path) for t in tried]
        known = [tuple(r for r in g if any(map(has_id, r.values()))) for g in groups if g]
        key = key_of(known) if len(known) == len(groups) else None
        if key is None:
            continue
        own = [tuple(row for row in group if has_id(row.get(key))) for group in known]
        if len({len(group) for group in own}) == 1:
            number = "one line" if len(own[0]) == 1 else f"{len(own[0])} lines"
            words = f"{number} of the file {path}, whose {key} has the id"
            yield _compared(path, key, own, not_ours, words)


def _compared(
    path: str, key: str | None, groups: Sequence[Group], not_ours: NotOurs, words: str
) -> FoundFile:
    kept = chosen(groups, key, lambda one, cells: not_ours.is_made(path, one, cells))
    rows = [{one: row.get(one) for one in kept} for row in groups[0]] if kept else []
    left_out = ignored(paths_of(groups), kept)
    if left_out:
        words += f"; {', '.join(left_out)} can differ, and will be ignored"
    return FoundFile(PathEffect.of(path, key or "", rows, left_out), words)


def _group(tried: Tried, path: str) -> Group | None:
    """Give what stands in a file that is JSON, with the places of the message's id; None for any other file."""
    rows = documents(tried.changes.files[path])
    whole = [marked(row, tried.id) for row in rows if row is not None]
    return tuple(whole) if len(whole) == len(rows) else None
