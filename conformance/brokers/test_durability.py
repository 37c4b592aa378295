"""What survives a restart, and the stronger promises (document 2: durable, "the dead zone", transactions)."""

from __future__ import annotations

import pytest

from warren.rigs.brokers import BrokerRig, wire

from .releases import release_of

PERSISTENT, TRANSIENT = 2, 1
KNOWN = 3.0
"""Seconds after which RabbitMQ has written down what was declared. Of a quorum queue it does so half a second after one
was declared or deleted last; killed before that, it begins with an empty queue, whatever it had confirmed."""


@pytest.mark.restarts_broker
@pytest.mark.requirement(
    "durability.persistent-survives",
    "durability.transient-lost",
    "durability.unacked-survives",
    "dead-zone.confirmed-survives",
)
def test_messages_after_a_restart(broker: BrokerRig) -> None:
    """Persistent messages that were confirmed are in their durable queue again, in order, unacked or not; no others."""
    queue = broker.declare.queue("kept")
    for number in range(3):
        broker.publish(b"persistent %d" % number, queue, delivery_mode=PERSISTENT)
        broker.publish(b"transient %d" % number, queue, delivery_mode=TRANSIENT)
    broker.expect.held(queue, broker.open.channel())
    broker.restart()
    assert broker.drain(queue) == [b"persistent 0", b"persistent 1", b"persistent 2"]


@pytest.mark.restarts_broker
@pytest.mark.requirement(
    "durability.queue",
    "durability.exchange",
    "durability.binding",
    "durability.transient-exchange",
)
def test_what_is_declared_after_a_restart(broker: BrokerRig) -> None:
    """Durable things are there with their bindings, exclusive queues are not; transient exchanges differ by release."""
    exchange = broker.declare.exchange("kept", "fanout")
    passing = broker.declare.exchange("passing", "direct", durable=False)
    queue = broker.declare.queue("kept")
    broker.declare.binding(queue, exchange)
    owner = broker.open.channel()
    exclusive = broker.declare.exclusive_queue(owner)
    owner.queue_bind(exclusive, exchange)
    broker.restart()
    assert broker.look.has_queue(queue), "the durable queue is gone"
    assert not broker.look.has_queue(exclusive), "the queue of a connection that ended is there"
    broker.publish(b"through", "", exchange)
    assert broker.drain(queue) == [b"through"], "the binding of durable to durable is gone"
    survives = release_of(broker.version).transient_exchanges_survive
    assert broker.look.has_exchange(passing) == survives


@pytest.mark.restarts_broker
@pytest.mark.requirement("durability.transient-queue")
def test_transient_queue_after_a_restart(broker: BrokerRig) -> None:
    """A queue that is neither durable nor exclusive may be declared; a restart takes it, with messages and bindings."""
    exchange = broker.declare.exchange("kept", "fanout")
    queue = broker.declare.queue("passing", durable=False)
    broker.declare.binding(queue, exchange)
    broker.publish(b"persistent", "", exchange, delivery_mode=PERSISTENT)
    assert broker.look.ready(queue) == 1
    broker.restart()
    assert not broker.look.has_queue(queue), "the transient queue is there"
    broker.declare.queue(queue)
    assert broker.look.ready(queue) == 0, "its message came back with its name"
    broker.publish(b"after", "", exchange)
    assert broker.look.ready(queue) == 0, "its binding came back with its name"


@pytest.mark.restarts_broker
@pytest.mark.requirement("durability.killed")
def test_messages_after_a_kill(broker: BrokerRig) -> None:
    """What was confirmed before the broker was killed is there, in order; a classic queue serves it as redelivered."""
    queues = [
        broker.declare.queue(kind, arguments={"x-queue-type": kind})
        for kind in ("classic", "quorum")
    ]
    declared = broker.now()
    broker.wait.until(lambda: broker.now() - declared > KNOWN, "time to pass")
    for queue in queues:
        for body in (b"0", b"1", b"2"):
            broker.publish(body, queue, delivery_mode=PERSISTENT)
    broker.kill()
    for queue in queues:
        if queue == "quorum":  # it elects a leader first
            broker.wait.ready(queue, 3, "what was confirmed")
        found = [broker.get(queue) for _ in range(3)]
        assert [each and each.body for each in found] == [b"0", b"1", b"2"]
        assert [each and each.redelivered for each in found] == [queue == "classic"] * 3


