"""Taking a message by asking, and having it brought (document 2: by a request, or by a standing connection)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig


@pytest.mark.requirement("pull-and-push.get")
def test_get(broker: BrokerRig) -> None:
    """basic.get takes the oldest message, and get-ok says how many are left in the queue."""
    queue = broker.declare.queue()
    broker.fill(queue, b"one", b"two", b"three")
    got = [broker.expect.message(queue) for _ in range(3)]
    assert [(m.body, m.left) for m in got] == [(b"one", 2), (b"two", 1), (b"three", 0)]


@pytest.mark.requirement("pull-and-push.get-unacked")
def test_get_does_not_count_what_is_unacked(broker: BrokerRig) -> None:
    """A message that was got and is not settled is not ready: the counts of get-ok and declare leave it out."""
    queue = broker.declare.queue()
    broker.fill(queue, b"one", b"two")
    channel = broker.open.channel()
    first = broker.expect.held(queue, channel)
    assert (first.left, broker.look.ready(queue)) == (1, 1)
    assert (broker.look.state(queue).ready, broker.look.state(queue).unacked) == (1, 1)


@pytest.mark.requirement("pull-and-push.get-empty")
def test_get_empty(broker: BrokerRig) -> None:
    """basic.get from a queue without ready messages is answered get-empty, and waits for none."""
    queue = broker.declare.queue()
    assert broker.get(queue) is None
    broker.publish(b"held", queue)
    holder = broker.open.channel()
    broker.expect.held(queue, holder)
    assert broker.get(queue) is None, "an unacked message was given again"


@pytest.mark.requirement("pull-and-push.consume")
def test_consume(broker: BrokerRig) -> None:
    """A consumer gets what is there and what comes later, in order, without asking again."""
    queue = broker.declare.queue()
    broker.publish(b"before", queue)
    inbox = broker.consume(queue, consumer_tag="mine")
    broker.wait.deliveries(1, inbox)
    broker.fill(queue, b"after 1", b"after 2")
    messages = broker.wait.deliveries(3, inbox)
    assert inbox.bodies == [b"before", b"after 1", b"after 2"]
    assert [m.tag for m in messages] == [1, 2, 3], "delivery tags count from 1 per channel"
    assert inbox.consumer_tag == "mine"


@pytest.mark.requirement("pull-and-push.cancel")
def test_cancel(broker: BrokerRig) -> None:
    """After basic.cancel nothing more comes, and what was delivered can still be acknowledged."""
    queue = broker.declare.queue()
    broker.publish(b"first", queue)
    inbox = broker.consume(queue)
    broker.wait.deliveries(1, inbox)
    inbox.cancel()
    broker.publish(b"second", queue)
    inbox.ack()
    assert broker.look.ready(queue) == 1, "the second message went to a cancelled consumer"
    broker.wait.settled(queue)
    assert inbox.bodies == [b"first"]
