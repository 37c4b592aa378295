"""Defects of a consumer that works on several messages at once: whether it does, and for how long."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery


class WorksAtOnce(Consumer):
    """Works on all messages that it holds at once; with a bound, as hardened does, on one after the other."""

    def work(self) -> None:
        """Leave each delivery to a thread of its own; what was begun before a stop is finished."""
        if self.settings.max_messages:
            super().work()
            return
        with ThreadPoolExecutor(self.settings.prefetch) as threads:
            while (delivery := self._deliveries.get()) is not None and not self.stop.requested:
                threads.submit(self.work_on, delivery)

    def work_on(self, delivery: Delivery) -> None:
        """Execute what can still be settled."""
        if delivery.channel.is_open:
            self.execute(delivery)


class LocksItsWork(WorksAtOnce):
    """Has a thread for each message, and one lock around the work of all."""

    def __init__(self, *pieces: Any) -> None:
        """Make the lock."""
        super().__init__(*pieces)
        self.lock = threading.Lock()

    def work_on(self, delivery: Delivery) -> None:
        """Wait for the others."""
        with self.lock:
            super().work_on(delivery)


class LosesConcurrency(LocksItsWork):
    """Works on several messages at once on its first connection, and one after the other on later ones."""

    _first: BlockingChannel | None = None

    def start(self, channel: BlockingChannel) -> None:
        """Note the first channel."""
        self._first = self._first or channel
        super().start(channel)

    def work_on(self, delivery: Delivery) -> None:
        """Wait for the others on later channels."""
        if delivery.channel is self._first:
            super(LocksItsWork, self).work_on(delivery)
        else:
            super().work_on(delivery)
