"""Taking a message by asking, and having it brought (document 2: by a request, or by a standing connection)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig


@pytest.mark.requirement("pull-and-push.get")
def test_get(broker: BrokerRig) -> None:
    """basic.get takes the oldest message, and get-ok says how many are left in the queue."""
    queue = broker.queue()
    for body in (b"one", b"two", b"three"):
        broker.publish(body, queue)
    got = [broker.get(queue) for _ in range(3)]
    assert [(m.body, m.left) for m in got if m] == [(b"one", 2), (b"two", 1), (b"three", 0)]


@pytest.mark.requirement("pull-and-push.get-unacked")
def test_get_does_not_count_what_is_unacked(broker: BrokerRig) -> None:
    """What was got and is not settled is not ready: the counts of get-ok and declare leave it out."""
    queue = broker.queue()
    for body in (b"one", b"two"):
        broker.publish(body, queue)
    channel = broker.channel()
    first = broker.get(queue, channel, auto_ack=False)
    assert first is not None
    assert (first.left, broker.ready(queue)) == (1, 1)
    assert (broker.state(queue).ready, broker.state(queue).unacked) == (1, 1)


@pytest.mark.requirement("pull-and-push.get-empty")
def test_get_empty(broker: BrokerRig) -> None:
    """basic.get from a queue without ready messages is answered get-empty, and waits for none."""
    queue = broker.queue()
    assert broker.get(queue) is None
    broker.publish(b"held", queue)
    holder = broker.channel()
    assert broker.get(queue, holder, auto_ack=False) is not None
    assert broker.get(queue) is None, "an unacked message was given again"


@pytest.mark.requirement("pull-and-push.consume")
def test_consume(broker: BrokerRig) -> None:
    """A consumer gets what is there and what comes later, in order, without asking again."""
    queue = broker.queue()
    broker.publish(b"before", queue)
    inbox = broker.consume(queue, consumer_tag="mine")
    broker.arrive(inbox, 1)
    for body in (b"after 1", b"after 2"):
        broker.publish(body, queue)
    messages = broker.arrive(inbox, 3)
    assert inbox.bodies == [b"before", b"after 1", b"after 2"]
    assert [m.tag for m in messages] == [1, 2, 3], "delivery tags count from 1 per channel"
    assert inbox.consumer_tag == "mine"


@pytest.mark.requirement("pull-and-push.cancel")
def test_cancel(broker: BrokerRig) -> None:
    """After basic.cancel nothing more comes, and what was delivered can still be acknowledged."""
    queue = broker.queue()
    broker.publish(b"first", queue)
    inbox = broker.consume(queue)
    broker.arrive(inbox, 1)
    inbox.cancel()
    broker.publish(b"second", queue)
    inbox.ack()
    assert broker.ready(queue) == 1, "the second message went to a cancelled consumer"
    broker.until(lambda: broker.state(queue).unacked == 0, "the ack to be taken")
    assert inbox.bodies == [b"first"]
