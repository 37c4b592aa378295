"""The management port's own sockets: clients that ask and do not read."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import pytest

from tests.simulator.tcp.embedded import PASSWORD, TIMEOUT, Embedded
from warren.simulator.tcp.accounts import Account
from warren.simulator.tcp.management import http
from warren.simulator.tcp.management.request import LONG
from warren.simulator.tcp.node import Node
from warren.simulator.tcp.options import Options

MIB = 1 << 20
REQUEST = b"GET /api/users HTTP/1.1\r\nHost: x\r\nAuthorization: Basic Z3Vlc3Q6c2VjcmV0\r\n\r\n"
USERS = 500
"""So many that an answer is a hundred KiB."""


async def ask_and_never_read() -> tuple[int, bool]:
    """Pipeline requests until the connection ends, or too much waits for its socket.

    Return how many octets waited at most, and whether it ended.
    """
    loop = asyncio.get_running_loop()
    node = Node(loop, Options(password=PASSWORD))
    for number in range(USERS):
        node.add_user(f"user-{number}", Account("", ("x" * 100,)))
    listener = await http.serve_management(node, "127.0.0.1", 0)
    waited = 0
    async with listener:
        with socket.create_connection(listener.sockets[0].getsockname()) as client:
            client.setblocking(False)
            while waited < 16 * MIB:
                try:
                    with suppress(BlockingIOError):
                        client.send(REQUEST * 100)
                except ConnectionError:
                    return waited, True
                await asyncio.sleep(0)
                open_ones = [each._transport for each in node.http_clients if each._transport]
                waited = max([waited, *(each.get_write_buffer_size() for each in open_ones)])
    return waited, False


def test_client_that_asks_and_reads_later(broker: Embedded) -> None:
    """Every request is answered once the answers are read."""
    broker.api("PUT", "users/long", json={"password": "x", "tags": "x" * 10_000})
    address = "127.0.0.1", broker.ready["management_port"]
    with socket.create_connection(address, TIMEOUT) as client:
        client.sendall(REQUEST * 2000)  # for 20 MB, more than sockets hold
        found, rest = 0, b""
        while found < 2000:
            heard = rest + client.recv(1 << 16)
            found += heard.count(b"HTTP/1.1 200")
            rest = heard[-11:]


def test_client_that_asks_and_never_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not read from while its answers wait, and in the end it is cut off."""
    monkeypatch.setattr(http, "IDLE_TIMEOUT", 0.5)
    waited, cut_off = asyncio.run(asyncio.wait_for(ask_and_never_read(), TIMEOUT))
    assert waited < MIB
    assert cut_off


class Said(asyncio.Transport):
    """A socket that keeps what is said."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.heard = b""
        self.heard_something = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.heard += bytes(data)
        self.heard_something.set()

    def close(self) -> None:
        """Be nobody's any more."""

    def pause_reading(self) -> None:
        """Go on."""

    resume_reading = pause_reading

    def is_closing(self) -> bool:
        """Say no."""
        return False


AUTHORIZATION = b"Authorization: Basic Z3Vlc3Q6c2VjcmV0\r\n"


def ask(broker: Embedded, octets: bytes) -> socket.socket:
    """Write these octets to the management port; return the open socket."""
    client = socket.create_connection(("127.0.0.1", broker.ready["management_port"]), TIMEOUT)
    client.sendall(octets)
    return client


def status(client: socket.socket) -> bytes:
    """Return the status of the next answer, which is read with all that has come."""
    return client.recv(1 << 16).split(b" ", 2)[1]


def test_body_of_a_stranger_is_not_kept(broker: Embedded) -> None:
    """Who may not ask is told so at the header; what follows is thrown away, and the next request heard."""
    head = b"PUT /api/vhosts/x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % MIB
    with ask(broker, head) as client:
        assert status(client) == b"401"
        client.sendall(b"x" * MIB + REQUEST)
        assert status(client) == b"200"


