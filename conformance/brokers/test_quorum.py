"""What a quorum queue does that a classic one does not; what it makes of returns is in `test_quorum_returns`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pika.exceptions import NackError

from .quorum import dead_lettering, declare_quorum, held
from .releases import release_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers import BrokerRig


@pytest.mark.requirement("quorum.durable-and-shared")
@pytest.mark.parametrize(
    "other",
    [{"durable": False}, {"exclusive": True}, {"auto_delete": True}, {"queue": ""}],
    ids=["transient", "exclusive", "auto-delete", "unnamed"],
)
def test_durable_and_shared(broker: BrokerRig, other: dict[str, Any]) -> None:
    """A quorum queue is durable, everybody's, there to stay and named by the client: 406 otherwise."""
    given: dict[str, Any] = {"queue": "orders", "durable": True, **other}
    with broker.expect.refusal(406):
        broker.open.channel().queue_declare(**given, arguments={"x-queue-type": "quorum"})


@pytest.mark.requirement("quorum.foreign-arguments")
@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("quorum", "x-max-priority", 5),
        ("quorum", "x-queue-mode", "lazy"),
        ("quorum", "x-max-age", "1h"),
        ("classic", "x-delivery-limit", 3),
        ("classic", "x-dead-letter-strategy", "at-most-once"),
        ("classic", "x-max-age", "1h"),
    ],
)
def test_foreign_arguments(broker: BrokerRig, kind: str, key: str, value: object) -> None:
    """An argument that only another type of queue knows is 406; one that no type knows is let pass."""
    with broker.expect.refusal(406):
        broker.open.channel().queue_declare(
            "orders", durable=True, arguments={"x-queue-type": kind, key: value}
        )
    arguments = {"x-queue-type": kind, "x-unheard-of": value}
    assert broker.declare.queue("orders", arguments=arguments) == "orders"


@pytest.mark.requirement("quorum.other-type")
@pytest.mark.parametrize(("first", "other"), [("classic", "quorum"), ("quorum", "classic")])
def test_other_type(broker: BrokerRig, first: str, other: str) -> None:
    """A queue that is there is not declared again as one of another type: 406."""
    broker.declare.queue("orders", arguments={"x-queue-type": first})
    with broker.expect.refusal(406):
        broker.open.channel().queue_declare(
            "orders", durable=True, arguments={"x-queue-type": other}
        )


@pytest.mark.requirement("quorum.room-again")
def test_room_again(broker: BrokerRig) -> None:
    """One that is full, and acks when the other has been served, gets not the next message but the one after it."""
    queue = declare_quorum(broker)
    full, other = broker.consume(queue, prefetch=1), broker.consume(queue)
    broker.publish(b"1", queue)
    broker.wait.deliveries(1, full)
    broker.publish(b"2", queue)
    broker.wait.deliveries(1, other)
    full.ack()
    broker.wait.answered(full.channel)
    broker.publish(b"3", queue)
    broker.wait.deliveries(2, other)
    broker.publish(b"4", queue)
    broker.wait.deliveries(2, full)
    assert (full.bodies, other.bodies) == ([b"1", b"4"], [b"2", b"3"])


@pytest.mark.requirement("quorum.priorities")
def test_priorities(broker: BrokerRig) -> None:
    """Priorities are strict on 4.3 (4 where none is given), two levels on 4.0, and nothing on 3.10."""
    queue = declare_quorum(broker)
    for body, priority in ((b"1", 1), (b"none", None), (b"5", 5), (b"0", 0), (b"9", 9)):
        broker.publish(body, queue, priority=priority)
    assert broker.drain(queue) == list(release_of(broker.version).quorum_order)


@pytest.mark.requirement("quorum.length")
def test_length(broker: BrokerRig) -> None:
    """A full quorum queue drops its oldest message."""
    queue = declare_quorum(broker, x_max_length=2)
    broker.fill(queue, b"1", b"2", b"3")
    broker.wait.ready(queue, 2, "the oldest to be dropped")
    assert broker.drain(queue) == [b"2", b"3"]


@pytest.mark.requirement("quorum.ttl-zero")
@pytest.mark.parametrize(
    ("of_queue", "of_message"), [({"x_message_ttl": 0}, None), ({}, "0")], ids=["queue", "message"]
)
def test_ttl_of_zero(broker: BrokerRig, of_queue: dict[str, Any], of_message: str | None) -> None:
    """A message that may live for 0 ms reaches a consumer that waits; otherwise it dies of `expired`."""
    queue = dead_lettering(broker, **of_queue)
    broker.publish(b"nobody is there", queue, expiration=of_message)
    broker.wait.ready("dead", 1)
    letter = broker.expect.message("dead")
    assert (letter.body, letter.headers["x-death"][0]["reason"]) == (b"nobody is there", "expired")
    inbox = broker.consume(queue)
    broker.publish(b"somebody is there", queue, expiration=of_message)
    broker.wait.deliveries(1, inbox)
    assert inbox.bodies == [b"somebody is there"]


