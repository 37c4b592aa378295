"""`--data`: what an embedded broker keeps over its end, and over being killed; with what each release does to it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pika
import pytest

from tests.simulator.tcp.embedded import TIMEOUT, Embedded, Raw
from warren.simulator import wire

if TYPE_CHECKING:
    from pathlib import Path

ALL = {"configure": ".*", "write": ".*", "read": ".*"}
PERSISTENT = pika.BasicProperties(delivery_mode=2)
MESSAGES = 1500
RELEASES = ["3.10", "4.0", "4.3"]


def cut_off(broker: Embedded) -> None:
    """Kill a broker, which cannot do anything about it."""
    broker.process.send_signal(signal.SIGKILL)
    broker.process.wait(TIMEOUT)


def drain(broker: Embedded, queue: str) -> list[bytes]:
    """Take all messages of a queue."""
    channel = broker.connect().channel()
    count = channel.queue_declare(queue, passive=True).method.message_count
    return [channel.basic_get(queue, auto_ack=True)[2] for _ in range(count)]


def publish(client: Raw, queue: str, body: bytes) -> None:
    """Publish a persistent message."""
    header = wire.ContentHeader(60, len(body), wire.BasicProperties(delivery_mode=2))
    message = wire.encode_message(1, wire.BasicPublish("", queue), header, body, 131_072)
    client.socket.sendall(message)


def confirmed(client: Raw, least: int) -> int:
    """Return up to which number all is confirmed, once that is `least`."""
    number = 0
    while number < least:
        ack = client.expect(wire.BasicAck)
        assert ack.multiple or ack.delivery_tag == number + 1
        number = ack.delivery_tag
    return number


def test_a_stream_is_there_after_a_kill(tmp_path: Path) -> None:
    """Killed after it was read, a stream has all that was confirmed, at the offsets where it was."""
    data = f"--data={tmp_path / 'data'}"

    def read(broker: Embedded, count: int) -> list[tuple[Any, bytes]]:
        channel = broker.connect().channel()
        channel.basic_qos(prefetch_count=count)
        found: list[tuple[Any, bytes]] = []
        arguments = {"x-stream-offset": "first"}
        for method, properties, body in channel.consume("s", arguments=arguments):
            found.append((properties.headers["x-stream-offset"], body))
            channel.basic_ack(method.delivery_tag)
            if len(found) == count:
                break
        return found

    with Embedded.start(data) as broker:
        channel = broker.connect().channel()
        channel.queue_declare("s", durable=True, arguments={"x-queue-type": "stream"})
        channel.confirm_delivery()
        for number in range(5):
            channel.basic_publish("", "s", b"%d" % number)
        before = read(broker, 5)
        cut_off(broker)
    with Embedded.start(data) as broker:
        assert read(broker, 5) == before
        channel = broker.connect().channel()
        channel.basic_publish("", "s", b"5")
        assert read(broker, 6)[5][0] > before[4][0]


@pytest.mark.parametrize("seen", [1, 400, 1200])
@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_confirmed_is_there_after_a_kill(tmp_path: Path, kind: str, seen: int) -> None:
    """Killed at any confirm, it has every message that it had confirmed, once, and in order."""
    data = f"--data={tmp_path / 'data'}"
    with Embedded.start(data) as broker, Raw(broker) as client:
        client.send(wire.QueueDeclare("q", durable=True, arguments={"x-queue-type": kind}))
        client.expect(wire.QueueDeclareOk)
        client.send(wire.ConfirmSelect())
        client.expect(wire.ConfirmSelectOk)
        for number in range(MESSAGES):
            publish(client, "q", b"%d" % number)
        promised = confirmed(client, seen)
        cut_off(broker)
    with Embedded.start(data) as broker:
        found = drain(broker, "q")
    assert found == [b"%d" % number for number in range(len(found))]
    assert len(found) >= promised


@pytest.mark.parametrize("seen", [1, 30])
def test_committed_is_there_after_a_kill(tmp_path: Path, seen: int) -> None:
    """Killed at any tx.commit-ok, it has every transaction that was committed, and none in part."""
    data, size = f"--data={tmp_path / 'data'}", 7
    with Embedded.start(data) as broker, Raw(broker) as client:
        for queue in ("from", "to"):
            client.send(wire.QueueDeclare(queue, durable=True))
            client.expect(wire.QueueDeclareOk)
        for _ in range(100):
            publish(client, "from", b"work")
        client.send(wire.TxSelect())
        client.expect(wire.TxSelectOk)
        for number in range(100):  # each takes one message and publishes some
            client.send(wire.BasicGet("from"))
            client.send(wire.BasicAck(number + 1))
            for _ in range(size):
                publish(client, "to", b"%d" % number)
            client.send(wire.TxCommit())
        commits = 0
        while commits < seen:
            commits += isinstance(client.said(), wire.TxCommitOk)
        cut_off(broker)
    with Embedded.start(data) as broker:
        left, made = drain(broker, "from"), drain(broker, "to")
    done = 100 - len(left)
    assert done >= seen
    assert made == [b"%d" % number for number in range(done) for _ in range(size)]


def test_acked_does_not_come_back_after_a_kill(tmp_path: Path) -> None:
    """What was acked before the broker's last answer is gone; what was declared before it is there."""
    data = f"--data={tmp_path / 'data'}"
    with Embedded.start(data) as broker:
        channel = broker.connect().channel()
        channel.confirm_delivery()
        channel.queue_declare("q", durable=True)
        for number in range(6):
            channel.basic_publish("", "q", b"%d" % number, PERSISTENT)
        channel.basic_get("q", auto_ack=True)
        tags = [channel.basic_get("q")[0].delivery_tag for _ in range(4)]
        channel.basic_ack(tags[1], multiple=True)
        channel.basic_nack(tags[2], requeue=False)
        channel.exchange_declare("kept", "topic", durable=True)
        channel.queue_bind("q", "kept", "a.#")
        channel.queue_unbind("q", "kept", "none")
        cut_off(broker)
    with Embedded.start(data) as broker:
        broker.connect().channel().basic_publish("kept", "a.b", b"new", PERSISTENT)
        assert drain(broker, "q") == [b"4", b"5", b"new"]


