"""A clean run: messages that were sent to a consumer with nobody in its way, and what there was before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warren.learning.changes import Outside, Tried, changes
from warren.workloads.own.cells import rows_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from warren.learning.changes import Changes


def left_by(ids: Sequence[str], found: Changes) -> dict[str, tuple[int, ...]]:
    """Say how much there is with the id of each message: rows of each table, files, calls, publishes."""
    tried = [Tried(new_id, found) for new_id in ids]
    counts = {
        f"table {name}": tuple(sum(map(t.is_in_row, rows_of(table))) for t in tried)
        for name, table in found.tables.items()
    }
    counts["files"] = tuple(sum(map(t.is_in, found.files)) for t in tried)
    counts["calls"] = tuple(len(t.calls) for t in tried)
    counts["publishes"] = tuple(len(t.publishes) for t in tried)
    return {what: each for what, each in counts.items() if any(each)}


def is_even(left: Mapping[str, Sequence[int]], wanted: Collection[str] = ()) -> bool:
    """Whether each message has left as much as the others, of all that is wanted: else more may come."""
    return {*wanted} <= {*left} and all(len({*each}) == 1 for each in left.values())


@dataclass(frozen=True, slots=True)
class Moment:
    """What there was outside when so many of the messages were done."""

    done: int
    outside: Outside


@dataclass(frozen=True, slots=True)
class CleanRun:
    """One run: the ids of its messages, and its moments, from before the first message to after the last."""

    ids: Sequence[str]
    moments: Sequence[Moment]

    @property
    def changes(self) -> Changes:
        """What has come of all messages."""
        return changes(self.moments[0].outside, self.moments[-1].outside)

    @property
    def left(self) -> tuple[str, ...]:
        """Say what the messages have left that has their ids."""
        return tuple(left_by(self.ids, self.changes))

    @property
    def tried(self) -> tuple[Tried, ...]:
        """Give each message with what has come of all: what is its own has its id."""
        found = self.changes
        return tuple(Tried(new_id, found) for new_id in self.ids)
