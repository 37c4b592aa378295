"""The management port's own sockets: clients that ask and do not read."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.simulator.tcp.embedded import PASSWORD, TIMEOUT, Embedded
from warren.simulator.tcp.accounts import Account
from warren.simulator.tcp.management import http
from warren.simulator.tcp.node import Node
from warren.simulator.tcp.options import Options

if TYPE_CHECKING:
    import pytest

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
