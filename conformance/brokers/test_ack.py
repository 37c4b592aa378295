"""Who owes what for a delivery (document 2: "ACK", AMQP_AUTOACK, ack(), nack(), the common mistake)."""

from __future__ import annotations

import pytest

from warren.rigs.brokers import BrokerRig, RawClient, wire


def _filled(broker: BrokerRig, *bodies: bytes) -> str:
    queue = broker.declare.queue()
    broker.fill(queue, *bodies)
    return queue


def _raw_consumer(broker: BrokerRig, queue: str, *, no_ack: bool) -> RawClient:
    """Consume one message with a raw client, whose `close` is a death without a word."""
    client = broker.open.raw_channel()
    client.send(1, wire.BasicConsume(queue=queue, no_ack=no_ack))
    client.expect(wire.BasicConsumeOk)
    client.expect(wire.BasicDeliver)
    client.read_body()
    return client


@pytest.mark.requirement("ack.auto-ack-lost")
def test_auto_ack_loses_what_a_dying_consumer_held(broker: BrokerRig) -> None:
    """With auto-ack a message is gone from the queue when it is sent, whatever becomes of the consumer."""
    queue = _filled(broker, b"lost")
    client = _raw_consumer(broker, queue, no_ack=True)
    client.close()
    state = broker.look.state(queue)
    assert (state.ready, state.unacked) == (0, 0)


@pytest.mark.requirement("ack.auto-ack-no-return")
@pytest.mark.parametrize("requeue", [True, False])
def test_auto_acked_cannot_be_returned(broker: BrokerRig, *, requeue: bool) -> None:
    """A delivery that was auto-acked has no tag that could be settled: nack is 406."""
    queue = _filled(broker, b"gone")
    channel = broker.open.channel()
    message = broker.expect.message(queue, channel)
    with broker.expect.refusal(406, on=channel):
        channel.basic_nack(message.tag, requeue=requeue)
    assert broker.drain(queue) == []


@pytest.mark.requirement("ack.unacked-invisible", "ack.returns-when-channel-closes")
def test_unacked_is_invisible_until_the_channel_closes(broker: BrokerRig) -> None:
    """An unsettled message is given to nobody else; when its channel closes it is ready again, and redelivered."""
    queue = _filled(broker, b"held")
    connection = broker.open.connection()
    channel = broker.open.channel(connection)
    message = broker.expect.held(queue, channel)
    assert not message.redelivered
    other = broker.consume(queue)
    assert broker.get(queue) is None, "another one got it"
    assert other.received == []
    channel.close()
    broker.wait.deliveries(1, other)
    assert [(m.body, m.redelivered) for m in other.received] == [(b"held", True)]
    assert connection.is_open, "closing the channel was enough"


@pytest.mark.requirement("ack.returns-when-consumer-dies")
def test_unacked_returns_when_its_consumer_dies(broker: BrokerRig) -> None:
    """When a connection breaks without a word, what was delivered over it and not settled returns to its queue."""
    queue = _filled(broker, b"held")
    client = _raw_consumer(broker, queue, no_ack=False)
    other = broker.consume(queue)
    assert broker.look.ready(queue) == 0
    client.close()
    (message,) = broker.wait.deliveries(1, other)
    assert message.redelivered


@pytest.mark.requirement("ack.removes")
def test_ack_removes(broker: BrokerRig) -> None:
    """An acknowledged message is gone, and does not come back when the channel closes."""
    queue = _filled(broker, b"done")
    channel = broker.open.channel()
    channel.basic_ack(broker.expect.held(queue, channel).tag)
    channel.close()
    assert broker.drain(queue) == []


@pytest.mark.requirement("ack.requeue-at-once")
def test_requeue_returns_at_once_to_the_same_connection(broker: BrokerRig) -> None:
    """A nack or reject with requeue brings a message back at once, to the same consumer where there is no other."""
    queue = _filled(broker, b"again")
    inbox = broker.consume(queue)
    broker.wait.deliveries(1, inbox)
    inbox.channel.basic_nack(inbox.received[-1].tag, requeue=True)
    broker.wait.deliveries(2, inbox)
    inbox.channel.basic_reject(inbox.received[-1].tag, requeue=True)
    broker.wait.deliveries(3, inbox)
    assert [(m.body, m.redelivered) for m in inbox.received] == [
        (b"again", False),
        (b"again", True),
        (b"again", True),
    ]


