"""`broker.declare`: queues, exchanges and bindings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers.connections import Connections


class Declaring:
    """Declares over the rig's own channel, unless another is given. `arguments` are those of pika's methods."""

    def __init__(self, connections: Connections) -> None:
        """Declare nothing yet."""
        self._connections = connections

    def queue(self, name: str = "", **arguments: Any) -> str:
        """Declare a durable queue (unless told otherwise) and give its name; the broker names it where we do not."""
        given = {"durable": True} | arguments
        return str(self._connections.confirmed.queue_declare(name, **given).method.queue)

    def exclusive_queue(self, channel: BlockingChannel, **arguments: Any) -> str:
        """Declare a queue that belongs to the channel's connection, and give the name that the broker chose."""
        declared = channel.queue_declare("", exclusive=True, **arguments)
        return str(declared.method.queue)

    def exchange(self, name: str, kind: str, **arguments: Any) -> str:
        """Declare a durable exchange (unless told otherwise) and give its name."""
        given = {"durable": True} | arguments
        self._connections.confirmed.exchange_declare(name, kind, **given)
        return name

    def binding(self, queue: str, exchange: str, *keys: str, **arguments: Any) -> None:
        """Bind a queue to an exchange by each of the keys, or by the empty one."""
        for key in keys or ("",):
            self._connections.confirmed.queue_bind(queue, exchange, key, **arguments)
