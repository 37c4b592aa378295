"""Many connections at once: a thousand that are idle and two hundred that work."""

from __future__ import annotations

import resource
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from tests.requisites import missing
from tests.simulator.tcp.embedded import TIMEOUT, Embedded, Raw, until
from warren.simulator import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

IDLE, ACTIVE, ROUNDS = 1000, 200, 5
"""Connections of each kind, and how many messages each active one sends to the next."""
SPARE = 200
"""Open files that this process needs beside the sockets."""
MIB = 1 << 20


@pytest.fixture(autouse=True)
def open_files() -> Iterator[None]:
    """Let this process have as many open files as the test has sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = IDLE + ACTIVE + SPARE
    if hard != resource.RLIM_INFINITY and hard < needed:
        missing(f"a process may have {hard} open files here, and this needs {needed}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def expect_message(client: Raw) -> bytes:
    """Return the body of the next delivery, and acknowledge it."""
    delivery = client.expect(wire.BasicDeliver)
    assert isinstance(client.said(), wire.ContentHeader)
    body = client.said()
    assert isinstance(body, bytes)
    client.send(wire.BasicAck(delivery.delivery_tag))
    return body


def test_a_thousand_idle_and_two_hundred_active() -> None:
    """Every message of every active client arrives, and every idle client is still served."""
    with Embedded.start() as broker, ExitStack() as stack:
        clients = iter(lambda: stack.enter_context(Raw(broker)), None)
        idle = list(islice(clients, IDLE))
        active = list(islice(clients, ACTIVE))
        for number, client in enumerate(active):
            client.send(wire.QueueDeclare(f"crowd-{number}", exclusive=True))
            client.expect(wire.QueueDeclareOk)
            client.send(wire.BasicConsume(f"crowd-{number}"))
            client.expect(wire.BasicConsumeOk)
        for turn in range(ROUNDS):
            for number, client in enumerate(active):
                client.publish(f"crowd-{(number + 1) % ACTIVE}", f"{turn} of {number}".encode())
            heard = [expect_message(client) for client in active]
            sent = [f"{turn} of {number}".encode() for number in range(ACTIVE)]
            assert heard == [sent[-1], *sent[:-1]]
        assert broker.resident() < 128 * MIB
        for client in idle:
            client.send(wire.BasicQos(0, 1))
        for client in idle:
            client.expect(wire.BasicQosOk)
        assert len(broker.api("GET", "connections").json()) == IDLE + ACTIVE
        stack.close()
        until(lambda: broker.api("GET", "connections").json() == [], TIMEOUT)
