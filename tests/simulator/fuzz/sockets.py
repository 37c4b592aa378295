"""A running broker process, attacked over TCP: what only sockets show, and whether it grows."""

from __future__ import annotations

import os
import socket
import struct
import time
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Self

from tests.simulator.fuzz import sessions
from tests.simulator.fuzz.bench import BrokerFailedError, said_in_order
from tests.simulator.tcp.embedded import Embedded, Raw
from warren.simulator import wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.simulator.fuzz.sessions import Pieces

PERMISSIONS = "configure", "write", "read"
DEADLINE = 20.0
"""Seconds that the broker has to hang up on a client that has, or to answer a neighbour."""
RESET = struct.pack("ii", True, 0)
"""SO_LINGER: close with a reset, as a client that crashes does."""


class Attack:
    """One broker process that lives through many inputs, and a neighbour of theirs."""

    def __init__(self, broker: Embedded, log: IO[str]) -> None:
        """Begin with the virtual host for spoiled input; the neighbour is in another."""
        self._broker = broker
        self._log = log
        self._begin = log.seek(0, os.SEEK_END)  # behind what it says at its start
        self.clean()
        self._neighbour = Raw(broker)
        self._neighbour.socket.settimeout(DEADLINE)
        self._neighbour.send(wire.QueueDeclare("mine", durable=True))
        self._neighbour.expect(wire.QueueDeclareOk)

    def __enter__(self) -> Self:
        """Hang up the neighbour with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up the neighbour."""
        self._neighbour.socket.close()

    def clean(self) -> None:
        """Throw away what valid commands have left: that may grow."""
        vhost = f"vhosts/{sessions.VHOST}"
        self._broker.api("DELETE", vhost)
        for path, body in (
            (vhost, {}),
            (f"permissions/{sessions.VHOST}/guest", dict.fromkeys(PERMISSIONS, ".*")),
        ):
            self._broker.api("PUT", path, json=body).raise_for_status()

    def resident(self) -> int:
        """Return the broker's memory in octets."""
        return self._broker.resident()

    def try_out(self, pieces: Pieces, chance: Random) -> None:
        """Be a client that sends these pieces, and hangs up in one way or another."""
        with socket.create_connection(("127.0.0.1", self._broker.port), DEADLINE) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            with suppress(ConnectionError):  # the broker may hang up at any time
                for piece in pieces:
                    client.sendall(piece)
                if chance.randrange(4):
                    with suppress(OSError):  # ENOTCONN: it has hung up already
                        client.shutdown(socket.SHUT_WR)
                    said_in_order(_rest(client))
            if chance.randrange(2):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        if chance.randrange(100) == 0:
            self.check()

    def check(self) -> None:
        """See that the process lives, has logged no mistake, and serves its neighbour."""
        if self._broker.process.poll() is not None:
            raise BrokerFailedError(f"the broker has ended with {self._broker.process.returncode}")
        self._log.seek(self._begin)
        if logged := self._log.read():
            raise BrokerFailedError(logged)
        begin = time.monotonic()
        neighbour = self._neighbour
        neighbour.publish("mine", b"still here")
        neighbour.send(wire.BasicGet("mine", no_ack=True))
        neighbour.expect(wire.BasicGetOk)
        neighbour.expect(wire.ContentHeader)  # type: ignore[arg-type] # a header is said, too
        if (body := neighbour.said()) != b"still here":
            raise BrokerFailedError(f"a neighbour got {body!r}")
        if time.monotonic() - begin > DEADLINE:
            raise BrokerFailedError(f"a neighbour waited {time.monotonic() - begin:.1f} s")


def _rest(client: socket.socket) -> bytes:
    """Return all the broker says until it hangs up; TimeoutError where it does not."""
    heard = b""
    deadline = time.monotonic() + DEADLINE
    while data := client.recv(1 << 16):
        heard += data
        if time.monotonic() > deadline:
            raise BrokerFailedError("the broker does not hang up")
    return heard


@contextmanager
def attack(log: IO[str]) -> Iterator[Attack]:
    """Start a broker that writes its mistakes to `log`, a file; give an attack on it."""
    with Embedded.start(stderr=log) as broker, Attack(broker, log) as under_attack:
        yield under_attack
        under_attack.check()
        if (status := broker.end()) != 0:
            raise BrokerFailedError(f"the broker ended with {status}")