@pytest.mark.requirement("dead-zone.confirms")
def test_confirms(broker: BrokerRig) -> None:
    """In confirm mode the broker acknowledges each publish by its number from 1, or several at once."""
    queue = broker.declare.queue()
    client = broker.open.raw_channel()
    client.send(1, wire.ConfirmSelect())
    client.expect(wire.ConfirmSelectOk)
    header = wire.ContentHeader(
        body_size=1, properties=wire.BasicProperties(delivery_mode=PERSISTENT)
    )
    for body in (b"1", b"2", b"3"):
        client.send_message(1, wire.BasicPublish(routing_key=queue), header, body)
    confirmed: set[int] = set()
    while len(confirmed) < 3:
        ack = client.expect(wire.BasicAck)
        confirmed |= set(range(1, ack.delivery_tag + 1)) if ack.multiple else {ack.delivery_tag}
    assert confirmed == {1, 2, 3}
    assert broker.drain(queue) == [b"1", b"2", b"3"]


@pytest.mark.requirement("dead-zone.tx-commit")
def test_commit(broker: BrokerRig) -> None:
    """What a transaction publishes is seen by nobody before its commit, and by everybody after."""
    queue = broker.declare.queue()
    channel = broker.open.channel()
    channel.tx_select()
    channel.basic_publish("", queue, b"one")
    channel.basic_publish("", queue, b"two")
    broker.wait.answered(channel)
    assert broker.look.ready(queue) == 0, "an uncommitted message is in the queue"
    channel.tx_commit()
    assert broker.drain(queue) == [b"one", b"two"]


@pytest.mark.requirement("dead-zone.tx-rollback")
def test_rollback(broker: BrokerRig) -> None:
    """A rollback, and likewise the end of the channel, takes the transaction's publishes back."""
    queue = broker.declare.queue()
    channel = broker.open.channel()
    channel.tx_select()
    channel.basic_publish("", queue, b"taken back")
    channel.tx_rollback()
    channel.basic_publish("", queue, b"never committed")
    channel.close()
    assert broker.drain(queue) == []


@pytest.mark.requirement("dead-zone.tx-acks")
def test_acks_in_a_transaction(broker: BrokerRig) -> None:
    """An ack counts from the commit on: a rollback leaves the delivery unacked, to be settled again."""
    queue = broker.declare.queue()
    broker.publish(b"held", queue)
    channel = broker.open.channel()
    channel.tx_select()
    held = broker.expect.held(queue, channel)
    channel.basic_ack(held.tag)
    channel.tx_rollback()
    assert broker.look.state(queue).unacked == 1, "the rolled back ack was taken"
    channel.basic_ack(held.tag)
    channel.tx_commit()
    broker.wait.settled(queue)
    channel.close()
    assert broker.drain(queue) == []


@pytest.mark.requirement("dead-zone.tx-queue-gone")
def test_queue_gone_before_the_commit(broker: BrokerRig) -> None:
    """The queue of an uncommitted message is deleted: by release, the message is returned or the commit refused."""
    queue = broker.declare.queue()
    channel = broker.open.channel()
    returned: list[int] = []
    channel.add_on_return_callback(lambda _channel, method, *_: returned.append(method.reply_code))
    channel.tx_select()
    channel.basic_publish("", queue, b"nowhere to go", mandatory=True)
    channel.queue_delete(queue)
    release = release_of(broker.version)
    if not release.commit_looks_up_queues:
        with broker.expect.refusal(release.commit_without_queue):
            channel.tx_commit()
        return
    channel.tx_commit()
    broker.wait.until(lambda: returned == [312], "the message to be returned")


@pytest.mark.requirement("dead-zone.tx-queue-new")
def test_queue_new_at_the_commit(broker: BrokerRig) -> None:
    """A queue declared between publish and commit gets the message or not: that differs by release."""
    channel = broker.open.channel()
    channel.tx_select()
    channel.basic_publish("", "new", b"early")
    broker.declare.queue("new")
    channel.tx_commit()
    expected = [b"early"] if release_of(broker.version).commit_looks_up_queues else []
    assert broker.drain("new") == expected


@pytest.mark.requirement("dead-zone.tx-queue-replaced")
def test_queue_replaced_before_the_commit(broker: BrokerRig) -> None:
    """The queue is deleted and declared anew before the commit: by release, the new one gets the message, or 406."""
    queue = broker.declare.queue("replaced")
    channel = broker.open.channel()
    channel.tx_select()
    channel.basic_publish("", queue, b"for the first of this name")
    channel.queue_delete(queue)
    broker.declare.queue(queue)
    if not release_of(broker.version).commit_looks_up_queues:
        with broker.expect.refusal(406):
            channel.tx_commit()
        assert broker.drain(queue) == []
        return
    channel.tx_commit()
    assert broker.drain(queue) == [b"for the first of this name"]


@pytest.mark.requirement("dead-zone.one-mode")
def test_a_channel_has_one_mode(broker: BrokerRig) -> None:
    """A channel is in confirm mode or transactional; asking for the other is 406."""
    confirming, transactional = broker.open.channel(), broker.open.channel()
    confirming.confirm_delivery()
    with broker.expect.refusal(406):
        confirming.tx_select()
    transactional.tx_select()
    with broker.expect.refusal(406):
        transactional.confirm_delivery()
