"""Dead letters that stay with their queue until every queue that they go to has taken them.

What cannot be sent, or is refused, is tried again by the clock. Only so many are on their way at once;
the others wait behind them, also behind one that never arrives.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError
from warren.simulator.model.changes import Place
from warren.simulator.model.dead_letter import bury, targets_of, work_of
from warren.simulator.model.queue_timer import QueueTimer
from warren.simulator.model.tally import Tally

if TYPE_CHECKING:
    from warren.simulator.model.dead_letter import Reason
    from warren.simulator.model.message import Message
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.ready import Enqueued

RETRY_SECONDS = 180.0
"""RabbitMQ's own dead_letter_worker_publisher_confirm_timeout."""
AT_ONCE = 32
"""RabbitMQ's own dead_letter_worker_consumer_prefetch."""


class KeptDeadLetters:
    """The dead letters of one queue. `tally` counts them; `publishes_to` is as that of a channel."""

    __slots__ = ("_queue", "_under_way", "_waiting", "publishes_to", "tally")

    def __init__(self, queue: Queue) -> None:
        """Begin without any."""
        self._queue = queue
        self._waiting: deque[KeptDeadLetter] = deque()
        self._under_way: dict[KeptDeadLetter, None] = {}
        self.publishes_to: dict[Queue, int] = {}
        self.tally = Tally()

    def add(self, enqueued: Enqueued, reason: Reason) -> None:
        """Keep a message that has died now."""
        self._waiting.append(KeptDeadLetter(self, self._queue, enqueued, reason))
        self.tally.add(enqueued.message)
        self._begin()

    def retry(self, *, all_of_them: bool = False) -> None:
        """Send again what was never sent, or was refused long ago, and look again after a while."""
        since = self._queue.state.now - RETRY_SECONDS
        for letter in self._under_way:
            if all_of_them or letter.sent_at is None or letter.sent_at <= since:
                self._queue.state.onward.append(letter)

    def retry_in_time(self) -> None:
        """Retry, and look again after a while."""
        self.retry()
        self._await_retry()

    def _await_retry(self) -> None:
        if self._under_way:
            state = self._queue.state
            state.timers.set((QueueTimer.DEAD_LETTERS, self._queue), state.now + RETRY_SECONDS)

    def begin_again(self) -> None:
        """Forget what has arrived where, as the queue begins anew."""
        for letter in self._under_way:
            letter.arrived.clear()
        self.publishes_to.clear()
        self.retry(all_of_them=True)

    def is_under_way(self, letter: KeptDeadLetter) -> bool:
        """Tell whether this is still to be sent."""
        return letter in self._under_way

    def done(self, letter: KeptDeadLetter) -> None:
        """Keep a letter no more: it has arrived. The next one goes on its way."""
        del self._under_way[letter]
        self._queue.note(letter.enqueued, Place.GONE)
        if letter.counts:
            self.tally.remove(letter.enqueued.message)
            self._queue.keep_limits()
        self._begin()
        if not self._under_way:
            self._queue.state.timers.cancel((QueueTimer.DEAD_LETTERS, self._queue))

    def purge(self) -> int:
        """Count no letter any more, and drop those that wait; return how many there were."""
        count = self.tally.count
        self._queue.forget([letter.enqueued for letter in self._waiting])
        self._waiting.clear()
        for letter in self._under_way:
            letter.counts = False
        self.tally.clear()
        return count

    def clear(self) -> None:
        """Drop them all."""
        self._queue.forget([each.enqueued for each in (*self._under_way, *self._waiting)])
        self._under_way.clear()
        self._waiting.clear()
        self.tally.clear()
        self._queue.state.timers.cancel((QueueTimer.DEAD_LETTERS, self._queue))

    def _begin(self) -> None:
        was_idle = not self._under_way
        while self._waiting and len(self._under_way) < AT_ONCE:
            letter = self._waiting.popleft()
            self._under_way[letter] = None
            self._queue.state.onward.append(letter)
        if was_idle:
            self._await_retry()


class KeptDeadLetter:
    """One of them. It has `arrived` at some queues; it was `sent_at` a time, None when there was nowhere to send it."""

    __slots__ = (
        "_died_at",
        "_kept",
        "_queue",
        "_reason",
        "arrived",
        "counts",
        "enqueued",
        "sent_at",
    )

    def __init__(
        self, kept: KeptDeadLetters, queue: Queue, enqueued: Enqueued, reason: Reason
    ) -> None:
        """Begin to keep it."""
        self.enqueued = enqueued
        self.arrived: set[Queue] = set()
        self.sent_at: float | None = None
        self.counts = True
        self._kept = kept
        self._queue = queue
        self._reason = reason
        self._died_at = queue.state.now

    def send(self) -> int:
        """Send it to the queues that do not have it yet; return how much work that was."""
        name = self._queue.policy.dead_letter_exchange
        if name is None or not self._kept.is_under_way(self):
            return 1
        exchange = self._queue.vhost.exchanges.get(name)
        message = bury(self._queue, self.enqueued, self._reason, name, self._died_at)
        targets = [] if exchange is None else targets_of(exchange, message, self._reason)
        missing = [each for each in targets if each not in self.arrived]
        if missing:
            self.sent_at = self._queue.state.now
        self.arrived.update([each for each in missing if self._takes(each, message)])
        if self.arrived.issuperset(targets) and self.arrived:
            self._kept.done(self)
        return work_of(message, targets)

    def lay_aside(self) -> None:
        """Do nothing: it stays where it is."""

    def _takes(self, target: Queue, message: Message) -> bool:
        try:
            return target.enqueue(message, self._kept)
        except AmqpError:  # a stream cannot write it
            return False
