"""What a stream does: consumers read it at their own places, and nothing that they do takes a message out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from .releases import release_of
from .streams import declare_stream, offsets, read, until_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers import BrokerRig


@pytest.mark.requirement("stream.read-again")
def test_read_again(broker: BrokerRig) -> None:
    """What one consumer has read and settled, another reads again, and so does one that lost its connection."""
    queue = declare_stream(broker)
    broker.fill(queue, b"1", b"2", b"3")
    first, lost = read(broker, queue), read(broker, queue)
    broker.wait.deliveries(3, first)
    broker.wait.deliveries(3, lost)
    first.ack()
    lost.channel.connection.close()
    again = read(broker, queue)
    assert until_end(broker, queue, again) == [[b"1", b"2", b"3"]]
    assert not any(each.redelivered for each in again.received)


@pytest.mark.requirement("stream.offset")
@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        ("first", [b"0", b"1", b"2", b"new"]),
        ("last", [b"2", b"new"]),
        ("next", [b"new"]),
        (None, [b"new"]),
        (1, [b"1", b"2", b"new"]),
        (-1, [b"0", b"1", b"2", b"new"]),
        (3, [b"new"]),
        (4, []),
        ("1h", [b"0", b"1", b"2", b"new"]),
        (datetime(2020, 1, 1, tzinfo=UTC), [b"0", b"1", b"2", b"new"]),
        (datetime(2100, 1, 1, tzinfo=UTC), [b"new"]),
    ],
)
def test_offset(broker: BrokerRig, offset: Any, expected: list[bytes]) -> None:
    """A consumer begins at the offset or the time it asks for; with none it gets what comes after it."""
    queue = declare_stream(broker)
    broker.fill(queue, b"0", b"1", b"2")
    inbox = read(broker, queue, offset)
    broker.publish(b"new", queue)
    assert until_end(broker, queue, inbox) == [expected]


@pytest.mark.requirement("stream.offset-header")
def test_offset_header(broker: BrokerRig) -> None:
    """Every delivery says its offset in the header x-stream-offset, whatever its publisher wrote there."""
    queue = declare_stream(broker)
    broker.publish(b"plain", queue)
    broker.publish(b"own", queue, headers={"x-stream-offset": 99, "mine": 1})
    inbox = read(broker, queue)
    broker.wait.deliveries(2, inbox)
    assert (offsets(inbox), inbox.received[1].headers["mine"]) == ([0, 1], 1)


@pytest.mark.requirement("stream.offset-values")
@pytest.mark.parametrize("offset", ["0s", "1 h", "5"])
def test_offset_values(broker: BrokerRig, offset: str) -> None:
    """A text that is none of first, last and next, and no age, is no offset: 406."""
    queue = declare_stream(broker)
    with broker.expect.refusal(406):
        read(broker, queue, offset)


@pytest.mark.requirement("stream.needs-prefetch")
def test_needs_prefetch(broker: BrokerRig) -> None:
    """A consumer without a prefetch count is 406, also one that acknowledges automatically."""
    queue = declare_stream(broker)
    for auto_ack in (False, True):
        with broker.expect.refusal(406):
            broker.consume(queue, auto_ack=auto_ack)


@pytest.mark.requirement("stream.not-supported")
def test_not_supported(broker: BrokerRig) -> None:
    """basic.get, queue.purge and automatic acknowledgement are 540, and end the connection."""
    queue = declare_stream(broker)
    broker.publish(b"event", queue)
    uses: tuple[Callable[[BlockingChannel], object], ...] = (
        lambda channel: channel.basic_get(queue),
        lambda channel: channel.queue_purge(queue),
        lambda channel: broker.consume(queue, channel, prefetch=5, auto_ack=True),
    )
    for use in uses:
        with broker.expect.refusal(540):
            use(broker.open.channel())


@pytest.mark.requirement("stream.global-prefetch")
def test_global_prefetch(broker: BrokerRig) -> None:
    """Where `global` limits a whole channel (3.10, 4.0), a stream cannot be consumed on it: 540."""
    queue, channel = declare_stream(broker), broker.open.channel()
    channel.basic_qos(prefetch_count=5)
    channel.basic_qos(prefetch_count=5, global_qos=True)
    if release_of(broker.version).global_prefetch:
        with broker.expect.refusal(540):
            broker.consume(queue, channel)
    else:
        assert broker.consume(queue, channel).consumer_tag


@pytest.mark.requirement("stream.consumer-priority")
def test_consumer_priority(broker: BrokerRig) -> None:
    """A consumer of a stream has no priority: 406."""
    queue = declare_stream(broker)
    with broker.expect.refusal(406):
        read(broker, queue, x_priority=1)


@pytest.mark.requirement("stream.exclusive-consumer")
def test_exclusive_consumer(broker: BrokerRig) -> None:
    """An exclusive consumer of a stream excludes nobody: both get every message."""
    queue = declare_stream(broker)
    inboxes = [broker.consume(queue, prefetch=5, exclusive=True) for _ in range(2)]
    broker.fill(queue, b"1", b"2")
    assert until_end(broker, queue, *inboxes) == [[b"1", b"2"], [b"1", b"2"]]


@pytest.mark.requirement("stream.credit")
def test_credit(broker: BrokerRig) -> None:
    """A consumer gets as many messages as its prefetch count, and one more for each that it acknowledges."""
    queue = declare_stream(broker)
    broker.fill(queue, b"1", b"2", b"3", b"4")
    inbox = read(broker, queue, "next", 2)
    broker.fill(queue, b"5", b"6", b"7", b"8")
    witness = read(broker, queue, "last")
    broker.wait.deliveries(1, witness)
    assert inbox.bodies == [b"5", b"6"]
    inbox.channel.basic_ack(inbox.received[1].tag)
    broker.wait.deliveries(3, inbox)
    inbox.channel.basic_ack(inbox.received[0].tag)
    broker.wait.deliveries(4, inbox)
    assert inbox.bodies == [b"5", b"6", b"7", b"8"]


@pytest.mark.requirement("stream.refused-delivery")
@pytest.mark.parametrize("method", ["basic_nack", "basic_reject"])
@pytest.mark.parametrize("requeue", [True, False])
def test_refused_delivery(broker: BrokerRig, method: str, requeue: bool) -> None:
    """A nack or a reject is as an ack: the message does not come again, the next one does; on 3.10 it is 540."""
    queue = declare_stream(broker)
    inbox = read(broker, queue, "next", 1)
    broker.fill(queue, b"1", b"2")
    broker.wait.deliveries(1, inbox)
    refuse = getattr(inbox.channel, method)
    if release_of(broker.version).stream_refuses_nack:
        with broker.expect.refusal(540, on=inbox.channel):
            refuse(inbox.received[0].tag, requeue=requeue)
    else:
        refuse(inbox.received[0].tag, requeue=requeue)
        broker.wait.deliveries(2, inbox)
        assert inbox.bodies == [b"1", b"2"]


@pytest.mark.requirement("stream.same-tag")
def test_same_tag(broker: BrokerRig) -> None:
    """What a cancelled consumer held is credit for the next one of its tag on its channel."""
    queue = declare_stream(broker)
    broker.publish(b"1", queue)
    inbox = read(broker, queue, prefetch=1)
    broker.wait.deliveries(1, inbox)
    inbox.cancel()
    broker.fill(queue, b"2")
    again = broker.consume(
        queue,
        inbox.channel,
        consumer_tag=inbox.consumer_tag,
        arguments={"x-stream-offset": "first"},
    )
    broker.wait.deliveries(1, again)
    inbox.channel.basic_ack(inbox.received[0].tag)
    broker.wait.deliveries(2, again)
    assert again.bodies == [b"1", b"2"]


@pytest.mark.requirement("stream.transaction")
def test_transaction(broker: BrokerRig) -> None:
    """What a transaction publishes is in the stream when it is committed, and what is rolled back never."""
    queue, channel = declare_stream(broker), broker.open.channel()
    channel.tx_select()
    channel.basic_publish("", queue, b"committed")
    channel.tx_commit()
    channel.basic_publish("", queue, b"rolled back")
    channel.tx_rollback()
    assert until_end(broker, queue, read(broker, queue)) == [[b"committed"]]


@pytest.mark.requirement("stream.dead-letters")
def test_dead_letters(broker: BrokerRig) -> None:
    """Dead letters of other queues come into a stream (4.0, 4.3), or are lost (3.10)."""
    queue = declare_stream(broker)
    onward = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue}
    source = broker.declare.queue("orders", arguments=onward)
    channel = broker.open.channel()
    broker.publish(b"dead", source)
    channel.basic_reject(broker.expect.held(source, channel).tag, requeue=False)
    broker.wait.answered(channel)
    broker.wait.settled(source)
    inbox = read(broker, queue)
    takes = release_of(broker.version).stream_takes_dead_letters
    if takes:
        broker.wait.deliveries(1, inbox)
        assert inbox.received[0].headers["x-first-death-reason"] == "rejected"
    assert until_end(broker, queue, inbox) == [[b"dead"] if takes else []]


@pytest.mark.requirement("stream.filter")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"x_stream_filter": "a"}, [b"a", b"a again"]),
        ({"x_stream_filter": ["a", "b"]}, [b"a", b"b", b"a again"]),
        (
            {"x_stream_filter": "a", "x_stream_match_unfiltered": True},
            [b"a", b"none", b"a again"],
        ),
    ],
    ids=["one", "two", "unfiltered"],
)
def test_filter(broker: BrokerRig, arguments: dict[str, Any], expected: list[bytes]) -> None:
    """A consumer gets the messages with the filter values it asks for (4.0, 4.3), or all (3.10)."""
    queue = declare_stream(broker)
    sent = ((b"a", "a"), (b"b", "b"), (b"none", None), (b"c", "c"), (b"a again", "a"))
    for body, value in sent:
        headers = {} if value is None else {"x-stream-filter-value": value}
        broker.publish(body, queue, headers=headers)
    inbox = read(broker, queue, **arguments)
    filters = release_of(broker.version).stream_filters
    assert until_end(broker, queue, inbox) == [expected if filters else [body for body, _ in sent]]


@pytest.mark.requirement("stream.properties")
def test_properties(broker: BrokerRig) -> None:
    """Tables and arrays in the headers are lost, but from 4.0 on where the name begins with `x-`; the rest is kept."""
    queue = declare_stream(broker)
    structures = {"list": [1], "table": {"a": 1}, "x-list": [1], "x-table": {"a": 1}}
    headers = {"number": 1, "text": "t", "flag": True, **structures}
    given: dict[str, Any] = {
        "content_type": "text/plain",
        "priority": 3,
        "correlation_id": "c",
        "app_id": "app",
    }
    broker.publish(b"event", queue, headers=headers, delivery_mode=2, **given)
    inbox = read(broker, queue)
    (received,) = broker.wait.deliveries(1, inbox)
    kept = {name for name in received.headers if name in headers}
    plain = {"number", "text", "flag"}
    keeps_some = release_of(broker.version).stream_keeps_annotations
    assert kept == (plain | {"x-list", "x-table"} if keeps_some else plain)
    assert {key: getattr(received.properties, key) for key in given} == given
    assert received.properties.delivery_mode == 2