def test_what_operators_set_is_there_after_a_kill(tmp_path: Path) -> None:
    """Users with their passwords, permissions, policies, limits, parameters: what is answered is kept."""
    data = f"--data={tmp_path / 'data'}"
    kept: dict[str, dict[str, Any]] = {
        "vhosts/v": {"description": "mine", "tags": "a,b"},
        "users/eva": {"password": "pw", "tags": "administrator"},
        "users/gone": {"password": "pw", "tags": ""},
        "permissions/v/eva": {**ALL, "write": "^a"},
        "exchanges/v/mine": {"type": "topic", "durable": True},
        "topic-permissions/v/eva": {"exchange": "mine", "write": "^a", "read": ".*"},
        "policies/v/short": {"pattern": "^s", "definition": {"max-length": 1}},
        "operator-policies/v/shorter": {"pattern": "^t", "definition": {"max-length": 2}},
        "vhost-limits/v/max-queues": {"value": 5},
        "user-limits/eva/max-channels": {"value": 6},
        "global-parameters/mine": {"value": {"a": [1]}},
    }
    looks = (
        "vhosts/v",
        "users",
        "permissions",
        "topic-permissions",
        "policies",
        "parameters",
        "operator-policies",
        "vhost-limits",
        "user-limits",
        "global-parameters",
    )
    with Embedded.start(data) as broker:
        for path, document in kept.items():
            assert broker.api("PUT", path, json=document).ok
        assert broker.api("DELETE", "users/gone").ok
        assert broker.api("DELETE", "vhosts/%2F").ok
        before = {path: broker.api("GET", path, auth=("eva", "pw")).json() for path in looks}
        cut_off(broker)
    assert b"pw" not in (tmp_path / "data").read_bytes()
    with Embedded.start(data) as broker:
        after = {path: broker.api("GET", path, auth=("eva", "pw")).json() for path in looks}
        of_guest = {"configure": ".*", "write": ".*", "read": ".*", "user": "guest", "vhost": "v"}
        assert of_guest in after["permissions"]
        assert _without_hash_of_guest(after) == _without_hash_of_guest(before)
        assert broker.api("GET", "vhosts/%2F").status_code == 404


