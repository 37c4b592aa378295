"""The embedded broker under load and in trouble: slow readers, memory, silence, faults, TLS."""

import contextlib
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pika
import pika.exceptions
import pytest

from tests.simulator.tcp.embedded import TIMEOUT, Embedded, Raw, until
from warren.simulator import wire

MIB = 1 << 20
BODY = b"x" * 65_536


def fill(broker: Embedded, queue: str, count: int, body: bytes = BODY) -> None:
    """Put messages into a new queue."""
    with broker.connect() as connection:
        channel = connection.channel()
        channel.queue_declare(queue, durable=True)
        for _ in range(count):
            channel.basic_publish("", queue, body)
        channel.queue_declare(queue, passive=True)


@pytest.mark.parametrize("no_ack", [True, False])
def test_slow_reader(no_ack: bool) -> None:
    """What a client does not read stays in the queue, and the process does not grow by it."""
    with Embedded.start() as broker, Raw(broker) as client:
        fill(broker, "slow", 800)
        before = broker.resident()
        client.send(wire.BasicConsume("slow", no_ack=no_ack))
        until(lambda: broker.queue("slow")["messages_ready"] < 800)
        with broker.connect() as other:  # by its answer, deliveries have had their turn
            other.channel().basic_qos(prefetch_count=1)
        assert broker.queue("slow")["messages_ready"] > 300
        assert broker.resident() - before < 32 * MIB
        client.expect(wire.BasicConsumeOk)
        got = 0
        while got < 800:
            got += isinstance(client.said(), wire.BasicDeliver)
        assert broker.queue("slow")["messages_ready"] == 0


def test_slow_reader_of_large_bodies() -> None:
    """Octets count, not deliveries: what a client does not read of large bodies stays, too."""
    with Embedded.start() as broker, Raw(broker) as client:
        fill(broker, "large", 64, b"x" * MIB)
        client.send(wire.BasicConsume("large", no_ack=True))
        until(lambda: broker.queue("large")["messages_ready"] < 64)
        with broker.connect() as other:  # by its answer, deliveries have had their turn
            other.channel().basic_qos(prefetch_count=1)
        assert broker.queue("large")["messages_ready"] > 32
        client.expect(wire.BasicConsumeOk)
        got = 0
        while got < 64:
            got += isinstance(client.said(), wire.BasicDeliver)
        assert broker.queue("large")["messages_ready"] == 0


def test_reader_that_asks_and_never_reads(broker: Embedded) -> None:
    """A client that only asks is not read from any more; others go on."""
    fill(broker, "asked", 1, b"x" * MIB)
    with Raw(broker) as client:
        client.socket.settimeout(0.5)
        ask = wire.encode_method_frame(1, wire.BasicGet("asked")) + wire.encode_method_frame(
            1, wire.BasicRecover(requeue=True)
        )
        before = broker.resident()
        with contextlib.suppress(TimeoutError):
            client.socket.sendall(ask * 2000)  # for 2 GB
        broker.connect().close()
        assert broker.resident() - before < 64 * MIB
        client.socket.settimeout(TIMEOUT)
        got = 0
        while got < 20:
            got += isinstance(client.said(), wire.BasicGetOk)


def test_memory_limit() -> None:
    """Publishers are blocked above the limit and told so; when there is room they go on."""
    able: dict[str, Any] = {"capabilities": {"connection.blocked": True}}
    with (
        Embedded.start("--memory-limit=1M") as broker,
        Raw(broker, **able) as publisher,
        Raw(broker, **able) as consumer,
    ):
        publisher.send(wire.QueueDeclare("full", durable=True))
        publisher.expect(wire.QueueDeclareOk)
        publisher.socket.settimeout(1.0)
        sent = 0
        with contextlib.suppress(TimeoutError):
            for _ in range(600):
                publisher.publish("full", BODY)
                sent += 1
        publisher.socket.settimeout(20.0)
        publisher.expect(wire.ConnectionBlocked)
        assert sent < 600
        assert broker.queue("full")["messages_ready"] * len(BODY) < 3 * MIB
        assert broker.api("GET", "health/checks/alarms").status_code == 503
        consumer.send(wire.QueuePurge("full"))
        consumer.expect(wire.QueuePurgeOk)  # a connection that does not publish is not blocked
        publisher.expect(wire.ConnectionUnblocked)

        def all_is_read() -> bool:  # what the publisher had sent by then may raise it once more
            consumer.send(wire.QueuePurge("full"))
            consumer.expect(wire.QueuePurgeOk)
            return broker.api("GET", "health/checks/alarms").status_code == 200

        until(all_is_read)


def _publish_in_transaction(client: Raw) -> Iterator[None]:
    client.send(wire.TxSelect())
    client.expect(wire.TxSelectOk)
    yield from _publish(client, BODY)


def _publish_empty_bodies(client: Raw) -> Iterator[None]:
    yield from _publish(client, b"")


