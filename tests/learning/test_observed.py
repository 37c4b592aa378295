"""What frames say of a consumer, and what follows for its work queue."""

from __future__ import annotations

import pytest

from tests.wire import Wire
from warren.evidence.declarations import Binding
from warren.evidence.frames import ConnectionOpened, Direction, FrameLost
from warren.learning.observed import Observed, observe
from warren.learning.proposal import claims
from warren.learning.words import describe
from warren.simulator.wire import (
    BasicConsume,
    BasicConsumeOk,
    BasicGet,
    BasicQos,
    ConnectionOpen,
    ConnectionStartOk,
    ConnectionTuneOk,
    ExchangeDeclare,
    QueueBind,
    QueueDeclare,
    QueueDeclareOk,
)

OUT, IN = Direction.TO_BROKER, Direction.TO_CLIENT


def seen(*, arguments: dict[str, int] | None = None, durable: bool = True) -> Observed:
    """Give a consumer of a queue of its own for control, and of `work`, which is declared so."""
    wire = Wire()
    wire.facts.append(ConnectionOpened(0.0, "part-1", 1))
    login = {"product": "pika", "version": "1.3", "platform": "Python 3"}
    wire.frame(OUT, ConnectionStartOk(login), 0)
    wire.frame(OUT, ConnectionTuneOk(0, 0, 30), 0)
    asked = wire.frame(OUT, ConnectionOpen("shop"), 0)
    wire.facts.append(FrameLost(asked.at, asked))
    wire.frame(OUT, ConnectionOpen("warren-1"), 0)
    wire.frame(OUT, ExchangeDeclare("orders", "topic", durable=True))
    wire.frame(OUT, QueueDeclare("", exclusive=True))
    wire.frame(IN, QueueDeclareOk("amq.gen-1"))
    wire.frame(OUT, BasicConsume("", no_ack=True))
    wire.frame(IN, BasicConsumeOk("control"))
    wire.frame(OUT, QueueDeclare("work", durable=durable, arguments=arguments or {}))
    wire.frame(IN, QueueDeclareOk("work"))
    wire.frame(OUT, QueueBind("", "orders", "order.#"))
    wire.frame(OUT, BasicQos(prefetch_count=7))
    wire.frame(OUT, BasicConsume("work"))
    wire.frame(IN, BasicConsumeOk("worker"))
    return observe(wire.facts)


def test_observed() -> None:
    """Library, heartbeat, vhost, bindings and consumers are read from the frames of one connection."""
    found = seen()
    assert (found.connections, found.clients) == (1, ("pika, 1.3, Python 3",))
    assert (found.platform, found.other_vhosts, found.heartbeat) == ("Python 3", ("shop",), 30)
    assert found.bindings == (Binding("orders", "order.#", "queue", "work"),)
    assert found.bindings[0].is_pattern
    consumer = found.consumer_of("work")
    assert consumer is not None
    assert (consumer.prefetch, consumer.no_ack) == (7, False)
    assert not found.fetches


def test_work_queue() -> None:
    """A queue that ends with the consumer is not the work queue where another outlasts it."""
    assert seen().work_queues() == ("work",)
    assert seen().has_lasting_queue
    passing = seen(arguments={"x-expires": 1000})
    assert passing.work_queues() == ("amq.gen-1", "work")
    assert not passing.has_lasting_queue
    assert passing.is_server_named("amq.gen-1")


def test_words() -> None:
    """Each thing that was seen is told in a sentence."""
    assert describe(seen()) == (
        "it connects once as pika, 1.3, Python 3, heartbeat 30 s",
        'it asks for vhost "shop", and is let into the one that a case has',
        'it declares exchange "orders" (topic, durable)',
        "it declares a queue that the broker names (classic, exclusive)",
        'it declares queue "work" (classic, durable)',
        'it binds work to exchange "orders" with key "order.#"',
        "it consumes from amq.gen-1, without a prefetch count, its messages count as acked when they are sent (no_ack)",
        "it consumes from work, prefetch 7, and acks its messages",
    )


def test_passive_declarations() -> None:
    """What is only expected has no kind, and one that is declared keeps its own, in whichever order they come."""
    wire = Wire()
    java = QueueDeclare("work", passive=True, exclusive=True, auto_delete=True)
    wire.frame(OUT, java)
    wire.frame(OUT, QueueDeclare("work", durable=True))
    wire.frame(OUT, java)
    wire.frame(OUT, QueueDeclare("theirs", passive=True))
    wire.frame(OUT, ExchangeDeclare("orders", "headers", durable=True))
    wire.frame(OUT, ExchangeDeclare("orders", passive=True))
    assert list(describe(observe(wire.facts)))[:3] == [
        'it declares exchange "orders" (headers, durable)',
        'it declares queue "work" (classic, durable)',
        'it expects queue "theirs"',
    ]


def test_fetches() -> None:
    """One that asks for messages is known by it."""
    wire = Wire()
    wire.frame(OUT, BasicGet("work"))
    assert observe(wire.facts).fetches


@pytest.mark.parametrize(
    ("queue", "acks_first", "exit_status", "claimed", "denied"),
    [
        (
            "work",
            False,
            0,
            ("no-loss", "effect-once", "fair-dispatch", "heartbeat-safe", "graceful-stop"),
            (),
        ),
        ("work", False, -15, ("no-loss", "effect-once", "fair-dispatch", "heartbeat-safe"), ()),
        ("work", True, None, ("fair-dispatch", "heartbeat-safe"), ("no-loss",)),
        ("amq.gen-1", False, -15, (), ("no-loss",)),
    ],
)
def test_claims(
    queue: str,
    acks_first: bool,
    exit_status: int | None,
    claimed: tuple[str, ...],
    denied: tuple[str, ...],
) -> None:
    """Claims are suggested from how it acks, and how it ended; what cannot hold is denied."""
    consumer = seen().consumer_of(queue)
    assert consumer is not None
    found = claims(
        consumer, heartbeat=30, acks_first=acks_first, calls_http=False, exit_status=exit_status
    )
    assert found == (claimed, denied)


@pytest.mark.parametrize("acks_first", [True, False])
def test_claims_of_one_that_calls(*, acks_first: bool) -> None:
    """Who acks after its HTTP calls may claim that they may fail; who acks before loses what fails."""
    consumer = seen().consumer_of("work")
    assert consumer is not None
    claimed, _ = claims(
        consumer, heartbeat=30, acks_first=acks_first, calls_http=True, exit_status=0
    )
    assert ("survives-http-loss" in claimed) is not acks_first