@pytest.mark.requirement("quorum.transient-kept")
@pytest.mark.restarts_broker
def test_transient_kept(broker: BrokerRig) -> None:
    """A restart leaves every message of a quorum queue, whatever its delivery mode."""
    queue = declare_quorum(broker)
    broker.publish(b"transient", queue, delivery_mode=1)
    broker.publish(b"persistent", queue, delivery_mode=2)
    broker.restart()
    broker.wait.until(lambda: broker.look.ready(queue) == 2, "both messages after the restart")
    assert broker.drain(queue) == [b"transient", b"persistent"]


@pytest.mark.requirement("quorum.not-supported")
def test_not_supported(broker: BrokerRig) -> None:
    """basic.get beside a single active consumer is 405; deleting under a condition is 540."""
    queue = declare_quorum(broker, x_single_active_consumer=True)
    with broker.expect.refusal(405):
        broker.open.channel().basic_get(queue)
    uses: tuple[Callable[[BlockingChannel], object], ...] = (
        lambda channel: channel.queue_delete(queue, if_unused=True),
        lambda channel: channel.queue_delete(queue, if_empty=True),
    )
    for use in uses:
        with broker.expect.refusal(540):
            use(broker.open.channel())


@pytest.mark.requirement("quorum.global-prefetch")
def test_global_prefetch(broker: BrokerRig) -> None:
    """Where `global` limits a whole channel (3.10, 4.0), a quorum queue cannot be consumed on it: 540."""
    queue, channel = declare_quorum(broker), broker.open.channel()
    channel.basic_qos(prefetch_count=5, global_qos=True)
    if release_of(broker.version).global_prefetch:
        with broker.expect.refusal(540):
            channel.basic_consume(queue, lambda *_: None)
    else:
        assert broker.consume(queue, channel).consumer_tag


@pytest.mark.requirement("quorum.exclusive-consumer")
def test_exclusive_consumer(broker: BrokerRig) -> None:
    """An exclusive consumer is one like others: a second one is let in."""
    queue = declare_quorum(broker)
    first = broker.consume(queue, prefetch=1, exclusive=True)
    second = broker.consume(queue, prefetch=1, exclusive=True)
    broker.fill(queue, b"1", b"2")
    broker.wait.deliveries(1, first)
    broker.wait.deliveries(1, second)


@pytest.mark.requirement("quorum.single-active")
def test_single_active(broker: BrokerRig) -> None:
    """The active consumer makes way for one of a higher priority once it holds nothing (4.0, 4.3); on 3.10 it stays."""
    queue = declare_quorum(broker, x_single_active_consumer=True)
    low = broker.consume(queue)
    broker.publish(b"1", queue)
    broker.wait.deliveries(1, low)
    middle, high = (broker.consume(queue, arguments={"x-priority": each}) for each in (5, 10))
    broker.publish(b"2", queue)  # the active one has room for it, but is to make way
    low.ack()
    broker.wait.deliveries(2, low, high)
    high.channel.close()
    broker.wait.deliveries(2, low, middle)
    if release_of(broker.version).single_active_by_priority:
        assert (low.bodies, high.bodies, middle.bodies) == ([b"1"], [b"2"], [b"2"])
    else:
        assert (low.bodies, high.bodies, middle.bodies) == ([b"1", b"2"], [], [])


ARRIVING: dict[str, Any] = {
    "dead-letter-exchange": "",
    "dead-letter-strategy": "at-least-once",
    "overflow": "reject-publish",
}


def _refuse(broker: BrokerRig, queue: str) -> None:
    """Have a message refused for good."""
    channel = broker.open.channel()
    broker.publish(b"order", queue)
    channel.basic_reject(held(broker, queue, channel).tag, requeue=False)
    broker.wait.answered(channel)


@pytest.mark.requirement("quorum.dead-letters-stay")
def test_dead_letters_stay(broker: BrokerRig) -> None:
    """A dead letter that is to arrive at least once stays while nobody takes it, and goes as soon as it can."""
    queue, dead = declare_quorum(broker), broker.declare.queue("dead")
    broker.operate.policy("^orders$", ARRIVING | {"dead-letter-routing-key": "nobody"})
    _refuse(broker, queue)
    assert broker.look.ready(queue) == 0
    broker.operate.policy("^orders$", ARRIVING | {"dead-letter-routing-key": dead})
    broker.wait.ready(dead, 1, "the dead letter")
    (death,) = broker.expect.message(dead).headers["x-death"]
    assert (death["queue"], death["reason"], death["count"]) == (queue, "rejected", 1)


@pytest.mark.requirement("quorum.dead-letters-count")
@pytest.mark.parametrize(("strategy", "room"), [("at-least-once", 1), ("at-most-once", 2)])
def test_dead_letters_count(broker: BrokerRig, strategy: str, room: int) -> None:
    """Dead letters that have not arrived take room in their queue, which refuses publishes sooner."""
    queue = declare_quorum(
        broker,
        x_dead_letter_exchange="",
        x_dead_letter_routing_key="nobody",
        x_dead_letter_strategy=strategy,
        x_overflow="reject-publish",
        x_max_length=1,
    )
    _refuse(broker, queue)
    for _ in range(room):
        broker.publish(b"more", queue)
    with pytest.raises(NackError):
        broker.publish(b"more", queue)
