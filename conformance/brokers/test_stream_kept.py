"""What a stream is declared with, what it keeps, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pika.exceptions import ChannelClosedByBroker, ConnectionClosedByBroker

from .streams import declare_stream, offsets, read, until_end

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig

INTERNAL_ERROR = 541
LATE = 20.0
"""Seconds: RabbitMQ counts streams, and lists consumers, every five of them."""


@pytest.mark.requirement("stream.durable-and-shared")
@pytest.mark.parametrize(
    "other",
    [{"durable": False}, {"exclusive": True}, {"auto_delete": True}, {"queue": ""}],
    ids=["transient", "exclusive", "auto-delete", "unnamed"],
)
def test_durable_and_shared(broker: BrokerRig, other: dict[str, Any]) -> None:
    """A stream is durable, everybody's, there to stay and named by the client: 406 otherwise."""
    given: dict[str, Any] = {"queue": "events", "durable": True, **other}
    with broker.expect.refusal(406):
        broker.open.channel().queue_declare(**given, arguments={"x-queue-type": "stream"})


@pytest.mark.requirement("stream.foreign-arguments")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("x-message-ttl", 1000),
        ("x-expires", 1000),
        ("x-max-length", 5),
        ("x-overflow", "drop-head"),
        ("x-dead-letter-exchange", ""),
        ("x-delivery-limit", 3),
        ("x-max-priority", 3),
        ("x-single-active-consumer", True),
    ],
)
def test_foreign_arguments(broker: BrokerRig, key: str, value: object) -> None:
    """No message of a stream expires, dies or is refused, and all its consumers are active: such arguments are 406."""
    with broker.expect.refusal(406):
        broker.open.channel().queue_declare(
            "events", durable=True, arguments={"x-queue-type": "stream", key: value}
        )


@pytest.mark.requirement("stream.argument-values")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("x-max-age", "1 hour"),
        ("x-max-age", "0s"),
        ("x-max-age", 60),
        ("x-max-length-bytes", -1),
        ("x-stream-max-segment-size-bytes", 3_000_000_001),
        ("x-initial-cluster-size", 0),
    ],
)
def test_argument_values(broker: BrokerRig, key: str, value: object) -> None:
    """An age is a number and one of Y, M, D, h, m, s; a size is none below nothing, and no segment above 3 GB."""
    with broker.expect.refusal(406):
        broker.open.channel().queue_declare(
            "events", durable=True, arguments={"x-queue-type": "stream", key: value}
        )


@pytest.mark.requirement("stream.other-type")
@pytest.mark.parametrize("other", ["classic", "quorum"])
def test_other_type(broker: BrokerRig, other: str) -> None:
    """A stream is not declared again as a queue of another type: 406."""
    queue = declare_stream(broker)
    with broker.expect.refusal(406):
        broker.open.channel().queue_declare(queue, durable=True, arguments={"x-queue-type": other})


def _is_readable(broker: BrokerRig, queue: str) -> bool:
    """Whether a stream can be consumed: for a moment after a restart 3.10 answers 404, and 4.3 may answer 541."""
    try:
        read(broker, queue)
    except ChannelClosedByBroker:
        return False
    except ConnectionClosedByBroker as closed:
        if closed.reply_code != INTERNAL_ERROR:
            raise
        return False
    return True


@pytest.mark.requirement("stream.restart")
@pytest.mark.restarts_broker
def test_restart(broker: BrokerRig) -> None:
    """A restart leaves every message at its offset, whatever its delivery mode, and offsets go on."""
    queue = declare_stream(broker)
    broker.publish(b"transient", queue, delivery_mode=1)
    broker.publish(b"persistent", queue, delivery_mode=2)
    broker.restart()
    broker.wait.until(lambda: _is_readable(broker, queue), "the stream to be there again", LATE)
    broker.publish(b"after", queue)
    inbox = read(broker, queue)
    broker.wait.deliveries(3, inbox)
    assert inbox.bodies == [b"transient", b"persistent", b"after"]
    assert offsets(inbox) == [0, 1, 2]


@pytest.mark.requirement("stream.deleted")
def test_deleted(broker: BrokerRig) -> None:
    """A stream is deleted whatever if-unused and if-empty say, and its consumers are told."""
    queue = declare_stream(broker)
    broker.publish(b"event", queue)
    inbox = read(broker, queue)
    broker.wait.deliveries(1, inbox)
    broker.open.channel().queue_delete(queue, if_unused=True, if_empty=True)
    broker.wait.until(lambda: inbox.cancelled, "the consumer to be cancelled")
    assert not broker.look.has_queue(queue)


