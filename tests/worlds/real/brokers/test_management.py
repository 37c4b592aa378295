"""The management API and vhosts, on real brokers."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pika
import pika.exceptions
import pytest

from warren.errors import BrokerUnavailable
from warren.worlds.real.brokers import BrokerAddress, Management, QueueState, Vhosts
from warren.worlds.real.brokers.vhosts import delete_leftovers
from warren.worlds.real.runs import Run
from warren.worlds.real.runs.ports import LOOPBACK
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel

    from warren.worlds.real.brokers import RunningBroker

pytestmark = pytest.mark.docker

PERSISTENT = pika.BasicProperties(delivery_mode=2)


def test_version(broker: RunningBroker, management: Management) -> None:
    """The version is the broker's own and stands in the description."""
    assert management.version() == broker.address.version
    assert broker.address.version.split(".")[0] in {"3", "4"}
    assert broker.address.description.startswith(f"RabbitMQ {broker.address.version} (docker, ")


def test_counts_are_of_now(management: Management, vhost: str, channel: BlockingChannel) -> None:
    """Ready and unacked are right at once after each confirmed step."""
    channel.queue_declare("q", durable=True)
    for _ in range(3):
        channel.basic_publish("", "q", b"x", PERSISTENT)
    assert management.queue(vhost, "q") == QueueState("q", ready=3, unacked=0)
    method, _, _ = channel.basic_get("q")
    assert management.queue(vhost, "q") == QueueState("q", ready=2, unacked=1)
    channel.basic_ack(method.delivery_tag)
    channel.queue_declare("q", passive=True)  # its answer says that the ack was taken
    assert management.queue(vhost, "q") == QueueState("q", ready=2, unacked=0)


def test_purge(management: Management, vhost: str, channel: BlockingChannel) -> None:
    """A purge drops what is ready and leaves what is unacked."""
    channel.queue_declare("été a*b/c", durable=True)
    for _ in range(2):
        channel.basic_publish("", "été a*b/c", b"x", PERSISTENT)
    channel.basic_get("été a*b/c")
    management.purge(vhost, "été a*b/c")
    assert management.queues(vhost) == (QueueState("été a*b/c", ready=0, unacked=1),)


def test_no_such_queue(management: Management, vhost: str) -> None:
    """A queue that is not there is None, not an error."""
    assert management.queue(vhost, "nowhere") is None


def test_close_connection(broker: RunningBroker, management: Management, vhost: str) -> None:
    """A connection is listed with its user, and the broker closes it with our reason."""
    connection = pika.BlockingConnection(
        pika.ConnectionParameters(
            broker.address.host,
            broker.address.port,
            vhost,
            pika.PlainCredentials(broker.address.case_user, broker.address.case_password),
            client_properties={"product": "part-2"},
        )
    )
    assert wait_until(lambda: bool(management.connections(vhost)), timeout=15, interval=0.1)
    (state,) = management.connections(vhost)
    assert state.user == broker.address.case_user
    assert state.client_properties["product"] == "part-2"
    management.close_connection(state.name, "a reason of ours")
    with pytest.raises(pika.exceptions.ConnectionClosedByBroker, match="a reason of ours"):
        connection.sleep(10)
    assert wait_until(lambda: not management.connections(vhost), timeout=15, interval=0.1)
    management.close_connection(state.name, "gone already")


def test_vhosts_are_apart(broker: RunningBroker, vhosts: Vhosts, run: Run) -> None:
    """Two cases and two workers never get the same vhost."""
    with Vhosts(broker.address, run, "other") as other:
        names = [vhosts.open(), vhosts.open(), other.open()]
    assert len(set(names)) == 3
    assert all(name.startswith(f"warren-{run.id}-") for name in names)


def test_close_takes_everything(
    broker: RunningBroker, vhosts: Vhosts, management: Management
) -> None:
    """Closing a vhost deletes its queues and closes its connections."""
    name = vhosts.open()
    connection = pika.BlockingConnection(pika.URLParameters(broker.address.amqp_url(name)))
    connection.channel().queue_declare("q", durable=True)
    vhosts.close(name)
    with pytest.raises(pika.exceptions.AMQPConnectionError):
        connection.sleep(10)
    assert name not in management.vhosts()


def test_vhost_deleted_by_several_at_once(broker: RunningBroker) -> None:
    """Whoever comes while another deletes a vhost sees it gone, and no error."""
    managements = [Management.at(broker.address) for _ in range(3)]
    with ThreadPoolExecutor(len(managements)) as threads:
        for number in range(10):
            name = f"at-once-{number}"
            managements[0].create_vhost(name, broker.address.user)
            list(threads.map(lambda each, name=name: each.delete_vhost(name), managements))
            assert name not in managements[0].vhosts()
    for each in managements:
        each.end()


def test_end_closes_what_is_open(broker: RunningBroker, run: Run, management: Management) -> None:
    """A worker that ends leaves no vhost, also after a case that failed."""
    vhosts = Vhosts(broker.address, run, "failing")
    name = vhosts.open()
    with pytest.raises(RuntimeError), vhosts:
        raise RuntimeError
    assert name not in management.vhosts()


def test_case_user_is_confined(broker: RunningBroker, vhost: str) -> None:
    """The user that instances get has no rights on the API and none in other vhosts."""
    address = broker.address
    with (
        Management(address.management_url, address.case_user, address.case_password) as client,
        pytest.raises(BrokerUnavailable, match="refused user 'warren-"),
    ):
        client.vhosts()
    with pytest.raises(pika.exceptions.ProbableAccessDeniedError):
        pika.BlockingConnection(pika.URLParameters(address.amqp_url("/")))
    assert address.password not in address.amqp_url(vhost)


def test_leftovers(broker: RunningBroker, management: Management) -> None:
    """Vhosts and users of one run go, those of another stay."""
    dead, living = Run.attach(Path("dead0000")), Run.attach(Path("live0000"))
    with Vhosts(broker.address, living) as kept, Vhosts(broker.address, dead) as left:
        name, other = kept.open(), left.open()
        management.create_user("warren-dead0000-cases", "x")
        delete_leftovers(management, "dead0000")
        assert name in management.vhosts()
        assert other not in management.vhosts()
        assert "warren-dead0000-cases" not in management.users()


def test_address_travels(broker: RunningBroker) -> None:
    """A worker gets the same address as JSON; printed, it shows no password."""
    address = broker.address
    assert BrokerAddress.from_json(address.to_json()) == address
    assert address.password not in repr(address)
    assert address.case_password not in repr(address)


def test_url_through_a_line(broker: RunningBroker) -> None:
    """The URL through a line differs in its place only."""
    through = pika.URLParameters(broker.address.amqp_url("a/b", "127.0.0.9", 7))
    assert (through.host, through.port, through.virtual_host) == ("127.0.0.9", 7, "a/b")
    assert through.credentials.username == broker.address.case_user


def test_connection_closed_under_a_request() -> None:
    """A request that meets the end of a connection kept alive is sent again on a new one."""
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{"rabbitmq_version":"1"}'

    def serve(server: socket.socket) -> None:
        for requests in (2, 1):
            client, _ = server.accept()
            with client:
                client.recv(4096)
                client.sendall(answer)
                if requests > 1:
                    client.recv(4096)  # never answered

    with (
        socket.create_server((LOOPBACK, 0)) as server,
        ThreadPoolExecutor(1) as threads,
        Management(f"http://{LOOPBACK}:{server.getsockname()[1]}", "user", "") as management,
    ):
        served = threads.submit(serve, server)
        assert [management.version(), management.version()] == ["1", "1"]
        served.result(5)
