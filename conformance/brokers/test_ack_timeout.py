"""What a broker does where an ack does not come in time (document 2: ACK).

RabbitMQ looks for late acks once a minute, from 4.3 on by a timer for each. The rig has it look five times a second,
so that no case waits longer than its time-out and a moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.brokers import wire

from .releases import release_of

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig, RawClient

pytestmark = pytest.mark.restarts_broker  # for all of a broker has another time-out

SHORT, LONG = 0.5, 600.0
TAG = "late"
KINDS = pytest.mark.parametrize("kind", ["classic", "quorum"])


def _queue(broker: BrokerRig, kind: str, name: str = "orders", seconds: float | None = None) -> str:
    """Declare a queue with one message, and a time-out of its own where one is given."""
    own = {} if seconds is None else {"x-consumer-timeout": int(seconds * 1000)}
    queue = broker.declare.queue(name, arguments={"x-queue-type": kind, **own})
    broker.publish(b"order", queue)
    return queue


def _consume(
    broker: BrokerRig, queue: str, *, lacks: str = "", seconds: float | None = None
) -> RawClient:
    """Begin to consume on a connection of its own, with a time-out of its own where one is given."""
    own: wire.FieldTable = {} if seconds is None else {"x-consumer-timeout": int(seconds * 1000)}
    client = broker.open.raw_channel(lacks=lacks)
    client.send(1, wire.BasicConsume(queue=queue, consumer_tag=TAG, arguments=own))
    client.expect(wire.BasicConsumeOk)
    return client


def _take(client: RawClient) -> wire.BasicDeliver:
    """Have the next message delivered, and settle nothing."""
    delivered = client.expect(wire.BasicDeliver)
    client.read_body()
    return delivered


def _expect_late(client: RawClient, *, closed: bool) -> None:
    """Expect to hear of an ack that is late: by the end of the channel, which is agreed to, or else of the consumer."""
    if closed:
        assert client.expect(wire.ChannelClose).reply_code == 406
        client.send(
            1, wire.ChannelCloseOk()
        )  # quorum queues take back what it held when it is over for both
    else:
        assert client.expect(wire.BasicCancel).consumer_tag == TAG


def _expect_nothing(client: RawClient) -> None:
    """Expect that the broker has not said anything on a channel, and answers on it."""
    client.send(1, wire.ExchangeDeclare(exchange="amq.direct", type="direct", passive=True))
    client.expect(wire.ExchangeDeclareOk)


def _pass_time(broker: BrokerRig) -> None:
    """Wait until somebody who began after all others is late: whoever has the same time-out is late then."""
    queue = _queue(broker, "quorum", "passing")
    client = _consume(broker, queue)
    _take(client)
    _expect_late(client, closed=release_of(broker.version).channels_time_out)


def _expect_by(broker: BrokerRig, client: RawClient, seconds: float) -> None:
    """Expect that a client that holds a message is late, where that is its time-out, or is left alone."""
    if seconds == SHORT:
        _expect_late(client, closed=release_of(broker.version).channels_time_out)
        return
    with broker.operate.short_ack_timeout(SHORT):
        _pass_time(broker)
    _expect_nothing(client)


@pytest.mark.requirement("ack-timeout.in-time")
@KINDS
def test_in_time(broker: BrokerRig, kind: str) -> None:
    """Who has acked its message is not disturbed, and gets the next one when the time-out is over."""
    queue = _queue(broker, kind)
    with broker.operate.short_ack_timeout(SHORT):
        client = _consume(broker, queue)
        client.send(1, wire.BasicAck(_take(client).delivery_tag))
        _pass_time(broker)
    _expect_nothing(client)
    broker.publish(b"next", queue)
    _take(client)


@pytest.mark.requirement("ack-timeout.classic")
def test_classic(broker: BrokerRig) -> None:
    """A late ack of a classic queue costs the channel on 3.10 and 4.0, and nothing on 4.3."""
    queue = _queue(broker, "classic")
    with broker.operate.short_ack_timeout(SHORT):
        client = _consume(broker, queue)
        delivered = _take(client)
        if release_of(broker.version).channels_time_out:
            _expect_late(client, closed=True)
            return
        _pass_time(broker)
    _expect_nothing(client)
    client.send(1, wire.BasicAck(delivered.delivery_tag))
    broker.wait.empty(queue)


@pytest.mark.requirement("ack-timeout.quorum", "ack-timeout.comes-back")
def test_quorum(broker: BrokerRig) -> None:
    """A late ack of a quorum queue costs the channel on 3.10 and 4.0, on 4.3 the consumer, and is not counted there."""
    times_out = release_of(broker.version).channels_time_out
    queue = _queue(broker, "quorum")
    with broker.operate.short_ack_timeout(SHORT):
        client = _consume(broker, queue)
        assert not _take(client).redelivered
        _expect_late(client, closed=times_out)
        if not times_out:
            _expect_nothing(client)
    broker.wait.ready(queue, 1, "the message to come back")
    again = broker.expect.message(queue)
    counts = {key: value for key, value in again.headers.items() if key.endswith("-count")}
    assert (again.body, again.redelivered) == (b"order", True)
    assert counts == ({"x-delivery-count": 1} if times_out else {"x-acquired-count": 1})


@pytest.mark.requirement("ack-timeout.not-told")
def test_not_told(broker: BrokerRig) -> None:
    """Who cannot be told that its consumer ends loses the channel on every release, and what it had comes back."""
    queue = _queue(broker, "quorum")
    broker.publish(b"another", queue)
    with broker.operate.short_ack_timeout(SHORT):
        client = _consume(broker, queue, lacks="consumer_cancel_notify")
        for _ in range(2):
            _take(client)
        _expect_late(client, closed=True)
    client.open_channel()  # it is closed once
    broker.wait.ready(queue, 2, "the messages to come back")


@pytest.mark.requirement("ack-timeout.get")
def test_get(broker: BrokerRig) -> None:
    """What basic.get took is no consumer's: the channel is lost on every release, and the message comes back."""
    queue = _queue(broker, "quorum")
    broker.wait.ready(queue, 1)
    with broker.operate.short_ack_timeout(SHORT):
        client = broker.open.raw_channel()
        client.send(1, wire.BasicGet(queue=queue))
        client.expect(wire.BasicGetOk)
        client.read_body()
        _expect_late(client, closed=True)
    broker.wait.ready(queue, 1, "the message to come back")


