"""HTTP calls: whatever answers, a call ends in its time, with an answer of a bounded size."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from warren.worlds.real.http import MOST_OCTETS, Callers
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warren.worlds.protocol import HttpReply

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
DRIP = 0.05
DEADLINE = 30.0


class Answering:
    """Answers each request on a port of its own with the given octets, then drips or floods until it is hung up on."""

    def __init__(self, octets: bytes, drop: bytes) -> None:
        """Listen."""
        self._octets, self._drop = octets, drop
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.asked = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # it was closed, or hung up on
            while True:
                client, _ = self._socket.accept()
                self.asked += 1
                with client, contextlib.suppress(OSError):
                    client.recv(4096)
                    client.sendall(self._octets)
                    while self._drop and not self._over.is_set():
                        client.sendall(self._drop)
                        if len(self._drop) == 1:
                            self._over.wait(DRIP)

    def close(self) -> None:
        """End the thread."""
        self._over.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(DEADLINE)


@pytest.fixture
def answering() -> Iterator[Callable[..., Answering]]:
    """Make servers that end with the test."""
    with contextlib.ExitStack() as stack:

        def make(octets: bytes, drop: bytes = b"") -> Answering:
            server = Answering(octets, drop)
            stack.callback(server.close)
            return server

        yield make


def call(port: int, within: float) -> HttpReply:
    """Make one call and wait for its end."""
    callers = Callers(time.monotonic)
    under_way = callers.call(port, "/task", within)
    assert wait_until(under_way.done, timeout=DEADLINE)
    callers.close()
    return under_way.result()


def test_answer(answering: Callable[..., Answering]) -> None:
    """An answer comes with its status and its body."""
    server = answering(b"HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\ndone")
    reply = call(server.port, DEADLINE)
    assert (reply.status, reply.body, reply.error) == (202, b"done", "")


@pytest.mark.parametrize("head", [HEAD + b"\r\n", HEAD + b"X-Long: ", b""], ids=str)
def test_drips(answering: Callable[..., Answering], head: bytes) -> None:
    """An answer that comes octet by octet, in its head or its body, is given up at the deadline."""
    began = time.monotonic()
    reply = call(answering(head, b"x").port, 0.5)
    assert (reply.status, reply.body) == (0, b"")
    assert "within 0.5 s" in reply.error
    assert time.monotonic() - began < 5


def test_endless(answering: Callable[..., Answering]) -> None:
    """Of a body without an end no more than the largest is read."""
    reply = call(answering(HEAD + b"\r\n", b"x" * 65_536).port, DEADLINE)
    assert (reply.status, reply.body) == (0, b"")
    assert str(MOST_OCTETS) in reply.error


def test_redirection(answering: Callable[..., Answering]) -> None:
    """A redirection is an answer, and is not followed."""
    elsewhere = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    there = f"Location: http://127.0.0.1:{elsewhere.port}/\r\n".encode()
    server = answering(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n" + there + b"\r\n")
    assert call(server.port, DEADLINE).status == 302
    assert elsewhere.asked == 0


@pytest.mark.parametrize(
    "octets",
    [b"no http\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", b""],
    ids=["no http", "cut short", "nothing"],
)
def test_no_answer(answering: Callable[..., Answering], octets: bytes) -> None:
    """What is no whole answer has status 0 and says of what kind the fault was."""
    reply = call(answering(octets).port, DEADLINE)
    assert (reply.status, reply.body) == (0, b"")
    assert reply.error


def test_nobody_listens() -> None:
    """A port that nobody listens on is refused at once."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert call(port, DEADLINE).error == "ConnectionRefusedError"
