"""The ready messages of one classic queue, in order. Who gets them is decided in `queue`.

A lane keeps messages in the order they came. A message that comes back from a consumer returns to
its old place: the returned ones wait in a heap by position and are merged with the others when
taken, so that a requeue costs O(log n).
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.simulator.model.consumer import Consumer
    from warren.simulator.model.message import Message
    from warren.simulator.model.queue import Queue


class Enqueued:
    """One message's place in one queue, ready or unacknowledged.

    `position` is its turn in the queue, and never changes. `expires_at` is a time or None. `consumer` has
    it while it is unacknowledged; None then means that basic.get took it, with the delivery tag
    `got_as`. It is to be settled until `due`, None for ever; `is_late` when it was not, and its message
    has gone back without it. `shows_zero` where clients are to see that it never came back. `failures` counts the
    deliveries that failed (see `Semantics.counts_failed_deliveries`), `acquired` all that came back;
    None where none did. `kept_as` is a number that whoever keeps it knows it by, 0 where nobody does.
    """

    __slots__ = (
        "acquired",
        "consumer",
        "due",
        "expires_at",
        "failures",
        "got_as",
        "is_late",
        "kept_as",
        "message",
        "position",
        "queue",
        "redelivered",
        "shows_zero",
    )

    def __init__(
        self, queue: Queue, message: Message, position: int, expires_at: float | None
    ) -> None:
        """Put `message` at `position` of `queue`."""
        self.queue = queue
        self.message = message
        self.position = position
        self.expires_at = expires_at
        self.redelivered = False
        self.failures = message.failures
        self.acquired: int | None = None
        self.consumer: Consumer | None = None
        self.got_as = 0
        self.due: float | None = None
        self.is_late = False
        self.shows_zero = False
        self.kept_as = 0


class Ready(Protocol):
    """The ready messages of a queue, in the order in which they are delivered."""

    def __len__(self) -> int:
        """Count them."""

    def __bool__(self) -> bool:
        """Tell whether there is one."""

    def __iter__(self) -> Iterator[Enqueued]:
        """Iterate in order, for inspection."""

    def push(self, enqueued: Enqueued) -> None:
        """Add a new message."""

    def put_back(self, enqueued: Enqueued) -> None:
        """Take back a message that was delivered."""

    def pop(self) -> Enqueued:
        """Take the first message; there is one."""

    def clear(self) -> None:
        """Drop them all."""


def priority_in(max_priority: int | None, enqueued: Enqueued) -> int:
    """Return a message's priority in a queue that has `max_priority` of them; 0 in one without priorities."""
    return min(enqueued.message.properties.priority or 0, max_priority or 0)


class Lane:
    """Ready messages of one priority."""

    __slots__ = ("_fresh", "_returned")

    def __init__(self) -> None:
        """Begin empty."""
        self._fresh: deque[Enqueued] = deque()
        self._returned: list[tuple[int, Enqueued]] = []

    def __len__(self) -> int:
        """Count the messages."""
        return len(self._fresh) + len(self._returned)

    def __bool__(self) -> bool:
        """Tell whether there is a message."""
        return bool(self._fresh or self._returned)

    def __iter__(self) -> Iterator[Enqueued]:
        """Iterate in order; O(n log n), for inspection."""
        yield from sorted(
            (*self._fresh, *(item for _, item in self._returned)), key=lambda e: e.position
        )

    def push(self, enqueued: Enqueued) -> None:
        """Add a new message at the tail."""
        self._fresh.append(enqueued)

    def put_back(self, enqueued: Enqueued) -> None:
        """Return a message to its old place."""
        heappush(self._returned, (enqueued.position, enqueued))

    def head(self) -> Enqueued:
        """Return the first message; there is one."""
        return self._returned[0][1] if self._returned_first() else self._fresh[0]

    def pop(self) -> Enqueued:
        """Take the first message; there is one."""
        if self._returned and self._returned_first():
            return heappop(self._returned)[1]
        return self._fresh.popleft()

    def clear(self) -> None:
        """Drop them all."""
        self._fresh.clear()
        self._returned.clear()

    def _returned_first(self) -> bool:
        returned, fresh = self._returned, self._fresh
        return bool(returned) and (not fresh or returned[0][0] < fresh[0].position)


class Priorities:
    """Ready messages of a queue with x-max-priority: a lane for each, the highest first."""

    __slots__ = ("_count", "_lanes", "_occupied", "max_priority")

    def __init__(self, max_priority: int) -> None:
        """Begin empty; a higher priority counts as `max_priority`."""
        self.max_priority = max_priority
        self._lanes: dict[int, Lane] = {}
        # Bit n is set when lane n is not empty: the highest one is found in O(1).
        self._occupied = 0
        self._count = 0

    def __len__(self) -> int:
        """Count the messages."""
        return self._count

    def __bool__(self) -> bool:
        """Tell whether there is a message."""
        return self._occupied != 0

    def __iter__(self) -> Iterator[Enqueued]:
        """Iterate in order, for inspection."""
        for priority in sorted(self._lanes, reverse=True):
            yield from self._lanes[priority]

    def push(self, enqueued: Enqueued) -> None:
        """Add a new message at the tail of its priority."""
        self._lane_of(enqueued).push(enqueued)

    def put_back(self, enqueued: Enqueued) -> None:
        """Return a message to its old place in its priority."""
        self._lane_of(enqueued).put_back(enqueued)

    def head(self) -> Enqueued:
        """Return the first message of the highest priority; there is one."""
        return self._lanes[self._occupied.bit_length() - 1].head()

    def pop(self) -> Enqueued:
        """Take the first message of the highest priority; there is one."""
        priority = self._occupied.bit_length() - 1
        lane = self._lanes[priority]
        enqueued = lane.pop()
        self._count -= 1
        if not lane:
            self._occupied ^= 1 << priority
        return enqueued

    def clear(self) -> None:
        """Drop them all."""
        self._lanes.clear()
        self._occupied = self._count = 0

    def _lane_of(self, enqueued: Enqueued) -> Lane:
        priority = priority_in(self.max_priority, enqueued)
        self._occupied |= 1 << priority
        self._count += 1
        return self._lanes.setdefault(priority, Lane())
