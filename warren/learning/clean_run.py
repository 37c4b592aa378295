"""A clean run: messages that were sent to a consumer with nobody in its way, and what there was before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warren.learning.changes import Outside, Tried, changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.learning.changes import Changes


@dataclass(frozen=True, slots=True)
class Moment:
    """What there was outside when so many of the messages were done."""

    done: int
    outside: Outside


@dataclass(frozen=True, slots=True)
class CleanRun:
    """One run: the ids of its messages, and its moments, from before the first message to after the last."""

    words: str
    ids: Sequence[str]
    moments: Sequence[Moment]

    @property
    def changes(self) -> Changes:
        """What has come of all messages."""
        return changes(self.moments[0].outside, self.moments[-1].outside)

    @property
    def tried(self) -> tuple[Tried, ...]:
        """Give each message with what has come of all: what is its own has its id."""
        found = self.changes
        return tuple(Tried(new_id, found) for new_id in self.ids)
