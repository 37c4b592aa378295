"""The ready messages of one quorum queue, in order: what came back first, then by priority.

How many levels of priority there are, and how they take turns, is the release's.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.simulator.model.message import Message
    from warren.simulator.model.ready import Enqueued

Levels = Literal[1, 2, 32]
TWO_LEVELS: Levels = 2
DEFAULT_PRIORITY = 4
HIGH_IN_A_ROW = 2
"""Of two levels, so many messages may come from the high one before a low one that is older."""


def level_of(message: Message, levels: Levels) -> int:
    """Return the level that a message's priority stands for, the lowest being 0."""
    priority = message.properties.priority
    if priority is None:
        priority = DEFAULT_PRIORITY
    if levels == TWO_LEVELS:
        return int(priority > DEFAULT_PRIORITY)
    return min(priority, levels - 1)


class QuorumReady:
    """A queue for what was returned, which has no priority any more, and one for each level."""

    __slots__ = ("_count", "_fresh", "_levels", "_returned", "_turn")

    def __init__(self, levels: Levels) -> None:
        """Begin empty."""
        self._levels = levels
        self._returned: deque[Enqueued] = deque()
        self._fresh: dict[int, deque[Enqueued]] = {}  # by level, highest first, none of them empty
        self._count = 0
        self._turn = 0

    def __len__(self) -> int:
        """Count the messages."""
        return self._count

    def __bool__(self) -> bool:
        """Tell whether there is a message."""
        return self._count > 0

    def __iter__(self) -> Iterator[Enqueued]:
        """Iterate: what was returned, then level by level."""
        yield from self._returned
        for lane in self._fresh.values():
            yield from lane

    def push(self, enqueued: Enqueued) -> None:
        """Add a new message at the tail of its level."""
        self.push_at(enqueued, level_of(enqueued.message, self._levels))

    def push_default(self, enqueued: Enqueued) -> None:
        """Add a message at the tail of the level of those without a priority."""
        self.push_at(
            enqueued, 0 if self._levels == TWO_LEVELS else min(DEFAULT_PRIORITY, self._levels - 1)
        )

    def push_at(self, enqueued: Enqueued, level: int) -> None:
        """Add a message at the tail of `level`."""
        lane = self._fresh.get(level)
        if lane is None:
            self._fresh[level] = lane = deque()
            if len(self._fresh) > 1:
                self._fresh = dict(sorted(self._fresh.items(), reverse=True))
        lane.append(enqueued)
        self._count += 1

    def put_back(self, enqueued: Enqueued) -> None:
        """Add a message behind those that came back before."""
        self._returned.append(enqueued)
        self._count += 1

    def pop(self) -> Enqueued:
        """Take the first message; there is one."""
        self._count -= 1
        if self._returned:
            return self._returned.popleft()
        level = self._next_level()
        self._turn = (self._turn + 1) % (HIGH_IN_A_ROW + 1)
        return self._pop_from(level)

    def pop_expired(self, now: float, *, behind_others: bool) -> Iterator[Enqueued]:
        """Take messages while one that comes next has expired.

        With `behind_others` each level has its own next one, and so has what was returned;
        otherwise only one message of them all comes next.
        """
        if not behind_others:
            while self._count and _is_over(self._head(), now):
                yield self.pop()
            return
        while self._returned and _is_over(self._returned[0], now):
            self._count -= 1
            yield self._returned.popleft()
        for level in [*self._fresh]:
            while level in self._fresh and _is_over(self._fresh[level][0], now):
                self._count -= 1
                yield self._pop_from(level)

    def next_expiry(self, *, behind_others: bool) -> float | None:
        """Return when the first of those that come next expires; None when none of them does."""
        if not self._count:
            return None
        lanes = (self._returned, *self._fresh.values())
        heads = [lane[0] for lane in lanes if lane] if behind_others else [self._head()]
        return min((head.expires_at for head in heads if head.expires_at is not None), default=None)

    def clear(self) -> None:
        """Drop them all."""
        self._returned.clear()
        self._fresh.clear()
        self._count = 0

    def _head(self) -> Enqueued:
        return self._returned[0] if self._returned else self._fresh[self._next_level()][0]

    def _next_level(self) -> int:
        highest, *lower = self._fresh
        if self._levels == TWO_LEVELS and lower and self._turn == HIGH_IN_A_ROW:
            return min(self._fresh, key=lambda level: self._fresh[level][0].position)
        return highest

    def _pop_from(self, level: int) -> Enqueued:
        lane = self._fresh[level]
        enqueued = lane.popleft()
        if not lane:
            del self._fresh[level]
        return enqueued


def _is_over(enqueued: Enqueued, now: float) -> bool:
    return enqueued.expires_at is not None and enqueued.expires_at <= now