def _shown(broker: BrokerRig, queue: str) -> tuple[int, int] | None:
    """Give the messages that are ready and unacknowledged as the API has them, None while it has none."""
    _, shown = broker.operate.send("GET", "queues", broker.vhost, queue)
    counts = [shown.get(f"messages_{kind}") for kind in ("ready", "unacknowledged")]
    return None if None in counts else (counts[0], counts[1])


@pytest.mark.requirement("stream.counts")
def test_counts(broker: BrokerRig) -> None:
    """A stream's messages are all ready, however many consumers hold them; declare-ok knows of no consumer."""
    queue = declare_stream(broker)
    broker.fill(queue, b"1", b"2")
    inbox = read(broker, queue)
    broker.wait.deliveries(2, inbox)
    broker.wait.until(lambda: broker.look.ready(queue) == 2, "declare-ok to count both", LATE)
    broker.wait.until(lambda: _shown(broker, queue) == (2, 0), "the API to count both", LATE)
    declared = broker.open.channel().queue_declare(queue, passive=True)
    assert declared.method.consumer_count == 0


@pytest.mark.requirement("stream.listed")
def test_listed(broker: BrokerRig) -> None:
    """The management API calls a stream one, and lists its consumers."""
    queue = declare_stream(broker)
    inbox = read(broker, queue, 0, 7)
    _, shown = broker.operate.send("GET", "queues", broker.vhost, queue)
    assert (shown["type"], shown["arguments"]) == ("stream", {"x-queue-type": "stream"})

    def listed() -> list[Any]:
        _, consumers = broker.operate.send("GET", "consumers", broker.vhost)
        return [each for each in consumers if each["consumer_tag"] == inbox.consumer_tag]

    broker.wait.until(lambda: bool(listed()), "the consumer to be listed", LATE)
    (consumer,) = listed()
    assert (consumer["queue"]["name"], consumer["prefetch_count"]) == (queue, 7)
    assert consumer["arguments"] == {"x-stream-offset": 0}
    status, _ = broker.operate.send("DELETE", "queues", broker.vhost, queue, "contents")
    assert status == 400


def _first(broker: BrokerRig, queue: str) -> bytes:
    """Give the first message that is there."""
    inbox = read(broker, queue, prefetch=1)
    body = broker.wait.deliveries(1, inbox)[0].body
    inbox.channel.connection.close()
    return body


def _publish_until_gone(broker: BrokerRig, queue: str, body: bytes) -> None:
    """Publish until a message is not there any more: only when another segment begins does anything go."""

    def has_gone() -> bool:
        broker.publish(bytes(200), queue)
        return _first(broker, queue) != body

    broker.wait.until(has_gone, "the oldest segment to go", 30)


@pytest.mark.requirement("stream.max-length")
def test_max_length(broker: BrokerRig) -> None:
    """A stream that is longer than x-max-length-bytes drops its oldest messages, and keeps the newest."""
    queue = declare_stream(broker, x_max_length_bytes=3000, x_stream_max_segment_size_bytes=1000)
    broker.fill(queue, *(b"%d" % number + bytes(199) for number in range(5)))
    _publish_until_gone(broker, queue, b"0" + bytes(199))
    inbox = read(broker, queue, 0)
    [kept] = until_end(broker, queue, inbox)
    found = offsets(inbox)
    assert sum(map(len, kept)) <= 3000 + 1000
    assert found[0] > 0
    assert found == sorted(set(found))


@pytest.mark.requirement("stream.max-age")
def test_max_age(broker: BrokerRig) -> None:
    """A stream drops messages that are older than x-max-age when another segment begins, not before."""
    queue = declare_stream(broker, x_max_age="1s", x_stream_max_segment_size_bytes=1000)
    oldest = b"0" + bytes(199)
    broker.fill(queue, oldest, *(b"%d" % number + bytes(199) for number in range(1, 5)))
    began = broker.now()
    broker.wait.until(lambda: broker.now() - began > 2, "the messages to be old")
    assert _first(broker, queue) == oldest
    _publish_until_gone(broker, queue, oldest)


@pytest.mark.requirement("stream.policy")
def test_policy(broker: BrokerRig) -> None:
    """What a policy says of a stream's length holds before what the argument says."""
    broker.operate.policy("^events$", {"max-length-bytes": 3000})
    queue = declare_stream(broker, x_max_length_bytes=10**6, x_stream_max_segment_size_bytes=1000)
    broker.fill(queue, b"0" + bytes(199))
    _publish_until_gone(broker, queue, b"0" + bytes(199))
