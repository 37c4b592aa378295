"""The pika connections of one case: opened, served while the case waits, and closed at its end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pika
from pika.exceptions import AMQPError

from warren.rigs.brokers.deadline import deadline
from warren.rigs.brokers.raw_client import WITHIN

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel

_CLOSE = 5.0


class Connections:
    """Owns every pika connection of a case, the rig's own among them."""

    def __init__(self, url: str) -> None:
        """Open nothing yet; `url` names the broker and the case's vhost."""
        self._url = url
        self._open: list[pika.BlockingConnection] = []
        self._confirmed: BlockingChannel | None = None

    def open(self, **parameters: Any) -> pika.BlockingConnection:
        """Open a connection without heartbeats; `parameters` are pika's, set on top."""
        chosen = pika.URLParameters(self._url)
        chosen.heartbeat = 0
        chosen.socket_timeout = chosen.stack_timeout = WITHIN
        chosen.blocked_connection_timeout = WITHIN
        for name, value in parameters.items():
            setattr(chosen, name, value)
        connection = pika.BlockingConnection(chosen)
        self._open.append(connection)
        return connection

    @property
    def confirmed(self) -> BlockingChannel:
        """The rig's own channel, in confirm mode; a new one where the broker has closed the last."""
        if self._confirmed is None or not self._confirmed.is_open:
            self._confirmed = self.open().channel()
            self._confirmed.confirm_delivery()
        return self._confirmed

    def serve(self) -> None:
        """Take what has come over any connection, without waiting for more."""
        for connection in self._open:
            if connection.is_open:
                connection.process_data_events(time_limit=0)

    def close(self) -> None:
        """Close them all; more may be opened afterwards."""
        self._confirmed = None
        while self._open:
            _close(self._open.pop())


def _close(connection: pika.BlockingConnection) -> None:
    """Close one; where the broker answers not even that, deleting the vhost will end it."""
    with (
        contextlib.suppress(AMQPError, OSError, AssertionError),
        deadline(_CLOSE, "closing a connection"),
    ):
        connection.close()
