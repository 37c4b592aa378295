"""Forwarders: octets both ways, ends, and nothing left when they are closed."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest

from warren.worlds.real.relay.doors import Door

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real.relay import Relay

DEADLINE = 10.0


@pytest.fixture
def target() -> Iterator[socket.socket]:
    """Listen where the octets are to go."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(DEADLINE)
        yield server


@pytest.fixture
def ends(relay: Relay, target: socket.socket) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Give both ends of a connection through a forwarder, which is closed by its relay."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    relay.forward("stream-1", target.getsockname(), Door(port))
    with contextlib.ExitStack() as stack:
        near = stack.enter_context(socket.create_connection(("127.0.0.1", port), DEADLINE))
        far = stack.enter_context(target.accept()[0])
        far.settimeout(DEADLINE)
        yield near, far


def test_octets_and_ends(ends: tuple[socket.socket, socket.socket]) -> None:
    """What one end says reaches the other, and one may end while the other still speaks."""
    near, far = ends
    near.sendall(b"question")
    near.shutdown(socket.SHUT_WR)
    with far.makefile("rb") as heard:
        assert heard.read() == b"question"
    far.sendall(b"answer")
    far.close()
    with near.makefile("rb") as heard:
        assert heard.read() == b"answer"


def test_close(ends: tuple[socket.socket, socket.socket], relay: Relay) -> None:
    """The end of the relay ends what is passed on."""
    near, far = ends
    near.sendall(b"1")
    assert far.recv(1) == b"1"
    relay.close()
    assert far.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(near.getpeername(), DEADLINE)


def test_nobody_there(ends: tuple[socket.socket, socket.socket], target: socket.socket) -> None:
    """Where the target listens no more a connection is ended, and the others go on."""
    near, far = ends
    target.close()
    with socket.create_connection(near.getpeername(), DEADLINE) as another:
        assert another.recv(1) == b""
    near.sendall(b"1")
    assert far.recv(1) == b"1"
