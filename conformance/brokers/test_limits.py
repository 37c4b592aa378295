"""Bounds, priorities and other arguments of a queue (document 2: "bounded by memory and disk alone")."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pika.exceptions import NackError

from .releases import release_of

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig


@pytest.mark.requirement("limits.drop-head")
def test_drop_head(broker: BrokerRig) -> None:
    """A queue with x-max-length drops its oldest messages to make room, and confirms the new ones."""
    queue = broker.declare.queue(arguments={"x-max-length": 2})
    broker.fill(queue, b"1", b"2", b"3")
    assert broker.drain(queue) == [b"2", b"3"]


@pytest.mark.requirement("limits.octets")
def test_limit_of_octets(broker: BrokerRig) -> None:
    """x-max-length-bytes counts the octets of the ready bodies."""
    queue = broker.declare.queue(arguments={"x-max-length-bytes": 10})
    broker.fill(queue, b"4444", b"6666 6", b"5 5 5")
    assert broker.drain(queue) == [b"5 5 5"]


@pytest.mark.requirement("limits.reject-publish")
def test_reject_publish(broker: BrokerRig) -> None:
    """With x-overflow reject-publish it is the new message that is refused, by basic.nack to its publisher."""
    queue = broker.declare.queue(arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
    broker.publish(b"1", queue)
    with pytest.raises(NackError):
        broker.publish(b"2", queue)
    assert broker.drain(queue) == [b"1"]


@pytest.mark.requirement("limits.unacked-uncounted")
def test_unacked_does_not_count(broker: BrokerRig) -> None:
    """Only what is ready counts for a limit."""
    queue = broker.declare.queue(arguments={"x-max-length": 1})
    broker.publish(b"held", queue)
    channel = broker.open.channel()
    broker.expect.held(queue, channel)
    broker.publish(b"ready", queue)
    assert (broker.look.state(queue).ready, broker.look.state(queue).unacked) == (1, 1)


@pytest.mark.requirement("limits.priorities")
def test_priorities(broker: BrokerRig) -> None:
    """With x-max-priority the highest comes first; beyond the maximum is the maximum, none is 0, equals keep order."""
    queue = broker.declare.queue(arguments={"x-max-priority": 5})
    for body, priority in ((b"none", None), (b"1", 1), (b"9", 9), (b"5", 5), (b"0", 0)):
        broker.publish(body, queue, priority=priority)
    assert broker.drain(queue) == [b"9", b"5", b"1", b"none", b"0"]


@pytest.mark.requirement("limits.no-priorities")
def test_no_priorities(broker: BrokerRig) -> None:
    """A queue without x-max-priority ignores the priorities of its messages."""
    queue = broker.declare.queue()
    for body, priority in ((b"low", 1), (b"high", 9)):
        broker.publish(body, queue, priority=priority)
    assert broker.drain(queue) == [b"low", b"high"]


@pytest.mark.requirement("limits.consumer-priorities")
def test_consumer_priorities(broker: BrokerRig) -> None:
    """A consumer with a higher x-priority gets all until it can take no more."""
    queue = broker.declare.queue()
    low = broker.consume(queue, prefetch=10)
    high = broker.consume(queue, prefetch=2, arguments={"x-priority": 1})
    broker.fill(queue, b"0", b"1", b"2", b"3")
    broker.wait.deliveries(2, high)
    broker.wait.deliveries(2, low)
    assert (high.bodies, low.bodies) == ([b"0", b"1"], [b"2", b"3"])


@pytest.mark.requirement("limits.cancel-notification")
def test_cancel_notification(broker: BrokerRig) -> None:
    """A consumer hears by basic.cancel that its queue was deleted, and its channel stays open."""
    queue = broker.declare.queue()
    inbox = broker.consume(queue)
    broker.open.channel().queue_delete(queue)
    broker.wait.until(lambda: inbox.cancelled, "basic.cancel at the consumer")
    assert inbox.channel.is_open


@pytest.mark.requirement("limits.single-active-consumer")
def test_single_active_consumer(broker: BrokerRig) -> None:
    """With x-single-active-consumer the first alone gets messages; when it goes the next takes over."""
    queue = broker.declare.queue(arguments={"x-single-active-consumer": True})
    first, second = broker.consume(queue), broker.consume(queue)
    broker.fill(queue, b"1", b"2")
    broker.wait.deliveries(2, first)
    assert second.received == []
    first.ack()
    first.cancel()
    broker.publish(b"3", queue)
    broker.wait.deliveries(1, second)
    assert (first.bodies, second.bodies) == ([b"1", b"2"], [b"3"])


@pytest.mark.requirement("limits.arguments-checked")
@pytest.mark.parametrize(
    "arguments",
    [
        {"x-max-length": -1},
        {"x-message-ttl": "soon"},
        {"x-expires": 0},
        {"x-overflow": "explode"},
        {"x-max-priority": 256},
        {"x-dead-letter-routing-key": "alone"},
    ],
    ids=lambda arguments: next(iter(arguments)),
)
def test_arguments_are_checked(broker: BrokerRig, arguments: dict[str, object]) -> None:
    """A queue's argument that means nothing is refused with 406."""
    with broker.expect.refusal(406):
        broker.declare.queue(arguments=arguments)


@pytest.mark.requirement("limits.queue-type-checked")
def test_queue_type_is_checked(broker: BrokerRig) -> None:
    """A queue of an unknown type is refused with 406; one without a name, with the release's code."""
    arguments = {"x-queue-type": "unheard-of"}
    with broker.expect.refusal(406):
        broker.declare.queue("orders", arguments=arguments)
    with broker.expect.refusal(release_of(broker.version).unknown_type_unnamed):
        broker.declare.queue(arguments=arguments)
