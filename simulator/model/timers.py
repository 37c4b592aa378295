"""Deadlines by key: what is due next, in O(log n). What happens then is the queue's business."""

from collections.abc import Hashable, Iterator
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Timers(Generic[K]):
    """At most one deadline per key.

    `next` is never later than the earliest of them; it may be earlier.
    """

    __slots__ = ("_deadlines", "_heap", "_order", "next")

    def __init__(self) -> None:
        """Begin with none."""
        self.next = inf
        self._deadlines: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._order = count()

    def set(self, key: K, deadline: float) -> None:
        """Make `deadline` the one deadline of `key`."""
        if self._deadlines.get(key) == deadline:
            return
        self._deadlines[key] = deadline
        heappush(self._heap, (deadline, next(self._order), key))
        self.next = self._heap[0][0]

    def cancel(self, key: K) -> None:
        """Forget the deadline of `key`, if it has one."""
        self._deadlines.pop(key, None)

    def due(self, now: float) -> Iterator[K]:
        """Yield every key whose deadline has come, earliest first, and forget its deadline."""
        while self._peek() <= now:
            key = heappop(self._heap)[2]
            del self._deadlines[key]
            yield key

    def next_deadline(self) -> float | None:
        """Return the earliest deadline, None when there is none."""
        deadline = self._peek()
        return None if deadline == inf else deadline

    def _peek(self) -> float:
        heap = self._heap
        while heap and self._deadlines.get(heap[0][2]) != heap[0][0]:
            heappop(heap)
        self.next = heap[0][0] if heap else inf
        return self.next
