"""The memory alarm (document 2: a queue is bounded by memory and disk)."""

from __future__ import annotations

import pytest

from warren.rigs.brokers import BrokerRig, RawClient, wire

LARGE = bytes(1 << 17)
COUNT = 32
"""So many large messages are four mebibytes."""


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
