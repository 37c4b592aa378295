"""Deadlines by key: what is due next, in O(log n). What happens then is up to whoever set them."""

from collections.abc import Hashable, Iterator
from heapq import heapify, heappop, heappush
from itertools import count
from math import inf
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Timers(Generic[K]):
    """At most one deadline per key.

    `next` is never later than the earliest deadline; it may be earlier. A deadline that was replaced
    or cancelled stays in the heap until its time comes, or until more than half of the heap are
    such: then they are thrown out. So the heap has at most twice as many entries as there are
    deadlines, and each costs O(1) to throw out.
    """

    __slots__ = ("_entries", "_heap", "_order", "next")

    def __init__(self) -> None:
        """Begin with none."""
        self.next = inf
        self._entries: dict[K, tuple[float, int, K]] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._order = count()

    def set(self, key: K, deadline: float) -> None:
        """Make `deadline` the one deadline of `key`."""
        old = self._entries.get(key)
        if old is not None and old[0] == deadline:
            return
        self._entries[key] = entry = (deadline, next(self._order), key)
        heappush(self._heap, entry)
        self._compact()

    def cancel(self, key: K) -> None:
        """Forget the deadline of `key`, if it has one."""
        if self._entries.pop(key, None) is not None:
            self._compact()

    def due(self, now: float) -> Iterator[K]:
        """Yield every key whose deadline has come, earliest first, and forget its deadline."""
        while self._peek() <= now:
            key = heappop(self._heap)[2]
            del self._entries[key]
            yield key

    def next_deadline(self) -> float | None:
        """Return the earliest deadline, None when there is none."""
        deadline = self._peek()
        return None if deadline == inf else deadline

    def _compact(self) -> None:
        if len(self._heap) > 2 * len(self._entries):
            self._heap = [*self._entries.values()]
            heapify(self._heap)
        self.next = self._heap[0][0] if self._heap else inf

    def _peek(self) -> float:
        heap = self._heap
        while heap and self._entries.get(heap[0][2]) is not heap[0]:
            heappop(heap)
        self.next = heap[0][0] if heap else inf
        return self.next
