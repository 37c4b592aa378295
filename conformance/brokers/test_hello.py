"""Hello world: the default exchange, declaring, and who may be there when (document 2, one producer, one consumer)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig


@pytest.mark.requirement("hello.default-exchange")
def test_default_exchange(broker: BrokerRig) -> None:
    """The exchange with the empty name brings a message to the queue whose name is its routing key, and to no other."""
    queue, other = broker.declare.queue("hello"), broker.declare.queue("other")
    broker.publish(b"Hello World!", queue)
    message = broker.expect.message(queue)
    assert (message.body, message.exchange, message.routing_key) == (b"Hello World!", "", queue)
    assert broker.drain(other) == [], "a queue of another name got it too"


@pytest.mark.requirement("hello.get-or-create")
def test_declare_is_get_or_create(broker: BrokerRig) -> None:
    """Declaring a queue again, on whichever connection, finds it as it is, with what is in it."""
    queue = broker.declare.queue("hello")
    broker.publish(b"kept", queue)
    again = broker.open.channel().queue_declare(queue, durable=True).method
    assert (again.queue, again.message_count, again.consumer_count) == (queue, 1, 0)
    assert broker.drain(queue) == [b"kept"], "declaring again changed what is in the queue"


@pytest.mark.requirement("hello.producer-leaves")
def test_message_stays_when_its_producer_leaves(broker: BrokerRig) -> None:
    """A producer may close its connection at once: the message waits for a consumer that comes later."""
    queue = broker.declare.queue("hello")
    producer = broker.open.connection()
    producer.channel().basic_publish("", queue, b"Hello World!")
    producer.close()
    assert [m.body for m in broker.wait.deliveries(1, broker.consume(queue))] == [b"Hello World!"]


@pytest.mark.requirement("hello.several-producers")
def test_several_producers(broker: BrokerRig) -> None:
    """Several producers may publish to one queue; the messages of each stay in its order."""
    queue = broker.declare.queue("hello")
    producers = [broker.open.channel() for _ in range(3)]
    for number in range(3):
        for name, producer in enumerate(producers):
            producer.basic_publish("", queue, b"%d %d" % (name, number))
    broker.wait.ready(queue, 9)
    got = broker.drain(queue)
    for name in range(3):
        own = [body for body in got if body.startswith(b"%d " % name)]
        assert own == [b"%d %d" % (name, n) for n in range(3)], f"producer {name}: {own}"


@pytest.mark.requirement("hello.several-consumers")
def test_several_consumers(broker: BrokerRig) -> None:
    """Several consumers may consume one queue; each message goes to exactly one of them."""
    queue = broker.declare.queue("hello")
    inboxes = [broker.consume(queue) for _ in range(3)]
    sent = [b"%d" % n for n in range(9)]
    broker.fill(queue, *sent)
    broker.wait.deliveries(9, *inboxes)
    assert sorted(body for inbox in inboxes for body in inbox.bodies) == sent
