"""What operators allow: how many queues and connections a virtual host has, and which keys a user may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.brokers import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers import BrokerRig


def _limit(broker: BrokerRig, name: str, value: int) -> None:
    """Limit the case's own virtual host."""
    status, said = broker.operate.send(
        "PUT", "vhost-limits", broker.vhost, name, json={"value": value}
    )
    assert status < 300, f"{status} {said}"


def _topics(broker: BrokerRig, *, write: str = ".*", read: str = ".*") -> None:
    """Say with which keys the case's user may publish to and bind to the exchange `shop`."""
    said = {"exchange": "shop", "write": write, "read": read}
    status, answer = broker.operate.send(
        "PUT", "topic-permissions", broker.vhost, broker.user, json=said
    )
    assert status < 300, f"{status} {answer}"


@pytest.mark.requirement("operator.queue-limit")
@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_queue_limit(broker: BrokerRig, kind: str) -> None:
    """One queue too many is 406; one that is there may be declared again, and another in its place."""
    arguments = {"x-queue-type": kind}
    _limit(broker, "max-queues", 1)
    broker.declare.queue("orders", arguments=arguments)
    broker.declare.queue("orders", arguments=arguments)
    with broker.expect.refusal(406):
        broker.open.channel().queue_declare("bills", durable=True, arguments=arguments)
    broker.open.channel().queue_delete("orders")
    assert broker.declare.queue("bills", arguments=arguments) == "bills"


@pytest.mark.requirement("operator.connection-limit")
def test_connection_limit(broker: BrokerRig) -> None:
    """Where no connection is allowed any more, one that comes is 530, and those that are there stay."""
    channel = broker.open.channel()
    _limit(broker, "max-connections", 0)
    client = broker.open.raw()
    client.log_in()
    client.send(0, wire.ConnectionTuneOk(2047, 131072, 0))
    client.send(0, wire.ConnectionOpen(broker.vhost))
    assert client.expect(wire.ConnectionClose).reply_code == 530
    assert channel.queue_declare("orders", durable=True).method.queue == "orders"


def _publish(channel: BlockingChannel, key: str) -> None:
    channel.basic_publish("shop", key, b"order")


def _bind(channel: BlockingChannel, key: str) -> None:
    channel.queue_bind("orders", "shop", key)


def _unbind(channel: BlockingChannel, key: str) -> None:
    channel.queue_unbind("orders", "shop", key)


@pytest.mark.requirement("operator.topics")
@pytest.mark.parametrize(
    ("do", "write", "read"),
    [(_publish, "^order", ".*"), (_bind, ".*", "^order"), (_unbind, ".*", "^order")],
    ids=["publish", "bind", "unbind"],
)
def test_topics(
    broker: BrokerRig, do: Callable[[BlockingChannel, str], None], write: str, read: str
) -> None:
    """A key that a user's topic permission does not match is 403 at a topic exchange; others go through."""
    broker.declare.queue("orders")
    broker.declare.exchange("shop", "topic")
    _topics(broker, write=write, read=read)
    channel = broker.open.channel()
    do(channel, "order.new")
    broker.wait.answered(channel)
    refused = broker.open.channel()
    with broker.expect.refusal(403, on=refused):
        do(refused, "bill.new")


@pytest.mark.requirement("operator.topics-of-other-types")
def test_topics_of_other_types(broker: BrokerRig) -> None:
    """A topic permission means nothing to an exchange of another type."""
    queue, exchange = broker.declare.queue("orders"), broker.declare.exchange("shop", "direct")
    _topics(broker, write="^$", read="^$")
    broker.declare.binding(queue, exchange, "any")
    broker.publish(b"order", "any", exchange=exchange)
    broker.wait.ready(queue, 1, "the message")
