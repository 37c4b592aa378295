"""Doors: where a line listens, on a free port of this machine's 127.0.0.1 or on a known one of a container's."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_BACKLOG: Final = 100


@dataclass(frozen=True, slots=True)
class Door:
    """A port of a loopback address (0: a free one) in the network that `make` makes sockets in."""

    port: int = 0
    make: Callable[[], socket.socket] = socket.socket
    host: str = "127.0.0.1"

    def bound(self, port: int | None = None) -> socket.socket:
        """Make a socket and bind it to the door's port, or to another."""
        made = self.make()
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Who is accepted here inherits it. asyncio sets it only where a socket names its protocol, and an answer in
            # two pieces waits 40 ms for the acknowledgement of the first without it.
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.bind((self.host, self.port if port is None else port))
        except BaseException:
            made.close()
            raise
        return made


HERE: Final = Door()


def listening_at(door: Door, port: int, backlog: int = _BACKLOG) -> socket.socket:
    """Make a socket that listens on a port in a door's network, and does not block."""
    listening = door.bound(port)
    listening.listen(backlog)
    listening.setblocking(False)
    return listening
