"""`broker.open`: further ways to the broker, beside the rig's own connection."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from warren.rigs.brokers.raw_client import RawClient

if TYPE_CHECKING:
    import pika
    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers.connections import Connections
    from warren.worlds.real.brokers import BrokerAddress


class Opening:
    """Opens connections and channels of pika, and raw clients."""

    def __init__(self, connections: Connections, broker: BrokerAddress, vhost: str) -> None:
        """Lead to `vhost` on `broker`."""
        self._connections, self._broker, self._vhost = connections, broker, vhost
        self._raw = contextlib.ExitStack()

    def connection(self, **parameters: Any) -> pika.BlockingConnection:
        """Open a connection without heartbeats; `parameters` are pika's, set on top."""
        return self._connections.open(**parameters)

    def channel(self, connection: pika.BlockingConnection | None = None) -> BlockingChannel:
        """Open a channel, on a new connection where none is given."""
        return (connection or self.connection()).channel()

    def raw(self) -> RawClient:
        """Connect a client that does only what it is told, and has said nothing yet."""
        return self._raw.enter_context(contextlib.closing(RawClient(self._broker, self._vhost)))

    def raw_channel(self, *, lacks: str = "", **tuning: int) -> RawClient:
        """Connect such a client and open channel 1; `tuning` is what it answers to connection.tune.

        `lacks` is a capability that it does not announce.
        """
        client = self.raw()
        client.log_in(lacks=lacks)
        client.tune(**tuning)
        client.open_channel()
        return client

    def close(self) -> None:
        """Close the raw clients' sockets."""
        self._raw.close()