def _without_hash_of_guest(looks: dict[str, Any]) -> dict[str, Any]:
    """Leave out what each start makes anew: the password's salt of the command line's user."""
    return looks | {"users": [each for each in looks["users"] if each["name"] != "guest"]}


COUNTS = {
    "3.10": ["0 1", "1 1", "3 1", "5 -", "6 -", "2 1", "4 1"],
    "4.0": ["3 1", "0 1", "1 1", "2 2", "4 -", "5 -", "6 -"],
    "4.3": ["3 1 1", "0 1 1", "1 1 1", "2 1 2", "4 -", "5 -", "6 -"],
}
"""Order, x-delivery-count and x-acquired-count in a quorum queue, measured on RabbitMQ 3.10.8, 4.0.5 and 4.3.6.

Of seven messages a consumer held the first two, the third was given back and taken again, the fourth
was given back; then the broker was killed, or ended in order: that makes no difference here.
"""


@pytest.mark.parametrize("end", ["killed", "ended"])
@pytest.mark.parametrize("release", RELEASES)
def test_deliveries_are_remembered_as_by_rabbitmq(tmp_path: Path, release: str, end: str) -> None:
    """A quorum queue remembers who had what; a classic one after a kill that anything may have been delivered."""
    options = f"--data={tmp_path / 'data'}", f"--semantics={release}"
    with Embedded.start(*options) as broker:
        for kind in ("classic", "quorum"):
            _deliver(broker, kind)
        if end == "killed":
            cut_off(broker)
        else:
            assert broker.end() == 0
    with Embedded.start(*options) as broker:
        channel = broker.connect().channel()
        classic = [channel.basic_get("classic", auto_ack=True) for _ in range(7)]
        assert [body for _, _, body in classic] == [b"%d" % number for number in range(7)]
        unsure = end == "killed"
        assert [got.redelivered for got, *_ in classic] == [True] * 4 + [unsure] * 3
        quorum = [channel.basic_get("quorum", auto_ack=True) for _ in range(7)]
        assert [_described(*each) for each in quorum] == COUNTS[release]


def _deliver(broker: Embedded, kind: str) -> None:
    connection = broker.connect()
    channel = connection.channel()
    channel.confirm_delivery()
    channel.queue_declare(kind, durable=True, arguments={"x-queue-type": kind})
    for number in range(7):
        channel.basic_publish("", kind, b"%d" % number, PERSISTENT)
    channel.basic_qos(prefetch_count=2)
    had: list[Any] = []
    channel.basic_consume(kind, lambda *delivered: had.append(delivered))
    while len(had) < 2:
        connection.process_data_events(1)
    third = channel.basic_get(kind)[0]
    channel.basic_nack(third.delivery_tag)
    _, fourth = (channel.basic_get(kind)[0] for _ in range(2))
    channel.basic_reject(fourth.delivery_tag)
    channel.queue_declare(kind, passive=True)


def _described(got: Any, properties: Any, body: bytes) -> str:
    if not got.redelivered:
        return f"{body.decode()} -"
    headers = properties.headers
    counts = (headers.get(name) for name in ("x-delivery-count", "x-acquired-count"))
    return " ".join(map(str, (body.decode(), *(each for each in counts if each is not None))))


