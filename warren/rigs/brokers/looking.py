"""`broker.look`: what is on the broker now. Waiting for it to become so is `broker.wait`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pika.exceptions import ChannelClosedByBroker

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.rigs.brokers.connections import Connections
    from warren.worlds.real import Place
    from warren.worlds.real.brokers import QueueState

_NOT_FOUND = 404


class Looking:
    """Looks by a passive declare over the rig's own channel, or by the management API."""

    def __init__(self, connections: Connections, place: Place) -> None:
        """Look at the vhost of `place`."""
        self._connections, self._place = connections, place

    def ready(self, queue: str) -> int:
        """Count the messages that are ready, by a passive declare."""
        declared = self._connections.confirmed.queue_declare(queue, passive=True)
        return int(declared.method.message_count)

    def state(self, queue: str) -> QueueState:
        """Give a queue's counts by the management API."""
        state = self._place.management.queue(self._place.vhost, queue)
        assert state is not None, f"the management API knows no queue {queue}"
        return state

    def queues(self) -> set[str]:
        """Give the names of all queues by the management API, also of those exclusive to another connection."""
        return {state.name for state in self._place.management.queues(self._place.vhost)}

    def has_queue(self, name: str) -> bool:
        """Whether there is such a queue, by a passive declare."""
        return _is_found(lambda: self.ready(name))

    def has_exchange(self, name: str) -> bool:
        """Whether there is such an exchange, by a passive declare."""
        return _is_found(lambda: self._connections.confirmed.exchange_declare(name, passive=True))


def _is_found(declare: Callable[[], object]) -> bool:
    try:
        declare()
    except ChannelClosedByBroker as refusal:
        if refusal.reply_code != _NOT_FOUND:
            raise
        return False
    return True