@pytest.mark.requirement("ack-timeout.late-ack")
def test_late_ack(broker: BrokerRig) -> None:
    """An ack of what was late settles nothing. On 4.3 it has its consumer go on, which gets the message again."""
    queue = _queue(broker, "quorum")
    with broker.operate.short_ack_timeout(SHORT):
        client = _consume(broker, queue)
    tag = _take(client).delivery_tag
    if release_of(broker.version).channels_time_out:
        client.expect(wire.ChannelClose)
        client.send(1, wire.BasicAck(tag), wire.ChannelCloseOk())
        client.open_channel()  # it has read the ack when it answers
        broker.wait.ready(queue, 1, "the message to be there")
        return
    _expect_late(client, closed=False)
    client.send(1, wire.BasicAck(tag))
    again = _take(client)
    assert (again.redelivered, again.consumer_tag) == (True, TAG)
    client.send(1, wire.BasicAck(again.delivery_tag))
    broker.wait.empty(queue)


@pytest.mark.requirement("ack-timeout.of-queue")
@pytest.mark.parametrize(("own", "node"), [(LONG, SHORT), (SHORT, LONG)], ids=["longer", "shorter"])
def test_of_queue(broker: BrokerRig, own: float, node: float) -> None:
    """The time-out of a queue holds in place of the node's on 4.0 and 4.3, and is nothing to 3.10."""
    release = release_of(broker.version)
    queue = _queue(broker, "quorum", seconds=own)
    with broker.operate.short_ack_timeout(node):
        client = _consume(broker, queue)
    _take(client)
    _expect_by(broker, client, own if release.queues_set_timeout else node)


@pytest.mark.requirement("ack-timeout.of-consumer")
@pytest.mark.parametrize(
    ("own", "others"), [(LONG, SHORT), (SHORT, LONG)], ids=["longer", "shorter"]
)
def test_of_consumer(broker: BrokerRig, own: float, others: float) -> None:
    """The time-out of a consumer holds before its queue's and the node's on 4.3; 3.10 and 4.0 know none."""
    release = release_of(broker.version)
    queue = _queue(broker, "quorum", seconds=others)
    with broker.operate.short_ack_timeout(others):
        client = _consume(broker, queue, seconds=own)
    _take(client)
    _expect_by(broker, client, others if release.channels_time_out else own)


@pytest.mark.requirement("ack-timeout.kept")
def test_kept(broker: BrokerRig) -> None:
    """Who has begun keeps the time-out that the node had then, a longer one as a shorter one."""
    queue = broker.declare.queue("orders", arguments={"x-queue-type": "quorum"})
    before = _consume(broker, queue)
    with broker.operate.short_ack_timeout(SHORT):
        meanwhile = _consume(broker, queue)
    broker.fill(queue, b"1", b"2")
    for client in (before, meanwhile):
        _take(client)
    _expect_late(meanwhile, closed=release_of(broker.version).channels_time_out)
    _take(before)  # what came back, on a channel that is there
    _expect_nothing(before)
