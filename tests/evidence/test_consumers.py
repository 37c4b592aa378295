"""The ledger: consumers, refusals and connections, how long they are silent, and when they end."""

from __future__ import annotations

import pytest

from tests.wire import Wire
from warren.evidence.frames import (
    ConnectionEnded,
    ConnectionOpened,
    Direction,
    FrameSeen,
)
from warren.evidence.ledger import Consumer, Silence
from warren.simulator.wire import (
    BasicCancel,
    BasicCancelOk,
    BasicConsume,
    BasicConsumeOk,
    ChannelClose,
    Heartbeat,
    Method,
    QueueDeclareOk,
)

TO_BROKER, TO_CLIENT = Direction.TO_BROKER, Direction.TO_CLIENT


def test_consumers() -> None:
    """A consumer is of the queue that it asked for, or of the last that its channel declared."""
    wire = Wire()
    wire.frame(TO_CLIENT, QueueDeclareOk("amq.gen-1"))
    wire.frame(TO_BROKER, BasicConsume("named"))
    wire.frame(TO_BROKER, BasicConsume(""))
    assert not wire.ledger.consumers
    for tag in ("one", "two"):
        wire.frame(TO_CLIENT, BasicConsumeOk(tag))
    wire.frame(TO_BROKER, BasicConsume("quick", "three", no_wait=True))
    wire.frame(TO_BROKER, BasicConsume("never"))
    wire.frame(TO_BROKER, ChannelClose())
    assert wire.ledger.consumers == (
        Consumer(3.0, "part-1", 1, 1, "one", "named", ended_at=7.0),
        Consumer(4.0, "part-1", 1, 1, "two", "amq.gen-1", ended_at=7.0),
        Consumer(5.0, "part-1", 1, 1, "three", "quick", ended_at=7.0),
    )
    assert wire.ledger.consumers_of("part-1") == wire.ledger.consumers
    assert wire.ledger.consumers_of("part-2") == ()


def test_the_longest_silence() -> None:
    """Of each connection the longest time without a frame of the instance is kept, and heartbeats are frames."""
    wire = Wire()
    for instance, at in (("part-1", 1.0), ("part-2", 1.5), ("part-1", 4.0), ("part-1", 5.0)):
        wire.facts.append(FrameSeen(at, instance, 1, TO_BROKER, 0, Heartbeat()))
        wire.facts.append(FrameSeen(at + 0.5, instance, 1, TO_CLIENT, 0, Heartbeat()))
    assert wire.ledger.silences == (
        Silence("part-1", 1, 1.0, 4.0),
        Silence("part-2", 1, 1.5, 1.5),
    )


def test_open_connections() -> None:
    """A connection that has not ended is told with its last method each way, so that an answer that lacks is seen."""
    wire = Wire()
    for number in (1, 2, 3):
        wire.facts.append(ConnectionOpened(0.5, "part-1", number))
    wire.frame(TO_CLIENT, QueueDeclareOk("orders"))
    wire.frame(TO_BROKER, BasicConsume("orders"))
    wire.frame(TO_CLIENT, Heartbeat(), 0)
    wire.facts.append(ConnectionEnded(9.0, "part-1", 2, "client", "eof", ""))
    working, silent = map(str, wire.ledger.connections)
    assert working == (
        "0.500 part-1 opened connection 1, which has not ended; its last method to the broker:"
        " basic.consume at 4.000, from it: queue.declare-ok at 3.000"
    )
    assert silent.endswith("its last method to the broker: none, from it: none")


def test_refusal() -> None:
    """A channel that the broker closed is kept with its code and words; one that the client closed is none."""
    wire = Wire()
    wire.frame(TO_BROKER, ChannelClose(200, "bye", 0, 0))
    wire.frame(TO_CLIENT, ChannelClose(403, "ACCESS_REFUSED - in exclusive use", 60, 20))
    (refusal,) = wire.ledger.refusals
    assert refusal.code == 403
    words = "the broker closed channel 1 of part-1: ACCESS_REFUSED - in exclusive use"
    assert str(refusal) == f"1.000 {words}"


def test_silence_before_the_end() -> None:
    """Who is silent until its connection ends was silent up to that."""
    wire = Wire()
    wire.frame(TO_BROKER, Heartbeat(), channel=0)
    wire.facts.append(ConnectionEnded(7.0, "part-1", 1, "broker", "close", ""))
    (silence,) = wire.ledger.silences
    assert silence.seconds == 7.0


@pytest.mark.parametrize(
    ("direction", "end", "is_ended"),
    [
        (TO_CLIENT, BasicCancel("consumer", no_wait=True), True),
        (TO_CLIENT, BasicCancelOk("consumer"), True),
        (TO_BROKER, BasicCancel("consumer", no_wait=True), True),
        (TO_BROKER, BasicCancel("consumer"), False),
        (TO_CLIENT, BasicCancelOk("another"), False),
        (TO_CLIENT, ChannelClose(406, "unknown delivery tag 9"), True),
        (TO_BROKER, ChannelClose(200, "bye"), True),
    ],
    ids=lambda value: getattr(value, "NAME", ""),
)
def test_end_of_a_consumer(direction: Direction, end: Method, is_ended: bool) -> None:
    """A consumer ends by the broker's cancel, by its own once that is agreed on, and with its channel."""
    wire = Wire()
    wire.frame(TO_BROKER, BasicConsume("work", "consumer", no_wait=True))
    at = wire.frame(direction, end).at
    (consumer,) = wire.ledger.consumers
    assert consumer.ended_at == (at if is_ended else None)
    assert wire.ledger.active_consumers("part-1") == (() if is_ended else (consumer,))


def test_consumers_end_with_their_connection() -> None:
    """A consumer that has nothing in hand ends with its connection too."""
    wire = Wire()
    wire.frame(TO_BROKER, BasicConsume("work", "consumer", no_wait=True))
    wire.facts.append(ConnectionEnded(7.0, "part-1", 1, "broker", "reset", ""))
    assert wire.ledger.consumers[0].ended_at == 7.0
