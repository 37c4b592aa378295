"""A quorum queue counts how often a message came back, gives it up one day, and says where it comes back to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from warren.rigs.brokers import wire

from .quorum import dead_lettering, declare_quorum, give_back, held
from .releases import release_of

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig

RETRY_MS = 500


@pytest.mark.requirement("quorum.counted")
def test_counted(broker: BrokerRig) -> None:
    """The first delivery is not redelivered; after a reject x-delivery-count says 1, then 2."""
    queue, channel = declare_quorum(broker), broker.open.channel()
    broker.publish(b"order", queue)
    first = held(broker, queue, channel)
    assert (first.redelivered, first.headers.get("x-delivery-count", 0)) == (False, 0)
    for count in (1, 2):
        give_back(channel, first)
        first = held(broker, queue, channel)
        assert (first.redelivered, first.headers["x-delivery-count"]) == (True, count)


@pytest.mark.requirement("quorum.nack-counted")
def test_nack_counted(broker: BrokerRig) -> None:
    """A nack with requeue counts as a delivery on 3.10 and 4.0; on 4.3 it is told by x-acquired-count alone."""
    queue, channel = declare_quorum(broker), broker.open.channel()
    broker.publish(b"order", queue)
    give_back(channel, held(broker, queue, channel), "basic_nack")
    again = held(broker, queue, channel)
    counts = {key: value for key, value in again.headers.items() if key.endswith("-count")}
    nack_fails = release_of(broker.version).nack_fails
    assert again.redelivered
    assert counts == ({"x-delivery-count": 1} if nack_fails else {"x-acquired-count": 1})


def _deliveries_until_dead(broker: BrokerRig, queue: str, most: int) -> int:
    """Reject the one message of a queue until it is dead, or `most` times; say how often it was delivered."""
    inbox = broker.consume(queue, prefetch=1)

    def is_next() -> bool:
        return len(inbox.received) > rejected or broker.look.ready("dead") > 0

    for rejected in range(most + 1):
        broker.wait.until(is_next, "another delivery, or the end of the message")
        if rejected == most or len(inbox.received) == rejected:
            break
        give_back(inbox.channel, inbox.received[-1])
        broker.wait.answered(inbox.channel)
    return len(inbox.received)


@pytest.mark.requirement("quorum.delivery-limit")
def test_delivery_limit(broker: BrokerRig) -> None:
    """With x-delivery-limit 2 the third failed delivery is the last: the message dies of `delivery_limit`."""
    queue = dead_lettering(broker, x_delivery_limit=2)
    broker.publish(b"poison", queue)
    assert _deliveries_until_dead(broker, queue, 10) == 3
    letter = broker.expect.message("dead")
    assert (letter.body, letter.headers["x-death"][0]["reason"]) == (b"poison", "delivery_limit")
    assert letter.headers["x-first-death-reason"] == "delivery_limit"


@pytest.mark.requirement("quorum.default-limit")
def test_default_limit(broker: BrokerRig) -> None:
    """Without a limit of its own a queue gives a message up at its 21st failure (4.0, 4.3), or never (3.10)."""
    queue = dead_lettering(broker)
    broker.publish(b"poison", queue)
    limit = release_of(broker.version).default_delivery_limit
    expected = 26 if limit is None else limit + 1
    assert _deliveries_until_dead(broker, queue, 25) == expected


@pytest.mark.requirement("quorum.lost-consumer")
def test_lost_consumer(broker: BrokerRig) -> None:
    """A consumer that ends has failed all that it had in hand, also what it had not looked at."""
    queue = declare_quorum(broker)
    broker.fill(queue, b"1", b"2", b"3")
    inbox = broker.consume(queue, prefetch=3)
    broker.wait.deliveries(3, inbox)
    inbox.channel.close()
    channel = broker.open.channel()
    again = [held(broker, queue, channel) for _ in range(3)]
    assert [each.body for each in again] == [b"1", b"2", b"3"]
    assert [each.headers["x-delivery-count"] for each in again] == [1, 1, 1]


@pytest.mark.requirement("quorum.lost-connection")
def test_lost_connection(broker: BrokerRig) -> None:
    """A connection that breaks has failed all that it had in hand, on each channel, consumed or asked for."""
    queue, client = declare_quorum(broker), broker.open.raw_channel()
    broker.fill(queue, b"1", b"2", b"3")
    client.send(1, wire.BasicGet(queue=queue))
    client.expect(wire.BasicGetOk)
    client.read_body()
    client.open_channel(2)
    client.send(
        2, wire.BasicQos(prefetch_count=2)
    )  # it is not given what channel 1 had before it goes itself
    client.expect(wire.BasicQosOk)
    client.send(2, wire.BasicConsume(queue=queue))
    client.expect(wire.BasicConsumeOk)
    for _ in range(2):
        client.expect(wire.BasicDeliver)
        client.read_body()
    client.close()
    channel = broker.open.channel()
    again = [held(broker, queue, channel) for _ in range(3)]
    assert sorted(each.body for each in again) == [b"1", b"2", b"3"]
    assert [each.headers["x-delivery-count"] for each in again] == [1, 1, 1]


@pytest.mark.requirement("quorum.returned-first")
def test_returned_first(broker: BrokerRig) -> None:
    """What is returned comes first, in the order of its return, and not in its old place."""
    queue, channel = declare_quorum(broker, x_delivery_limit=5), broker.open.channel()
    broker.fill(queue, b"1", b"2", b"3", b"4")
    first, second, third = (held(broker, queue, channel) for _ in range(3))
    for received in (third, first, second):
        give_back(channel, received)
    broker.wait.answered(channel)
    broker.wait.ready(queue, 4, "all to come back")
    assert broker.drain(queue) == [b"3", b"1", b"2", b"4"]


@pytest.mark.requirement("quorum.unlimited-nack")
def test_unlimited_nack(broker: BrokerRig) -> None:
    """Without a delivery limit a nack with requeue goes to the tail (3.10, 4.0), or comes first (4.3)."""
    release = release_of(broker.version)
    unlimited: dict[str, Any] = (
        {} if release.default_delivery_limit is None else {"x_delivery_limit": -1}
    )
    queue, channel = declare_quorum(broker, **unlimited), broker.open.channel()
    broker.fill(queue, b"1", b"2", b"3")
    give_back(channel, held(broker, queue, channel), "basic_nack")
    broker.wait.answered(channel)
    broker.wait.ready(queue, 3, "the first to come back")
    order = [b"2", b"3", b"1"] if release.unlimited_to_the_tail else [b"1", b"2", b"3"]
    assert broker.drain(queue) == order


@pytest.mark.requirement("quorum.priority-forgotten")
def test_priority_forgotten(broker: BrokerRig) -> None:
    """What came back has no priority any more: it is served in the order of its return, before anything new."""
    queue, channel = declare_quorum(broker, x_delivery_limit=5), broker.open.channel()
    broker.publish(b"high", queue, priority=9)
    broker.publish(b"low", queue, priority=0)
    high, low = (held(broker, queue, channel) for _ in range(2))
    broker.publish(b"new", queue, priority=9)
    for received in (low, high):
        give_back(channel, received)
    broker.wait.answered(channel)
    broker.wait.ready(queue, 3, "both to come back")
    assert broker.drain(queue) == [b"low", b"high", b"new"]


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
    queue = declare_quorum(broker, x_delayed_retry_type=kind, x_delayed_retry_min=RETRY_MS)
    channel = broker.open.channel()
    broker.publish(b"order", queue)
    first = held(broker, queue, channel)
    with broker.expect.at_least(RETRY_MS / 1000 * 0.9 if waits else 0):
        give_back(channel, first, method)
        again = held(broker, queue, channel)
    assert again.redelivered
