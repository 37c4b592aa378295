"""The RabbitMQ of one test: what it is, and what is left in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pika
import pytest
import requests

from warren.errors import WarrenError
from warren.testing.factory import serve

if TYPE_CHECKING:
    from warren.testing import Broker, BrokerFactory


def test_url(warren_broker: Broker) -> None:
    """The URL alone leads a client into the test's own vhost, which is empty."""
    connection = pika.BlockingConnection(pika.URLParameters(warren_broker.url))
    channel = connection.channel()
    assert warren_broker.queues() == warren_broker.exchanges() == ()
    channel.queue_declare("orders")
    channel.exchange_declare("shop")
    assert warren_broker.queues() == ("orders",)
    assert warren_broker.exchanges() == ("shop",)
    connection.close()


def test_connection(warren_broker: Broker) -> None:
    """The connection is pika's, the same at each look, and another one where the test has closed it."""
    first = warren_broker.connection
    assert isinstance(first, pika.BlockingConnection)
    assert warren_broker.connection is first
    first.close()
    assert warren_broker.connection.is_open


def test_management(warren_broker: Broker) -> None:
    """The management API takes the same user and password."""
    warren_broker.declare("orders")
    place = f"{warren_broker.management_url}/api/queues/{warren_broker.vhost}"
    user = (warren_broker.user, warren_broker.password)
    answer = requests.get(place, auth=user, timeout=10)
    assert [queue["name"] for queue in answer.json()] == ["orders"]


def test_vhosts_apart(warren_broker_factory: BrokerFactory, warren_broker: Broker) -> None:
    """Two brokers of a factory share the server and no queue; a vhost goes with its block, connections included."""
    with warren_broker_factory.open() as other:
        assert (other.host, other.port) == (warren_broker.host, warren_broker.port)
        other.declare("orders")
        connection = other.connection
        assert warren_broker.queues() == ()
    assert not connection.is_open
    with pytest.raises(pika.exceptions.ProbableAccessDeniedError):
        pika.BlockingConnection(pika.URLParameters(other.url))


def test_leftovers(warren_broker: Broker) -> None:
    """What is ready and what is unacked is told by queue, and nothing of a queue that is empty."""
    for queue in ("empty", "orders", "taken"):
        warren_broker.declare(queue)
    warren_broker.publish("one", "orders")
    warren_broker.publish(b"two", "taken")
    channel = warren_broker.connection.channel()
    method, _, body = channel.basic_get("taken")
    assert body == b"two"
    assert sorted(map(str, warren_broker.leftovers())) == [
        "queue 'orders': 1 ready, 0 unacked",
        "queue 'taken': 0 ready, 1 unacked",
    ]
    channel.basic_ack(method.delivery_tag)
    channel.queue_purge("orders")
    assert not warren_broker.leftovers()


def test_publish_into_nothing(warren_broker: Broker) -> None:
    """A message that reaches no queue is an error that says where it was published, and the next one goes on."""
    with pytest.raises(WarrenError, match=r"routing key 'orders': the message reached no queue"):
        warren_broker.publish("one", "orders")
    warren_broker.declare("orders")
    warren_broker.publish("one", "orders")


def test_refused(warren_broker: Broker) -> None:
    """What the broker refuses is told in its words."""
    warren_broker.declare("orders")
    with pytest.raises(WarrenError, match="406 PRECONDITION_FAILED"):
        warren_broker.declare("orders", {"x-max-length": 1})


def test_restart(warren_broker: Broker) -> None:
    """A restart ends connections, keeps what is durable, and the broker can be used at once."""
    warren_broker.declare("orders")
    connection = warren_broker.connection
    kept = pika.BasicProperties(delivery_mode=2)
    warren_broker.publish("kept", "orders", properties=kept)
    warren_broker.publish("lost", "orders")
    warren_broker.restart()
    with pytest.raises(pika.exceptions.AMQPError):
        connection.process_data_events(time_limit=10)
    assert [(left.queue, left.ready) for left in warren_broker.leftovers()] == [("orders", 1)]
    assert warren_broker.connection.channel().basic_get("orders")[2] == b"kept"


def test_restart_of_what_is_not_ours(warren_broker_factory: BrokerFactory) -> None:
    """A broker that was named by its address is used, and not restarted; nothing of ours is left there."""
    address = warren_broker_factory._address
    url = f"amqp://{address.user}:{address.password}@{address.host}:{address.port}"
    with (
        serve(f"{url}?management={address.management_url}", None, "other") as factory,
        factory.open() as broker,
    ):
        broker.declare("orders")
        with pytest.raises(WarrenError, match="others use this broker"):
            broker.restart()
        assert broker.queues() == ("orders",)


def test_no_password_is_shown(warren_broker: Broker) -> None:
    """Neither the broker's own words nor an assertion about it show the password."""
    assert warren_broker.password in warren_broker.url
    assert warren_broker.password not in repr(warren_broker)
