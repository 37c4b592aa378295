"""Who owes what for a delivery (document 2: "ACK", AMQP_AUTOACK, ack(), nack(), the common mistake)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.brokers.wire import BasicConsume, BasicConsumeOk, BasicDeliver

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers import BrokerRig, Message, RawClient


def _filled(broker: BrokerRig, *bodies: bytes, **arguments: object) -> str:
    queue = broker.queue(arguments=arguments)
    for body in bodies:
        broker.publish(body, queue)
    return queue


def _held(broker: BrokerRig, queue: str, channel: BlockingChannel) -> Message:
    message = broker.get(queue, channel, auto_ack=False)
    assert message is not None, "nothing is ready"
    return message


def _raw_consumer(broker: BrokerRig, queue: str, *, no_ack: bool) -> RawClient:
    """Consume one message by hand, to die without a word."""
    client = broker.raw()
    client.log_in()
    client.tune()
    client.open_channel()
    client.send(1, BasicConsume(queue=queue, no_ack=no_ack))
    client.expect(BasicConsumeOk)
    client.expect(BasicDeliver)
    client.read_body()
    return client


@pytest.mark.requirement("ack.auto-ack-lost")
def test_auto_ack_loses_what_a_dying_consumer_held(broker: BrokerRig) -> None:
    """With auto-ack a message is gone from the queue when it is sent, whatever becomes of the consumer."""
    queue = _filled(broker, b"lost")
    client = _raw_consumer(broker, queue, no_ack=True)
    client.close()
    state = broker.state(queue)
    assert (state.ready, state.unacked) == (0, 0)


@pytest.mark.requirement("ack.auto-ack-no-return")
@pytest.mark.parametrize("requeue", [True, False])
def test_auto_acked_cannot_be_returned(broker: BrokerRig, *, requeue: bool) -> None:
    """A delivery that was auto-acked has no tag that could be settled: nack is 406."""
    queue = _filled(broker, b"gone")
    channel = broker.channel()
    message = broker.get(queue, channel, auto_ack=True)
    assert message is not None
    with broker.refused(406):
        channel.basic_nack(message.tag, requeue=requeue)
        channel.queue_declare(queue, passive=True)
    assert broker.drain(queue) == []


@pytest.mark.requirement("ack.unacked-invisible", "ack.returns-when-channel-closes")
def test_unacked_is_invisible_until_the_channel_closes(broker: BrokerRig) -> None:
    """What nobody settled is for nobody else; when its channel closes it is Ready again, with redelivered."""
    queue = _filled(broker, b"held")
    connection = broker.connect()
    channel = broker.channel(connection)
    message = _held(broker, queue, channel)
    assert not message.redelivered
    other = broker.consume(queue)
    assert broker.get(queue) is None, "another one got it"
    assert other.messages == []
    channel.close()
    broker.arrive(other, 1)
    assert [(m.body, m.redelivered) for m in other.messages] == [(b"held", True)]
    assert connection.is_open, "closing the channel was enough"


@pytest.mark.requirement("ack.returns-when-consumer-dies")
def test_unacked_returns_when_its_consumer_dies(broker: BrokerRig) -> None:
    """The end of a connection, without a word, returns what was delivered over it."""
    queue = _filled(broker, b"held")
    client = _raw_consumer(broker, queue, no_ack=False)
    other = broker.consume(queue)
    assert broker.ready(queue) == 0
    client.close()
    (message,) = broker.arrive(other, 1)
    assert message.redelivered


@pytest.mark.requirement("ack.removes")
def test_ack_removes(broker: BrokerRig) -> None:
    """An acknowledged message is gone, and does not come back when the channel closes."""
    queue = _filled(broker, b"done")
    channel = broker.channel()
    channel.basic_ack(_held(broker, queue, channel).tag)
    channel.close()
    assert broker.drain(queue) == []


@pytest.mark.requirement("ack.requeue-at-once")
def test_requeue_returns_at_once_to_the_same_connection(broker: BrokerRig) -> None:
    """A nack or reject with requeue brings a message back at once, to the same consumer where there is no other."""
    queue = _filled(broker, b"again")
    inbox = broker.consume(queue)
    broker.arrive(inbox, 1)
    inbox.channel.basic_nack(inbox.messages[-1].tag, requeue=True)
    broker.arrive(inbox, 2)
    inbox.channel.basic_reject(inbox.messages[-1].tag, requeue=True)
    broker.arrive(inbox, 3)
    assert [(m.body, m.redelivered) for m in inbox.messages] == [
        (b"again", False),
        (b"again", True),
        (b"again", True),
    ]


@pytest.mark.requirement("ack.requeue-place")
def test_requeue_at_the_old_place(broker: BrokerRig) -> None:
    """A requeued message goes to its old place, before those that were behind it."""
    queue = _filled(broker, b"1", b"2", b"3")
    channel = broker.channel()
    first, second = _held(broker, queue, channel), _held(broker, queue, channel)
    channel.basic_nack(second.tag, requeue=True)
    channel.basic_nack(first.tag, requeue=True)
    broker.until(lambda: broker.ready(queue) == 3, "both in the queue again")
    assert broker.drain(queue) == [b"1", b"2", b"3"]


@pytest.mark.requirement("ack.discard")
def test_without_requeue_and_dead_letter_exchange(broker: BrokerRig) -> None:
    """A nack or reject without requeue throws a message away where the queue has no dead-letter exchange."""
    queue = _filled(broker, b"1", b"2")
    channel = broker.channel()
    channel.basic_nack(_held(broker, queue, channel).tag, requeue=False)
    channel.basic_reject(_held(broker, queue, channel).tag, requeue=False)
    channel.close()
    assert broker.drain(queue) == []


@pytest.mark.requirement("ack.multiple")
def test_multiple(broker: BrokerRig) -> None:
    """With `multiple` a tag settles all deliveries of its channel up to it, and 0 all there are."""
    queue = _filled(broker, *(b"%d" % n for n in range(6)))
    channel = broker.channel()
    held = [_held(broker, queue, channel) for _ in range(5)]
    channel.basic_ack(held[1].tag, multiple=True)
    channel.basic_nack(held[3].tag, multiple=True, requeue=True)
    broker.until(lambda: broker.ready(queue) == 3, "two of five returned")
    assert broker.state(queue).unacked == 1, "the fifth is still unacked"
    channel.basic_ack(0, multiple=True)
    broker.until(lambda: broker.state(queue).unacked == 0, "all settled")
    assert broker.drain(queue) == [b"2", b"3", b"5"]


@pytest.mark.requirement("ack.twice")
def test_ack_twice(broker: BrokerRig) -> None:
    """A second ack of one tag closes the channel with 406, and returns what else it held."""
    queue = _filled(broker, b"done", b"also held")
    channel = broker.channel()
    message = _held(broker, queue, channel)
    _held(broker, queue, channel)
    channel.basic_ack(message.tag)
    with broker.refused(406):
        channel.basic_ack(message.tag)
        channel.queue_declare(queue, passive=True)
    broker.until(lambda: broker.drain(queue) == [b"also held"], "the other one to be returned")


@pytest.mark.requirement("ack.own-channel")
def test_ack_on_another_channel(broker: BrokerRig) -> None:
    """A delivery is settled on its own channel; its tag is unknown (406) on another of the same connection."""
    queue = _filled(broker, b"held")
    connection = broker.connect()
    channel, other = broker.channel(connection), broker.channel(connection)
    message = _held(broker, queue, channel)
    with broker.refused(406):
        other.basic_ack(message.tag)
        other.queue_declare(queue, passive=True)
    channel.basic_ack(message.tag)
    channel.close()
    assert broker.drain(queue) == []


@pytest.mark.requirement("forgotten-ack.again-and-again")
def test_forgotten_ack(broker: BrokerRig) -> None:
    """A consumer that works and forgets the ack gets everything again with each new connection."""
    bodies = [b"%d" % n for n in range(3)]
    queue = _filled(broker, *bodies)
    for attempt in range(3):
        connection = broker.connect()
        inbox = broker.consume(queue, broker.channel(connection))
        broker.arrive(inbox, 3)
        assert inbox.bodies == bodies
        assert {m.redelivered for m in inbox.messages} == {attempt > 0}
        connection.close()
        broker.until(lambda: broker.ready(queue) == 3, "all three in the queue again")


@pytest.mark.requirement("forgotten-ack.visible")
def test_forgotten_ack_is_visible(broker: BrokerRig) -> None:
    """What was delivered and not acknowledged is seen as messages_unacknowledged, apart from what is ready."""
    queue = _filled(broker, *(b"%d" % n for n in range(5)))
    inbox = broker.consume(queue, prefetch=3)
    broker.arrive(inbox, 3)
    state = broker.state(queue)
    assert (state.ready, state.unacked) == (2, 3)
