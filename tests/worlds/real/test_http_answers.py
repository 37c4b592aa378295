"""The HTTP stub records what whole requests say, answers as the manifest has it, and fails when it is told to."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from warren.claims.surroundings import Answer
from warren.worlds.protocol import HttpFailure
from warren.worlds.real.http_stub import HttpStub
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

DEADLINE = 10.0
ANSWERS = (
    Answer("POST", "/charge", 201, b'{"charged": true}'),
    Answer("GET", "/rates/{day}", 200, b"1.5", "text/plain"),
    Answer("GET", "/rates/{day}", 500),
    Answer("DELETE", "/gone", 204),
)


@pytest.fixture
def stub() -> Iterator[HttpStub]:
    """Give one that has answers."""
    with closing(HttpStub(time.monotonic, ANSWERS)) as stub:
        yield stub


@pytest.fixture
def client(stub: HttpStub) -> Iterator[http.client.HTTPConnection]:
    """Give one connection to it, which is not opened again by itself."""
    with closing(connect(stub)) as client:
        client.connect()
        client.auto_open = 0
        yield client


def connect(stub: HttpStub) -> http.client.HTTPConnection:
    """Make a connection, opened with its first request."""
    place = urlsplit(stub.url)
    assert place.hostname is not None
    return http.client.HTTPConnection(place.hostname, place.port, timeout=DEADLINE)


def ask(
    client: http.client.HTTPConnection, method: str, path: str, body: object = None
) -> tuple[int, bytes, str | None]:
    """Ask on a connection; give status, body and content type."""
    client.request(method, path, body, encode_chunked=not isinstance(body, bytes | None))  # type: ignore[arg-type]  # an iterable is sent in chunks
    answer = client.getresponse()
    return answer.status, answer.read(), answer.headers["Content-Type"]


def raw(stub: HttpStub, octets: bytes) -> bytes:
    """Send octets on a connection of their own; give all that comes until it ends."""
    place = urlsplit(stub.url)
    with socket.create_connection((place.hostname, place.port), DEADLINE) as client:
        client.sendall(octets)
        said = b""
        while more := client.recv(4096):
            said += more
    return said


def test_answers(stub: HttpStub, client: http.client.HTTPConnection) -> None:
    """The first answer that fits counts, whatever the query; a place in its path is any one segment."""
    assert ask(client, "POST", "/charge?x=1", b"{}") == (
        201,
        b'{"charged": true}',
        "application/json",
    )
    assert ask(client, "GET", "/rates/monday") == (200, b"1.5", "text/plain")
    assert ask(client, "GET", "/rates/monday/noon") == (200, b"{}", "application/json")
    assert ask(client, "DELETE", "/gone") == (204, b"", None)
    assert ask(client, "HEAD", "/rates/monday")[:2] == (200, b"")
    assert [(c.method, c.path, c.status) for c in stub.calls()] == [
        ("POST", "/charge?x=1", 201),
        ("GET", "/rates/monday", 200),
        ("GET", "/rates/monday/noon", 200),
        ("DELETE", "/gone", 204),
        ("HEAD", "/rates/monday", 200),
    ]


def test_chunks(stub: HttpStub, client: http.client.HTTPConnection) -> None:
    """A body in chunks is put together; the connection goes on behind it."""
    assert ask(client, "POST", "/charge", iter([b"abc", b"d" * 70_000]))[0] == 201
    assert ask(client, "POST", "/charge", b"next")[0] == 201
    assert [call.body for call in stub.calls()] == [b"abc" + b"d" * 70_000, b"next"]


def test_trailers(stub: HttpStub) -> None:
    """Extensions of a chunk and trailers are read over."""
    head = b"POST /charge HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    said = raw(stub, head + b"3;a=b\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 201")
    assert [call.body for call in stub.calls()] == [b"abc"]


@pytest.mark.parametrize(
    ("header", "body", "status"),
    [
        (b"Content-Length: 99999999999", b"", 413),
        (b"Transfer-Encoding: chunked", b"fffffff\r\n", 413),
        (b"Transfer-Encoding: chunked", b"3\r\nabc no end\r\n", 400),
        (b"Transfer-Encoding: chunked", b"no size\r\n", 400),
        (b"Transfer-Encoding: gzip", b"", 501),
        (b"Content-Length: -1", b"", 400),
    ],
)
def test_refused(stub: HttpStub, header: bytes, body: bytes, status: int) -> None:
    """What is too long, or no HTTP, is refused, and its connection closed."""
    said = raw(stub, b"POST /charge HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n" + body)
    assert said.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close" in said
    assert [(call.status, call.body) for call in stub.calls()] == [(status, b"")]


def test_cut_short(stub: HttpStub) -> None:
    """A caller that goes in the middle of its body has asked for nothing."""
    place = urlsplit(stub.url)
    with socket.create_connection((place.hostname, place.port), DEADLINE) as client:
        client.sendall(b"POST /charge HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\ncut")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
    assert stub.calls() == ()


def test_error(stub: HttpStub, client: http.client.HTTPConnection) -> None:
    """While it fails, calls are answered with 500, which is no effect; afterwards as before, on the same connection."""
    stub.fail(HttpFailure.ERROR)
    assert ask(client, "POST", "/charge", b"{}")[0] == 500
    stub.restore()
    assert ask(client, "POST", "/charge", b"{}")[0] == 201
    assert [call.status for call in stub.calls()] == [500, 201]


def test_hanging(stub: HttpStub, client: http.client.HTTPConnection) -> None:
    """While it hangs, calls are seen and not answered; when it is back it hangs up on them, and answers new ones."""
    stub.fail(HttpFailure.HANGING)
    client.request("POST", "/charge", b"{}")
    assert wait_until(lambda: [call.status for call in stub.calls()] == [0], timeout=DEADLINE)
    assert client.sock is not None
    client.sock.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.getresponse()
    with closing(connect(stub)) as other:
        other.request("POST", "/charge", b"{}")
        assert wait_until(lambda: len(stub.calls()) == 2, timeout=DEADLINE)
        stub.restore()
        with pytest.raises(http.client.RemoteDisconnected):
            other.getresponse()
    with closing(connect(stub)) as new:
        assert ask(new, "POST", "/charge", b"{}")[0] == 201
    assert [call.status for call in stub.calls()] == [0, 0, 201]


def test_refused_connections(stub: HttpStub, client: http.client.HTTPConnection) -> None:
    """While it refuses, who is connected is cut off and nobody connects; afterwards it is at the same place."""
    assert ask(client, "POST", "/charge", b"{}")[0] == 201
    url = stub.url
    stub.fail(HttpFailure.REFUSED)
    with pytest.raises((OSError, http.client.HTTPException)):
        ask(client, "POST", "/charge", b"{}")
    with closing(connect(stub)) as other, pytest.raises(ConnectionRefusedError):
        ask(other, "POST", "/charge", b"{}")
    stub.restore()
    assert stub.url == url
    with closing(connect(stub)) as new:
        assert ask(new, "POST", "/charge", b"{}")[0] == 201
    assert [call.status for call in stub.calls()] == [201, 201]


def test_closes_with_calls_under_way() -> None:
    """Its end ends who waits for an answer."""
    stub = HttpStub(time.monotonic)
    stub.fail(HttpFailure.HANGING)
    ended = threading.Event()

    def call() -> None:
        with closing(connect(stub)) as client:
            try:
                ask(client, "GET", "/")
            except (OSError, http.client.HTTPException):
                ended.set()

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    assert wait_until(lambda: len(stub.calls()) == 1, timeout=DEADLINE)
    stub.close()
    assert ended.wait(DEADLINE)
