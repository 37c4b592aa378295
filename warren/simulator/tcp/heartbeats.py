"""Heartbeats of one connection, both ways, by RabbitMQ's counting (``rabbit_heartbeat``).

The broker sends one at every half interval in which it sent nothing else. It ends the connection at
the second whole interval in a row without an octet from the client; as the ticks do not start with
the client's last octet, that is more than two and at most three intervals after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

_SILENT_TICKS = 2


class Beating(Protocol):
    """A connection with heartbeats: how many octets went each way, and what is to be done."""

    octets_in: int
    octets_out: int

    def send_heartbeat(self) -> None:
        """Show that the broker is alive."""

    def miss_heartbeats(self) -> None:
        """Give up a client that is silent for too long."""


class Heartbeats:
    """The two tickers of one connection; they run until `stop`."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, connection: Beating, interval: float
    ) -> None:
        """Begin; `interval` in seconds is what the client chose, above 0."""
        self._loop = loop
        self._connection = connection
        self._interval = interval
        self._out: int | None = None  # None: the first tick sends whatever was sent before
        self._in = 0
        self._silent = 0
        self._sender = loop.call_later(interval / 2, self._tick_out)
        self._watch: asyncio.TimerHandle | None = loop.call_later(interval, self._tick_in)

    def stop(self) -> None:
        """Tick no more."""
        self._sender.cancel()
        self.pause()

    def pause(self) -> None:
        """Do not expect anything from the client: we do not read from it now."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def resume(self) -> None:
        """Expect heartbeats again, from the beginning."""
        self.pause()
        self._in = self._silent = 0
        self._watch = self._loop.call_later(self._interval, self._tick_in)

    def _tick_out(self) -> None:
        connection = self._connection
        self._sender = self._loop.call_later(self._interval / 2, self._tick_out)
        if self._out is None or self._out == connection.octets_out:
            connection.send_heartbeat()
        self._out = connection.octets_out

    def _tick_in(self) -> None:
        octets = self._connection.octets_in
        self._silent = self._silent + 1 if octets == self._in else 0
        self._in = octets
        if self._silent == _SILENT_TICKS:
            self._watch = None
            self._connection.miss_heartbeats()
        else:
            self._watch = self._loop.call_later(self._interval, self._tick_in)