def test_what_a_message_is_kept_with(tmp_path: Path) -> None:
    """Its properties, deaths, deadline, priority and keys are there again, even a key that is no text."""
    data = f"--data={tmp_path / 'data'}"
    arguments = {
        "x-max-priority": 3,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "dead",
    }
    with Embedded.start(data) as broker:
        channel = broker.connect().channel()
        channel.queue_declare("q", durable=True, arguments=arguments)
        channel.queue_declare("dead", durable=True)
        channel.queue_bind("q", "amq.topic", "#")
        sent = pika.BasicProperties(
            delivery_mode=2,
            headers={"n": [1, None], "CC": ["copy"]},
            priority=2,
            expiration="60000",
        )
        channel.basic_publish("amq.topic", "first", b"\xff\0", sent)
        channel.basic_publish("", "q", b"dies", pika.BasicProperties(delivery_mode=2, priority=9))
        channel.basic_nack(channel.basic_get("q")[0].delivery_tag, requeue=False)
        channel.basic_publish(
            "", "q", b"over", pika.BasicProperties(delivery_mode=2, expiration="300")
        )
        channel.queue_declare("q", passive=True)
        cut_off(broker)
    with Embedded.start(data) as broker:
        channel = broker.connect().channel()
        channel.queue_declare("q", durable=True, arguments=arguments)
        got, properties, body = channel.basic_get("q")
        assert (got.exchange, got.routing_key, body) == ("amq.topic", "first", b"\xff\0")
        assert (properties.headers, properties.priority) == ({"n": [1, None], "CC": ["copy"]}, 2)
        _, properties, _ = channel.basic_get("dead")
        (death,) = properties.headers["x-death"]
        assert (death["queue"], death["reason"], death["count"]) == ("q", "rejected", 1)


@pytest.mark.parametrize("release", ["3.10", "4.3"])
def test_what_is_not_durable_is_not_kept(tmp_path: Path, release: str) -> None:
    """Transient messages and queues, and what is exclusive, end with the broker; 4.3 keeps transient exchanges."""
    options = f"--data={tmp_path / 'data'}", f"--semantics={release}"
    with Embedded.start(*options) as broker:
        channel = broker.connect().channel()
        for name, durable in (("from", True), ("through", False)):
            channel.exchange_declare(name, "fanout", durable=durable)
        channel.queue_declare("kept", durable=True)
        channel.queue_declare("lost")
        channel.queue_declare("mine", durable=True, exclusive=True)
        for queue in ("kept", "lost", "mine"):
            channel.queue_bind(queue, "through")
        channel.exchange_bind("through", "from")
        channel.basic_publish("through", "", b"kept", PERSISTENT)
        channel.basic_publish("through", "", b"lost")
        channel.queue_declare("kept", passive=True)
        cut_off(broker)
    with Embedded.start(*options) as broker:
        assert drain(broker, "kept") == [b"kept"]
        queues = {each["name"] for each in broker.api("GET", "queues").json()}
        assert queues == {"kept"}
        broker.connect().channel().basic_publish("from", "", b"message")
        exchange = broker.api("GET", "exchanges/%2F/through")
        if release == "3.10":
            assert exchange.status_code == 404
        else:
            assert exchange.json()["durable"] is False
            assert drain(broker, "kept") == [b"message"]


def test_it_lives_many_times(tmp_path: Path) -> None:
    """Each life takes up what the last one left, however that ended, and new messages go behind the old."""
    data = f"--data={tmp_path / 'data'}"
    for life in range(4):
        with Embedded.start(data) as broker:
            channel = broker.connect().channel()
            channel.confirm_delivery()
            channel.queue_declare("q", durable=True, arguments={"x-queue-type": "quorum"})
            for number in range(3):
                channel.basic_publish("", "q", b"%d.%d" % (life, number), PERSISTENT)
            if life:
                assert channel.basic_get("q", auto_ack=True)[2] == b"0.%d" % (life - 1)
            if life % 2:
                cut_off(broker)
            else:
                assert broker.end() == 0
    with Embedded.start(data) as broker:
        assert drain(broker, "q") == [
            b"%d.%d" % (life, n) for life in range(1, 4) for n in range(3)
        ]