@pytest.mark.requirement("ack.requeue-place")
def test_requeue_at_the_old_place(broker: BrokerRig) -> None:
    """A requeued message goes to its old place, before those that were behind it."""
    queue = _filled(broker, b"1", b"2", b"3")
    channel = broker.open.channel()
    first, second = broker.expect.held(queue, channel), broker.expect.held(queue, channel)
    channel.basic_nack(second.tag, requeue=True)
    channel.basic_nack(first.tag, requeue=True)
    broker.wait.ready(queue, 3, "both in the queue again")
    assert broker.drain(queue) == [b"1", b"2", b"3"]


@pytest.mark.requirement("ack.discard")
def test_without_requeue_and_dead_letter_exchange(broker: BrokerRig) -> None:
    """A nack or reject without requeue throws a message away where the queue has no dead-letter exchange."""
    queue = _filled(broker, b"1", b"2")
    channel = broker.open.channel()
    channel.basic_nack(broker.expect.held(queue, channel).tag, requeue=False)
    channel.basic_reject(broker.expect.held(queue, channel).tag, requeue=False)
    channel.close()
    assert broker.drain(queue) == []


@pytest.mark.requirement("ack.multiple")
def test_multiple(broker: BrokerRig) -> None:
    """With `multiple` a tag settles all deliveries of its channel up to it, and 0 all there are."""
    queue = _filled(broker, *(b"%d" % n for n in range(6)))
    channel = broker.open.channel()
    held = [broker.expect.held(queue, channel) for _ in range(5)]
    channel.basic_ack(held[1].tag, multiple=True)
    channel.basic_nack(held[3].tag, multiple=True, requeue=True)
    broker.wait.ready(queue, 3, "two of five returned")
    assert broker.look.state(queue).unacked == 1, "the fifth is still unacked"
    channel.basic_ack(0, multiple=True)
    broker.wait.settled(queue)
    assert broker.drain(queue) == [b"2", b"3", b"5"]


@pytest.mark.requirement("ack.twice")
def test_ack_twice(broker: BrokerRig) -> None:
    """A second ack of one tag closes the channel with 406, and what else the channel held returns to the queue."""
    queue = _filled(broker, b"done", b"also held")
    channel = broker.open.channel()
    message = broker.expect.held(queue, channel)
    broker.expect.held(queue, channel)
    channel.basic_ack(message.tag)
    with broker.expect.refusal(406, on=channel):
        channel.basic_ack(message.tag)
    broker.wait.ready(queue, 1, "the other one to be returned")
    assert broker.drain(queue) == [b"also held"]


@pytest.mark.requirement("ack.own-channel")
def test_ack_on_another_channel(broker: BrokerRig) -> None:
    """A delivery is settled on its own channel; its tag is unknown (406) on another of the same connection."""
    queue = _filled(broker, b"held")
    connection = broker.open.connection()
    channel, other = broker.open.channel(connection), broker.open.channel(connection)
    message = broker.expect.held(queue, channel)
    with broker.expect.refusal(406, on=other):
        other.basic_ack(message.tag)
    channel.basic_ack(message.tag)
    channel.close()
    assert broker.drain(queue) == []


@pytest.mark.requirement("forgotten-ack.again-and-again")
def test_forgotten_ack(broker: BrokerRig) -> None:
    """A consumer that works and forgets the ack gets everything again with each new connection."""
    bodies = [b"%d" % n for n in range(3)]
    queue = _filled(broker, *bodies)
    for attempt in range(3):
        connection = broker.open.connection()
        inbox = broker.consume(queue, broker.open.channel(connection))
        broker.wait.deliveries(3, inbox)
        assert inbox.bodies == bodies
        assert {m.redelivered for m in inbox.received} == {attempt > 0}
        connection.close()
        broker.wait.ready(queue, 3, "all three in the queue again")


@pytest.mark.requirement("forgotten-ack.visible")
def test_forgotten_ack_is_visible(broker: BrokerRig) -> None:
    """What was delivered and not acknowledged is seen as messages_unacknowledged, apart from what is ready."""
    queue = _filled(broker, *(b"%d" % n for n in range(5)))
    inbox = broker.consume(queue, prefetch=3)
    broker.wait.deliveries(3, inbox)
    state = broker.look.state(queue)
    assert (state.ready, state.unacked) == (2, 3)
