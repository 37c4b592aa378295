"""Heartbeats of one connection, both ways, by RabbitMQ's counting (``rabbit_heartbeat``).

The broker looks at every half interval whether it has sent anything since it looked last, and sends
a heartbeat if not. It looks at every whole interval whether an octet has come from the client; where
none came twice in a row it gives the client up. As it does not begin to count with the client's last
octet, that is more than two and at most three intervals after it.

The session is what looks, at these times, and what sends or gives up.
"""

from __future__ import annotations

from warren.simulator.wire import HEARTBEAT_FRAME

_SILENT_INTERVALS = 2


class Heartbeats:
    """The timing for one connection: when to look, and what follows from what was counted by then.

    `interval` in seconds is what the client chose, above 0.
    """

    __slots__ = ("_in", "_interval", "_out", "_silent")

    def __init__(self, interval: int) -> None:
        """Begin with nothing counted."""
        self._interval = interval
        self._out: int | None = None  # None: the first look sends whatever was sent before
        self._in = 0
        self._silent = 0

    @property
    def send_every(self) -> float:
        """Seconds between two looks whether anything was sent."""
        return self._interval / 2

    @property
    def listen_every(self) -> float:
        """Seconds between two looks whether anything has come."""
        return self._interval

    def must_send(self, octets_out: int) -> bool:
        """Tell whether a heartbeat is due, at a half interval, after so many octets in all."""
        due = self._out is None or self._out == octets_out
        self._out = octets_out + len(HEARTBEAT_FRAME) if due else octets_out
        return due

    def is_missing(self, octets_in: int) -> bool:
        """Tell whether the client is to be given up, at a whole interval."""
        self._silent = self._silent + 1 if octets_in == self._in else 0
        self._in = octets_in
        return self._silent == _SILENT_INTERVALS

    def restart(self) -> None:
        """Count the client's silence from the beginning: it was not read from."""
        self._in = self._silent = 0
