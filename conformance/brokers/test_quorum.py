"""What a quorum queue does that a classic one does not: it counts how often a message came back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pika.exceptions import NackError

from .releases import release_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers import BrokerRig, Received


RETRY_MS = 500


def _quorum(broker: BrokerRig, name: str = "orders", **arguments: Any) -> str:
    """Declare a quorum queue; an underscore in an argument stands for a hyphen."""
    given = {key.replace("_", "-"): value for key, value in arguments.items()}
    return broker.declare.queue(name, arguments={"x-queue-type": "quorum", **given})


def _return(channel: BlockingChannel, received: Received, method: str = "basic_reject") -> None:
    getattr(channel, method)(received.tag, requeue=True)


def _held(broker: BrokerRig, queue: str, channel: BlockingChannel) -> Received:
    """Get the next message, as soon as the queue has it: what was returned may still be on its way."""
    broker.wait.until(lambda: broker.look.ready(queue) > 0, f"a message in {queue}")
    return broker.expect.held(queue, channel)


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


@pytest.mark.requirement("quorum.counted")
def test_counted(broker: BrokerRig) -> None:
    """The first delivery is not redelivered; after a reject x-delivery-count says 1, then 2."""
    queue, channel = _quorum(broker), broker.open.channel()
    broker.publish(b"order", queue)
    first = _held(broker, queue, channel)
    assert (first.redelivered, first.headers.get("x-delivery-count", 0)) == (False, 0)
    for count in (1, 2):
        _return(channel, first)
        first = _held(broker, queue, channel)
        assert (first.redelivered, first.headers["x-delivery-count"]) == (True, count)


@pytest.mark.requirement("quorum.nack-counted")
def test_nack_counted(broker: BrokerRig) -> None:
    """A nack with requeue counts as a delivery on 3.10 and 4.0; on 4.3 it is told by x-acquired-count alone."""
    queue, channel = _quorum(broker), broker.open.channel()
    broker.publish(b"order", queue)
    _return(channel, _held(broker, queue, channel), "basic_nack")
    again = _held(broker, queue, channel)
    counts = {key: value for key, value in again.headers.items() if key.endswith("-count")}
    nack_fails = release_of(broker.version).nack_fails
    assert again.redelivered
    assert counts == ({"x-delivery-count": 1} if nack_fails else {"x-acquired-count": 1})


def _dead_lettering(broker: BrokerRig, **arguments: Any) -> str:
    """Declare a quorum queue whose dead letters go to `dead`."""
    dead = broker.declare.queue("dead")
    return _quorum(broker, x_dead_letter_exchange="", x_dead_letter_routing_key=dead, **arguments)


def _deliveries_until_dead(broker: BrokerRig, queue: str, most: int) -> int:
    """Reject the one message of a queue until it is dead, or `most` times; say how often it was delivered."""
    inbox = broker.consume(queue, prefetch=1)

    def is_next() -> bool:
        return len(inbox.received) > rejected or broker.look.ready("dead") > 0

    for rejected in range(most + 1):
        broker.wait.until(is_next, "another delivery, or the end of the message")
        if rejected == most or len(inbox.received) == rejected:
            break
        _return(inbox.channel, inbox.received[-1])
        broker.wait.answered(inbox.channel)
    return len(inbox.received)


@pytest.mark.requirement("quorum.delivery-limit")
def test_delivery_limit(broker: BrokerRig) -> None:
    """With x-delivery-limit 2 the third failed delivery is the last: the message dies of `delivery_limit`."""
    queue = _dead_lettering(broker, x_delivery_limit=2)
    broker.publish(b"poison", queue)
    assert _deliveries_until_dead(broker, queue, 10) == 3
    letter = broker.expect.message("dead")
    assert (letter.body, letter.headers["x-death"][0]["reason"]) == (b"poison", "delivery_limit")
    assert letter.headers["x-first-death-reason"] == "delivery_limit"


@pytest.mark.requirement("quorum.default-limit")
def test_default_limit(broker: BrokerRig) -> None:
    """Without a limit of its own a queue gives a message up at its 21st failure (4.0, 4.3), or never (3.10)."""
    queue = _dead_lettering(broker)
    broker.publish(b"poison", queue)
    limit = release_of(broker.version).default_delivery_limit
    expected = 26 if limit is None else limit + 1
    assert _deliveries_until_dead(broker, queue, 25) == expected


@pytest.mark.requirement("quorum.lost-consumer")
def test_lost_consumer(broker: BrokerRig) -> None:
    """A consumer that ends has failed all that it had in hand, also what it had not looked at."""
    queue = _quorum(broker)
    broker.fill(queue, b"1", b"2", b"3")
    inbox = broker.consume(queue, prefetch=3)
    broker.wait.deliveries(3, inbox)
    inbox.channel.close()
    channel = broker.open.channel()
    again = [_held(broker, queue, channel) for _ in range(3)]
    assert [each.body for each in again] == [b"1", b"2", b"3"]
    assert [each.headers["x-delivery-count"] for each in again] == [1, 1, 1]


@pytest.mark.requirement("quorum.returned-first")
def test_returned_first(broker: BrokerRig) -> None:
    """What is returned comes first, in the order of its return, and not in its old place."""
    queue, channel = _quorum(broker, x_delivery_limit=5), broker.open.channel()
    broker.fill(queue, b"1", b"2", b"3", b"4")
    held = [_held(broker, queue, channel) for _ in range(3)]
    for received in (held[2], held[0], held[1]):
        _return(channel, received)
    broker.wait.answered(channel)
    broker.wait.ready(queue, 4, "all to come back")
    assert broker.drain(queue) == [b"3", b"1", b"2", b"4"]


@pytest.mark.requirement("quorum.room-again")
def test_room_again(broker: BrokerRig) -> None:
    """One that is full, and acks when the other has been served, gets not the next message but the one after it."""
    queue = _quorum(broker)
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
    queue = _quorum(broker)
    for body, priority in ((b"1", 1), (b"none", None), (b"5", 5), (b"0", 0), (b"9", 9)):
        broker.publish(body, queue, priority=priority)
    assert broker.drain(queue) == list(release_of(broker.version).quorum_order)


@pytest.mark.requirement("quorum.length")
def test_length(broker: BrokerRig) -> None:
    """A full quorum queue drops its oldest message."""
    queue = _quorum(broker, x_max_length=2)
    broker.fill(queue, b"1", b"2", b"3")
    broker.wait.ready(queue, 2, "the oldest to be dropped")
    assert broker.drain(queue) == [b"2", b"3"]


@pytest.mark.requirement("quorum.transient-kept")
@pytest.mark.restarts_broker
def test_transient_kept(broker: BrokerRig) -> None:
    """A restart leaves every message of a quorum queue, whatever its delivery mode."""
    queue = _quorum(broker)
    broker.publish(b"transient", queue, delivery_mode=1)
    broker.publish(b"persistent", queue, delivery_mode=2)
    broker.restart()
    broker.wait.until(lambda: broker.look.ready(queue) == 2, "both messages after the restart")
    assert broker.drain(queue) == [b"transient", b"persistent"]


@pytest.mark.requirement("quorum.not-supported")
def test_not_supported(broker: BrokerRig) -> None:
    """basic.get beside a single active consumer is 405; deleting under a condition is 540."""
    queue = _quorum(broker, x_single_active_consumer=True)
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
    queue, channel = _quorum(broker), broker.open.channel()
    channel.basic_qos(prefetch_count=5, global_qos=True)
    if release_of(broker.version).global_prefetch:
        with broker.expect.refusal(540):
            channel.basic_consume(queue, lambda *_: None)
    else:
        assert broker.consume(queue, channel).consumer_tag


@pytest.mark.requirement("quorum.exclusive-consumer")
def test_exclusive_consumer(broker: BrokerRig) -> None:
    """An exclusive consumer is one like others: a second one is let in."""
    queue = _quorum(broker)
    first = broker.consume(queue, prefetch=1, exclusive=True)
    second = broker.consume(queue, prefetch=1, exclusive=True)
    broker.fill(queue, b"1", b"2")
    broker.wait.deliveries(1, first)
    broker.wait.deliveries(1, second)


ARRIVING: dict[str, Any] = {
    "dead-letter-exchange": "",
    "dead-letter-strategy": "at-least-once",
    "overflow": "reject-publish",
}


def _refuse(broker: BrokerRig, queue: str) -> None:
    """Have a message refused for good."""
    channel = broker.open.channel()
    broker.publish(b"order", queue)
    channel.basic_reject(_held(broker, queue, channel).tag, requeue=False)
    broker.wait.answered(channel)


@pytest.mark.requirement("quorum.dead-letters-stay")
def test_dead_letters_stay(broker: BrokerRig) -> None:
    """A dead letter that is to arrive at least once stays while nobody takes it, and goes as soon as it can."""
    queue, dead = _quorum(broker), broker.declare.queue("dead")
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
    queue = _quorum(
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


@pytest.mark.requirement("quorum.delayed-retry")
@pytest.mark.parametrize(
    ("kind", "method", "waits"),
    [
        ("all", "basic_nack", True),
        ("failed", "basic_nack", False),
        ("failed", "basic_reject", True),
        ("returned", "basic_reject", False),
    ],
)
def test_delayed_retry(broker: BrokerRig, kind: str, method: str, *, waits: bool) -> None:
    """On 4.3 a queue may wait before it serves again what came back, by nack, as failed, or both."""
    if not release_of(broker.version).delays_retries:
        kind, waits = "disabled", False
    queue = _quorum(broker, x_delayed_retry_type=kind, x_delayed_retry_min=RETRY_MS)
    channel = broker.open.channel()
    broker.publish(b"order", queue)
    first = _held(broker, queue, channel)
    with broker.expect.at_least(RETRY_MS / 1000 * 0.9 if waits else 0):
        _return(channel, first, method)
        again = _held(broker, queue, channel)
    assert again.redelivered
