"""Messages that came back to a queue and wait before they are delivered again."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from warren.simulator.fact import fact
from warren.simulator.model.queue_timer import QueueTimer
from warren.simulator.model.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.simulator.model.queue import Queue
    from warren.simulator.model.ready import Enqueued


@fact
class DelayedRetry:
    """For which returns a queue waits, and how long: milliseconds.

    The time grows with the failed deliveries, from `least` up to `most`.
    """

    failed: bool
    returned: bool
    least: int
    most: int

    def delay(self, failures: int, *, failed: bool) -> int | None:
        """Return how long a message waits that has `failures` by now, None where it does not wait."""
        waits = self.failed if failed else self.returned
        return min(self.least * max(failures, 1), self.most) if waits else None


class Delayed:
    """Messages by the time at which they are ready; of one time, the oldest first."""

    __slots__ = ("_heap", "_queue", "tally")

    def __init__(self, queue: Queue) -> None:
        """Begin empty; `queue` is told when something is ready."""
        self._queue = queue
        self._heap: list[tuple[float, int, Enqueued]] = []
        self.tally = Tally()

    def add(self, enqueued: Enqueued, delay: int) -> None:
        """Keep a message for so many milliseconds."""
        heappush(self._heap, (self._queue.state.now + delay / 1000, enqueued.position, enqueued))
        self.tally.add(enqueued.message)
        self._await_next()

    def take(self) -> Iterator[Enqueued]:
        """Take what is ready by now."""
        while self._heap and self._heap[0][0] <= self._queue.state.now:
            enqueued = heappop(self._heap)[2]
            self.tally.remove(enqueued.message)
            yield enqueued
        self._await_next()

    def _await_next(self) -> None:
        if self._heap:
            self._queue.state.timers.set((QueueTimer.RETRY, self._queue), self._heap[0][0])

    def __iter__(self) -> Iterator[Enqueued]:
        """Iterate in no order."""
        return (enqueued for _, _, enqueued in self._heap)

    def clear(self) -> None:
        """Drop them all."""
        self._heap.clear()
        self.tally.clear()
