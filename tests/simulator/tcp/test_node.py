"""A node without a process: whose mistake is whose, and what happens at which time."""

import logging
from collections.abc import Iterator

import pytest

from tests.simulator.fuzz import sessions
from tests.simulator.fuzz.bench import Bench, Socket, bench, said_in_order
from warren.simulator import wire
from warren.simulator.model.queue import Queue
from warren.simulator.wire.fields import MAX_DEPTH

INTERVAL = 10
"""Seconds between two heartbeats of a client; the clock has them and their halves exactly."""


@pytest.fixture
def on_bench() -> Iterator[Bench]:
    """Give a node on sockets and a clock of the test's own."""
    with bench() as given:
        yield given


def connect(on_bench: Bench, heartbeat: int = 0) -> Socket:
    """Open a connection and channel 1."""
    client = Socket(on_bench.clock)
    client.connect(on_bench.node.new_client())
    for piece in sessions.handshake(heartbeat=heartbeat):
        client.feed(piece)
    client.heard.clear()
    return client


def with_dead_letters(client: Socket) -> None:
    """Declare q, whose messages expire and go to the queue dead."""
    arguments: dict[str, wire.FieldValue] = {
        "x-message-ttl": 50,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "dead",
    }
    client.feed(sessions.method(wire.QueueDeclare("q", durable=True, arguments=arguments)))
    client.feed(sessions.method(wire.QueueDeclare("dead", durable=True)))


def send(client: Socket, headers: dict[str, wire.FieldValue]) -> None:
    """Publish to q a message with these headers."""
    client.feed(b"".join(sessions.publish("", "q", b"body", headers=headers)))


def test_deepest_headers_are_dead_lettered(on_bench: Bench) -> None:
    """A message whose headers nest as deep as may be dies like any other, its headers whole."""
    client = connect(on_bench)
    with_dead_letters(client)
    deepest: wire.FieldValue = {}
    for _ in range(MAX_DEPTH - 1):
        deepest = {"a": deepest}
    send(client, {"mine": deepest})
    on_bench.clock.advance(1)
    client.heard.clear()
    client.feed(sessions.method(wire.BasicGet("dead", no_ack=True)))
    _, header, body = said_in_order(bytes(client.heard))
    assert body == b"body"
    assert isinstance(header, wire.ContentHeader)
    assert header.properties.headers is not None
    assert header.properties.headers["mine"] == deepest


def test_what_was_due_is_nobodys_turn(
    on_bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A timer that fails ends no connection, not even the one that speaks just then."""
    client = connect(on_bench)
    with_dead_letters(client)
    send(client, {})

    def fail(*_: object) -> None:
        raise ValueError("a mistake in a timer")

    monkeypatch.setattr(Queue, "on_timer", fail)
    client.heard.clear()
    on_bench.clock.now += 1  # and the loop has not called yet
    with caplog.at_level(logging.ERROR):
        client.feed(sessions.method(wire.QueueDeclare("dead", passive=True)))
    assert "a mistake in a timer" in caplog.text
    assert said_in_order(bytes(client.heard)) == [wire.QueueDeclareOk("dead", 0, 0)]
    assert not client.closing


@pytest.mark.parametrize(
    ("spoke", "cut"), [(0, 30), (9, 30), (10, 40), (19, 40)], ids=lambda seconds: f"{seconds}s"
)
def test_silent_client_is_cut_off(on_bench: Bench, spoke: int, cut: int) -> None:
    """A client goes at the second whole interval of silence: after more than two, at most three."""
    client = connect(on_bench, INTERVAL)
    on_bench.clock.advance(spoke)
    client.feed(wire.HEARTBEAT_FRAME)
    on_bench.clock.advance(cut - spoke - 0.5)
    assert not client.closing
    on_bench.clock.advance(0.5)
    assert client.closing


def test_broker_beats_at_every_half_interval(on_bench: Bench) -> None:
    """The first half interval ends with a heartbeat, each later one if nothing else was sent in it."""
    client = connect(on_bench, INTERVAL)
    for asks, beats in [(True, 1), (False, 1), (True, 0), (True, 0), (False, 1)]:
        client.heard.clear()
        if asks:
            client.feed(sessions.method(wire.BasicQos(0, 1)))
        on_bench.clock.advance(INTERVAL / 2 - 0.5)
        said: list[wire.Content] = [wire.BasicQosOk()] * asks
        assert said_in_order(bytes(client.heard)) == said
        on_bench.clock.advance(0.5)
        said += [wire.Heartbeat()] * beats
        assert said_in_order(bytes(client.heard)) == said


def test_heartbeats_keep_a_connection(on_bench: Bench) -> None:
    """A client that only sends heartbeats stays, and hears two in each interval."""
    client = connect(on_bench, INTERVAL)
    for _ in range(100):
        on_bench.clock.advance(INTERVAL)
        client.feed(wire.HEARTBEAT_FRAME)
    assert not client.closing
    assert client.heard == wire.HEARTBEAT_FRAME * 200