def test_stranger_takes_no_memory() -> None:
    """Of a body whose sender may not ask not one octet is kept."""

    async def send() -> int:
        node = Node(asyncio.get_running_loop(), Options(password=PASSWORD))
        client = http.HttpClient(node)
        client.data_received(
            b"PUT /api/vhosts/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nxxxx"
        )
        return len(client._body)

    assert asyncio.run(send()) == 0


@pytest.mark.parametrize(
    "head",
    ["Content-Length: {}\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"],
    ids=["announced", "chunked"],
)
@pytest.mark.parametrize(
    ("request_line", "most"),
    [
        (b"PUT /api/vhosts/x", LONG),
        (b"POST /api/definitions", http.MAX_BODY),
        (b"POST /api/exchanges/%2F/x/publish", http.MAX_BODY),
    ],
)
def test_body_that_is_too_large(
    broker: Embedded, request_line: bytes, most: int, head: str
) -> None:
    """A body above the limit is 400: at once where it is announced, else where it is passed."""
    asked = request_line + b" HTTP/1.1\r\nHost: x\r\n" + AUTHORIZATION
    with ask(broker, asked + head.format(most + 1).encode()) as client:
        if "chunked" in head:
            client.sendall(b"%x\r\n%b\r\n1\r\nx\r\n" % (most, b"x" * most))
        assert status(client) == b"400"


def test_all_bodies_have_a_limit_together() -> None:
    """Whose body is one too many is told 503; those that are answered, or gone, make room again."""

    async def send() -> tuple[list[bytes], int, int]:
        node = Node(asyncio.get_running_loop(), Options(password=PASSWORD))
        head = b"POST /api/definitions HTTP/1.1\r\nHost: x\r\n" + AUTHORIZATION
        heads = head + b"Content-Length: %d\r\n\r\n" % (15 * MIB)
        clients, said = [http.HttpClient(node) for _ in range(5)], [Said() for _ in range(5)]
        for client, each in zip(clients, said, strict=True):
            client.connection_made(each)
            client.data_received(heads)
            client.data_received(b"x" * (14 * MIB))
        kept = node.body_octets
        clients[0].data_received(b"x" * MIB)
        await asyncio.wait_for(said[0].heard_something.wait(), TIMEOUT)
        for client in clients:
            client.connection_lost(None)
        return [each.heard[9:12] for each in said], kept, node.body_octets

    assert asyncio.run(send()) == ([b"400", b"", b"", b"", b"503"], 56 * MIB, 0)


@pytest.mark.parametrize(("authorization", "answer"), [(AUTHORIZATION, b"100"), (b"", b"401")])
def test_expect_100_continue(broker: Embedded, authorization: bytes, answer: bytes) -> None:
    """Who asks before it sends its body is told to go on, or why not."""
    head = b"PUT /api/vhosts/asked HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
    with ask(broker, head + authorization + b"\r\n") as client:
        assert status(client) == answer
        if answer == b"100":
            client.sendall(b"{}")
            assert status(client) == b"201"


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        (b"Host: localhost:15672", b"200"),
        (b"Host: [::1]:15672", b"200"),
        (b"Host:", b"200"),
        (b"X: y", b"400"),
        (b"Host: a b", b"400"),
        (b"Host: x/y", b"400"),
        (b"Host: user@x", b"400"),
        (b"Host: x:99999", b"400"),
    ],
)
def test_host(broker: Embedded, host: bytes, answer: bytes) -> None:
    """A request names the host that it is for, or 400, as RabbitMQ has it."""
    octets = b"GET /api/overview HTTP/1.1\r\n" + host + b"\r\n" + AUTHORIZATION + b"\r\n"
    with ask(broker, octets) as client:
        assert status(client) == answer


@pytest.mark.parametrize(("path", "answer"), [("overview", 200), ("../", 404), ("nothing", 404)])
def test_head(broker: Embedded, path: str, answer: int) -> None:
    """HEAD is answered as GET is, without the body."""
    shown = broker.api("HEAD", path)
    assert (shown.status_code, shown.content) == (answer, b"")
    assert int(shown.headers["Content-Length"]) > 0