def _publish_headers(client: Raw) -> Iterator[None]:
    for number in range(2000):
        header = wire.ContentHeader(60, 0, wire.BasicProperties(headers={f"{number}": "x" * 2048}))
        client.socket.sendall(
            wire.encode_message(1, wire.BasicPublish("", "counted"), header, b"", 131_072)
        )
        yield


def _begin_to_publish(client: Raw) -> Iterator[None]:
    client.send(wire.BasicPublish("", "counted"))
    header = wire.join_header(60, 256 * MIB, b"\0\0")
    client.socket.sendall(wire.encode_frame(wire.FrameKind.HEADER, 1, header))
    for _ in range(600):
        client.socket.sendall(wire.encode_frame(wire.FrameKind.BODY, 1, BODY))
        yield


def _publish(client: Raw, body: bytes) -> Iterator[None]:
    for _ in range(20_000 if not body else 600):
        client.publish("counted", body)
        yield


@pytest.mark.parametrize(
    "publish", [_publish_in_transaction, _publish_empty_bodies, _publish_headers, _begin_to_publish]
)
def test_memory_limit_counts(publish: Callable[[Raw], Iterator[None]]) -> None:
    """Whatever messages take raises the alarm, and its publisher is blocked."""
    able: dict[str, Any] = {"capabilities": {"connection.blocked": True}}
    with Embedded.start("--memory-limit=2M") as broker, Raw(broker, **able) as publisher:
        publisher.send(wire.QueueDeclare("counted", durable=True))
        publisher.expect(wire.QueueDeclareOk)
        publisher.socket.settimeout(1.0)
        with contextlib.suppress(TimeoutError):
            for _ in publish(publisher):
                pass
        publisher.socket.settimeout(TIMEOUT)
        publisher.expect(wire.ConnectionBlocked)
        assert broker.api("GET", "health/checks/alarms").status_code == 503
        (shown,) = broker.api("GET", "connections").json()
        broker.api("DELETE", f"connections/{shown['name']}")
        broker.api("DELETE", "queues/%2F/counted")
        until(lambda: broker.api("GET", "health/checks/alarms").status_code == 200)


def test_silent_client_is_cut_off(broker: Embedded) -> None:
    """A client that falls silent hears heartbeats alone until it is cut off."""
    with Raw(broker, heartbeat=1) as client:
        kinds = {frame.kind for frame in iter(client.frame, None)}
    assert kinds == {wire.FrameKind.HEARTBEAT}


def test_silence_before_the_handshake_has_an_end(broker: Embedded) -> None:
    """A client that says nothing at all keeps its socket for ten seconds."""
    with socket.create_connection(("127.0.0.1", broker.port), 15) as silent:
        assert silent.recv(1) == b""


def test_fault_disconnect_on_ack() -> None:
    """The connection is cut instead of the second ack, which has no effect."""
    with Embedded.start("--fault=disconnect-ack:2") as broker:
        fill(broker, "faulty", 3, b"x")
        with Raw(broker) as client:
            client.send(wire.BasicConsume("faulty"))
            client.expect(wire.BasicConsumeOk)
            client.send(wire.BasicAck(1))
            client.send(wire.BasicAck(2))
            while client.frame() is not None:
                pass
        until(lambda: broker.queue("faulty")["messages_ready"] == 2)


def test_fault_half_open() -> None:
    """After the first ack nothing is heard of the broker, and the connection is not closed."""
    with Embedded.start("--fault=half-open-ack:1") as broker:
        fill(broker, "faulty", 2, b"x")
        with Raw(broker) as client:
            client.send(wire.BasicGet("faulty"))
            client.expect(wire.BasicGetOk)
            assert [type(client.said()) for _ in range(2)] == [wire.ContentHeader, bytes]
            client.send(wire.BasicAck(1))
            client.send(wire.BasicGet("faulty"))
            client.socket.settimeout(0.5)
            with pytest.raises(TimeoutError):
                client.frame()
            assert broker.queue("faulty")["messages_unacknowledged"] == 1
        until(lambda: broker.queue("faulty")["messages_unacknowledged"] == 0)


def test_fault_delay() -> None:
    """Everything the broker says is late by as much as was asked for."""
    with Embedded.start("--fault=delay:0.2") as broker, Raw(broker) as client:
        begin = time.monotonic()
        client.send(wire.QueueDeclare("late", exclusive=True))
        client.expect(wire.QueueDeclareOk)
        assert time.monotonic() - begin >= 0.2


def test_tls(tmp_path: Path) -> None:
    """With a certificate the AMQP port speaks TLS: a message goes in and comes back."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    request = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    subprocess.run(
        [*request.split(), "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
        timeout=30,
    )
    with Embedded.start(f"--tls-cert={certificate}", f"--tls-key={key}") as broker:
        context = ssl.create_default_context(cafile=str(certificate))
        body = b"x" * MIB  # many records of TLS
        tls = pika.SSLOptions(context, "localhost")
        with broker.connect(ssl_options=tls) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.queue_declare("secret", durable=True)
            channel.basic_publish("", "secret", body)
            assert channel.basic_get("secret", auto_ack=True)[2] == body
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            broker.connect()
