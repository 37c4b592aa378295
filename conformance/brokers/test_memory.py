"""The alarms for memory and disk (document 2: a queue is bounded by memory and disk)."""

from __future__ import annotations

import pytest

from warren.rigs.brokers import BrokerRig, RawClient, wire

LARGE = bytes(1 << 17)
COUNT = 32
"""So many large messages are four mebibytes."""
MANY = 20_000
"""Publishes, each confirmed: an alarm has come long before."""


def _publisher(broker: BrokerRig) -> RawClient:
    """Open a channel in confirm mode."""
    client = broker.open.raw_channel()
    client.send(1, wire.ConfirmSelect())
    client.expect(wire.ConfirmSelectOk)
    return client


def _publish(client: RawClient, queue: str, body: bytes) -> None:
    header = wire.ContentHeader(body_size=len(body), properties=wire.BasicProperties())
    client.send_message(1, wire.BasicPublish(routing_key=queue), header, body)


@pytest.mark.requirement("memory.not-before")
def test_no_alarm_while_there_is_memory(broker: BrokerRig) -> None:
    """Of some mebibytes of messages each is confirmed, and nothing is said between."""
    queue = broker.declare.queue()
    client = _publisher(broker)
    for number in range(COUNT):
        _publish(client, queue, LARGE)
        assert client.expect(wire.BasicAck).delivery_tag == number + 1
    assert broker.look.ready(queue) == COUNT


@pytest.mark.restarts_broker
@pytest.mark.requirement("memory.blocked", "memory.consumers-served")
def test_memory_alarm(broker: BrokerRig) -> None:
    """A publisher hears of the alarm, and of its end; what it says between is read then. A consumer gets on."""
    queue, other = broker.declare.queue(), broker.declare.queue()
    broker.fill(other, b"1", b"2")
    inbox = broker.consume(other, prefetch=1)
    client = _publisher(broker)
    sent = 0
    with broker.operate.short_of_memory():
        said = None
        while not isinstance(said, wire.ConnectionBlocked):
            sent += 1
            _publish(client, queue, b"before it is told")
            said = client.read()
        sent += 1
        _publish(client, queue, b"while it is blocked")
        broker.wait.deliveries(1, inbox)
        inbox.ack()
        broker.wait.deliveries(2, inbox)
    while isinstance(said := client.read(), wire.BasicAck):
        assert said.delivery_tag < sent, "a publisher that is blocked was read"
    assert isinstance(said, wire.ConnectionUnblocked), f"it was told {said!r}"
    while client.expect(wire.BasicAck).delivery_tag < sent:
        pass


@pytest.mark.restarts_broker
@pytest.mark.requirement("memory.disk-blocked")
def test_disk_alarm(broker: BrokerRig) -> None:
    """A publisher hears that the disk is full, and of the end of that; what it says between is read then."""
    queue = broker.declare.queue()
    client = _publisher(broker)
    with broker.operate.short_of_disk():
        assert _publish_until_blocked(client, queue).reason == "low on disk"
        _publish(client, queue, b"while it is blocked")
    _expect_after_confirms(client, wire.ConnectionUnblocked)
    client.expect(wire.BasicAck)


@pytest.mark.restarts_broker
@pytest.mark.requirement("memory.earlier-publisher")
def test_earlier_publisher(broker: BrokerRig) -> None:
    """Who published before the alarm gets messages and is heard, until it publishes again: then its acks wait."""
    queue, other = broker.declare.queue(), broker.declare.queue()
    broker.fill(other, b"1", b"2", b"3")
    client, witness = _publisher(broker), _publisher(broker)
    _publish(client, queue, b"before the alarm")
    client.expect(wire.BasicAck)
    client.send(1, wire.BasicQos(prefetch_count=1))
    client.expect(wire.BasicQosOk)
    client.send(1, wire.BasicConsume(queue=other))
    client.expect(wire.BasicConsumeOk)
    _take(client, b"1")
    with broker.operate.short_of_memory():
        _publish_until_blocked(witness, queue)
        _ack(client, 1)
        _take(client, b"2")
        _publish_until_blocked(client, queue)
        _ack(client, 2)
        broker.wait.answered(broker.open.channel())  # time enough to hear it, if it were read
    _expect_after_confirms(client, wire.ConnectionUnblocked)
    _expect_after_confirms(client, wire.BasicDeliver)
    assert client.read_body().body == b"3"


def _take(client: RawClient, body: bytes) -> None:
    """Receive one delivery of that body."""
    client.expect(wire.BasicDeliver)
    assert client.read_body().body == body


def _ack(client: RawClient, tag: int) -> None:
    client.send(1, wire.BasicAck(delivery_tag=tag))


def _publish_until_blocked(client: RawClient, queue: str) -> wire.ConnectionBlocked:
    """Publish message by message until the client is told of the alarm; return what it is told."""
    for _ in range(MANY):
        _publish(client, queue, b"before it is told")
        said = client.read()
        if isinstance(said, wire.ConnectionBlocked):
            return said
    raise AssertionError(f"{MANY} publishes were confirmed, and the publisher was not blocked")


def _expect_after_confirms(client: RawClient, kind: type[wire.Method]) -> None:
    """Pass over confirms; what comes next must be of that kind."""
    while isinstance(said := client.read(), wire.BasicAck):
        pass
    assert isinstance(said, kind), f"instead of {kind.__name__} came {said!r}"
