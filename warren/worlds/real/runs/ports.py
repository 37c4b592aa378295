"""Free TCP ports on the loopback address, each given to one owner."""

from __future__ import annotations

import secrets
import socket
from typing import Self

from warren.errors import SetupError

LOOPBACK = "127.0.0.1"
# Below the range from which the kernel picks the near end of outgoing connections (32768 and up on
# Linux), so that a server which restarts finds its port still free.
_FIRST, _LAST = 20_000, 32_000
_ATTEMPTS = 100
_ANSWER = 1.0  # seconds for a connection to be taken


class Ports:
    """Ports that belong to one owner: until `close` no other owner on this machine is given them.

    Seconds may pass until a server listens on the port that was chosen for it, and nobody listens while a broker
    restarts. In that time the owner keeps the port by the UDP port of the same number, which no server here uses: the
    kernel gives that to one socket, in whatever process, and takes it back when the process dies.
    """

    def __init__(self) -> None:
        """Own none yet."""
        self._held: list[socket.socket] = []

    def __enter__(self) -> Self:
        """Give the ports to a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        self.close()

    def free(self) -> int:
        """Take a port on 127.0.0.1 that nothing listens on. Raises SetupError if none is found."""
        for _ in range(_ATTEMPTS):
            port = _FIRST + secrets.randbelow(_LAST - _FIRST)
            if self._take(port):
                return port
        raise SetupError(
            f"{_ATTEMPTS} ports between {_FIRST} and {_LAST} are all taken", LOOPBACK, "free some"
        )

    def close(self) -> None:
        """Give all back; the servers on them have ended."""
        while self._held:
            self._held.pop().close()

    def _take(self, port: int) -> bool:
        held = socket.socket(type=socket.SOCK_DGRAM)
        if _bind(held, port) and is_free(port):
            self._held.append(held)
            return True
        held.close()
        return False


def is_free(port: int) -> bool:
    """Whether nothing listens on `port` of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return _bind(probe, port)


def listens(host: str, port: int) -> bool:
    """Whether somebody takes a connection there."""
    try:
        socket.create_connection((host, port), _ANSWER).close()
    except OSError:
        return False
    return True


def _bind(sock: socket.socket, port: int) -> bool:
    try:
        sock.bind((LOOPBACK, port))
    except OSError:  # somebody has it
        return False
    return True
