"""Streams of each release; the values are those that were seen on RabbitMQ, and `test_parity` sees again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.model.lab import Lab, bodies, closed
from tests.simulator.model.stream_lab import (
    at,
    declare,
    deliveries,
    fill,
    lab_with,
    offsets,
    read,
)
from warren.simulator.model import Version, commands, events

RELEASES: tuple[Version, ...] = ("3.10", "4.0", "4.3")
LATER: tuple[Version, ...] = ("4.0", "4.3")


@pytest.mark.parametrize("semantics", RELEASES)
def test_reading_takes_nothing_out(semantics: Version) -> None:
    """Every consumer reads the same messages, each with its offset and never as redelivered."""
    lab, client = lab_with(semantics)
    fill(client, b"a", b"b")
    for number in (2, 3):
        caused = read(lab.channel(number=number))
        assert (bodies(caused), offsets(caused)) == ([b"a", b"b"], [0, 1])
        assert not any(each.redelivered for each in deliveries(caused))
        lab.channel(number=number).ack(0, multiple=True)
    assert [each.message_count for each in declare(client, "s")] == [2]


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        ("first", [b"a", b"b", b"c", b"new"]),
        ("last", [b"c", b"new"]),
        ("next", [b"new"]),
        (1, [b"b", b"c", b"new"]),
        (-1, [b"a", b"b", b"c", b"new"]),
        (3, [b"new"]),
        (4, []),
        ("1h", [b"a", b"b", b"c", b"new"]),
        ("15s", [b"b", b"c", b"new"]),
        ("1s", [b"new"]),
        (at(10), [b"b", b"c", b"new"]),
        (at(11), [b"c", b"new"]),
        (at(99), [b"new"]),
    ],
)
def test_offset(offset: Any, expected: list[bytes]) -> None:
    """A consumer begins where it says; an offset that is not there yet is waited for."""
    lab, client = lab_with()
    for body in (b"a", b"b", b"c"):
        fill(client, body)
        lab.wait(10)
    lab.now -= 7  # 3 s after c
    caused = read(lab.channel(number=2), offset) + lab.channel().publish("s", b"new")
    assert bodies(caused) == expected


def test_without_an_offset() -> None:
    """A consumer that says nothing gets what comes after it."""
    lab, client = lab_with()
    fill(client, b"old")
    client.qos(5)
    assert bodies(client.consume("s") + lab.channel(number=2).publish("s", b"new")) == [b"new"]


@pytest.mark.parametrize(
    ("semantics", "offset", "code"),
    [
        *((semantics, "0s", 406) for semantics in RELEASES),
        *((semantics, "1 h", 406) for semantics in RELEASES),
        *((semantics, 1.5, 541) for semantics in RELEASES),
        *((semantics, True, 541) for semantics in RELEASES),
        ("3.10", "abc", 541),
        ("4.3", "abc", 406),
        ("4.3", "", 406),
    ],
)
def test_wrong_offset(semantics: Version, offset: Any, code: int) -> None:
    """What is no offset is refused, or RabbitMQ fails over it."""
    _, client = lab_with(semantics)
    assert closed(read(client, offset))[1] == code


@pytest.mark.parametrize("semantics", RELEASES)
def test_ack_is_credit(semantics: Version) -> None:
    """A consumer gets as many as its prefetch count, and one more for each ack."""
    _, client = lab_with(semantics)
    fill(client, b"a", b"b", b"c", b"d")
    assert bodies(read(client, prefetch=2)) == [b"a", b"b"]
    assert bodies(client.ack(2)) == [b"c"]
    client.qos(4)
    assert bodies(client.ack(1)) == [b"d"]


@pytest.mark.parametrize("semantics", ["3.10", "4.0"])
def test_the_limit_of_a_channel(semantics: Version) -> None:
    """One that is set when a stream is consumed already does not hold up the stream."""
    _, client = lab_with(semantics)
    fill(client, b"a")
    assert bodies(read(client, prefetch=2)) == [b"a"]
    client.qos(1, global_=True)
    assert bodies(client.publish("s", b"b")) == [b"b"]
    assert bodies(client.publish("s", b"c")) == []


WAYS = [
    (commands.BasicNack, True),
    (commands.BasicNack, False),
    (commands.BasicReject, True),
    (commands.BasicReject, False),
]


@pytest.mark.parametrize(("way", "requeue"), WAYS)
@pytest.mark.parametrize("semantics", RELEASES)
def test_refusing_is_credit(semantics: Version, way: type[Any], requeue: bool) -> None:
    """A nack or reject is as an ack; on 3.10 it ends the connection with 540, and nothing is lost."""
    _, client = lab_with(semantics)
    client.declare("q")
    client.publish("q", b"held")
    client.get("q")
    fill(client, b"a", b"b")
    read(client, prefetch=1)
    caused = client.do(way, 2, requeue=requeue)
    if semantics == "3.10":
        assert closed(caused)[:2] == ("connection", 540)
        assert client.lab.channel().get("q").message.body == b"held"
    else:
        assert bodies(caused) == [b"b"]


def test_refusing_what_has_gone() -> None:
    """A delivery of a stream that is deleted may be rejected, also on 3.10."""
    _, client = lab_with("3.10")
    fill(client, b"a")
    read(client)
    client.do(commands.QueueDelete, "s")
    assert client.do(commands.BasicReject, 1, requeue=True) == []


@pytest.mark.parametrize(("semantics", "code"), [("3.10", 541), ("4.0", None), ("4.3", None)])
def test_recover_is_credit(semantics: Version, code: int | None) -> None:
    """basic.recover is as an ack of all; RabbitMQ 3.10 fails over it."""
    _, client = lab_with(semantics)
    fill(client, b"a", b"b")
    read(client, prefetch=1)
    caused = client.do(commands.BasicRecover)
    if code is None:
        assert bodies(caused) == [b"b"]
    else:
        assert closed(caused)[:2] == ("connection", code)


def test_a_tag_that_comes_again() -> None:
    """What a cancelled consumer held is credit for the next of its tag."""
    _, client = lab_with()
    fill(client, b"a", b"b", b"c", b"d")
    read(client, prefetch=2)
    client.do(commands.BasicCancel, "c")
    assert bodies(read(client, prefetch=2)) == [b"a", b"b"]
    assert bodies(client.ack(1)) == [b"c"]


@pytest.mark.parametrize("semantics", RELEASES)
def test_what_a_consumer_needs(semantics: Version) -> None:
    """406 without a prefetch count, 540 with automatic acknowledgement, 540 beside a global count."""
    lab, client = lab_with(semantics)
    assert closed(client.consume("s"))[:2] == ("channel", 406)
    client = lab.channel(2)
    client.qos(5)
    assert closed(client.consume("s", no_ack=True))[:2] == ("connection", 540)
    client = lab.channel(3)
    client.qos(5)
    client.qos(5, global_=True)
    caused = client.consume("s")
    if semantics == "4.3":
        assert isinstance(caused[-1], events.BasicConsumeOk)
    else:
        assert closed(caused)[:2] == ("connection", 540)


@pytest.mark.parametrize("method", [commands.BasicGet, commands.QueuePurge])
@pytest.mark.parametrize("semantics", RELEASES)
def test_no_get_no_purge(semantics: Version, method: type[Any]) -> None:
    """basic.get and queue.purge are 540."""
    _, client = lab_with(semantics)
    assert closed(client.do(method, "s"))[:2] == ("connection", 540)


def test_delete_on_conditions() -> None:
    """A stream is deleted whatever the conditions say, with its consumers told and nothing counted."""
    lab, client = lab_with()
    fill(client, b"a")
    read(lab.channel(2))
    deleted, told = client.do(commands.QueueDelete, "s", if_unused=True, if_empty=True)
    assert (deleted.message_count, type(told)) == (0, events.BasicCancel)


def test_counts() -> None:
    """declare-ok counts all messages and no consumer."""
    _, client = lab_with()
    fill(client, b"a", b"b")
    read(client)
    declared = declare(client, "s")[0]
    assert (declared.message_count, declared.consumer_count) == (2, 0)


@pytest.mark.parametrize("semantics", RELEASES)
def test_a_restart_leaves_all(semantics: Version) -> None:
    """A restart leaves transient messages, too, at their offsets and with their times."""
    lab, client = lab_with(semantics)
    fill(client, b"a", b"b")
    lab.wait(10)
    lab.do(commands.Restart())
    fill(lab.channel(), b"c")
    caused = read(lab.channel(), at(0))
    assert (bodies(caused), offsets(caused)) == ([b"a", b"b", b"c"], [0, 1, 2])


@pytest.mark.parametrize("semantics", RELEASES)
def test_dead_letters(semantics: Version) -> None:
    """Dead letters come into a stream, but not on 3.10."""
    _, client = lab_with(semantics)
    onward = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "s"}
    client.declare("q", durable=True, arguments=onward)
    client.publish("q", b"dead", expiration="600000")
    client.nack(client.get("q").delivery_tag, requeue=False)
    caused = read(client)
    assert bodies(caused) == ([] if semantics == "3.10" else [b"dead"])
    if semantics != "3.10":
        properties = deliveries(caused)[0].message.properties
        assert "x-death" in properties.headers
        assert properties.expiration == "600000"


@pytest.mark.parametrize(
    ("semantics", "answer"),
    [
        ("3.10", None),
        ("4.0", "RESOURCE_ERROR - Stream not found for queue 's' in vhost '/'"),
        (
            "4.3",
            'RESOURCE_ERROR - failed to deliver message: {not_found,{resource,<<"/">>,queue,<<"s">>}}',
        ),
    ],
)
def test_gone_at_the_commit(semantics: Version, answer: str | None) -> None:
    """A commit that would bring a stream a message fails where it is gone, but not on 3.10."""
    lab, client = lab_with(semantics)
    client.do(commands.TxSelect)
    client.publish("s", b"late")
    lab.channel(number=2).do(commands.QueueDelete, "s")
    caused = client.do(commands.TxCommit)
    texts = [each.reply_text for each in caused if isinstance(each, events.ConnectionClose)]
    assert texts == ([] if answer is None else [answer])


HEADERS: dict[str, object] = {
    "n": 1,
    "list": [1],
    "table": {"a": 1},
    "x-list": [1],
    "CC": ["nowhere"],
    "x-death": [{"count": 1}],
    "x-stream-offset": 99,
}


@pytest.mark.parametrize(
    ("semantics", "kept", "mode"),
    [("3.10", {"n"}, None), ("4.0", {"n", "x-list", "CC"}, 1), ("4.3", {"n", "x-list", "CC"}, 1)],
)
def test_what_a_stream_keeps_of_a_message(
    semantics: Version, kept: set[str], mode: int | None
) -> None:
    """Tables and arrays are lost but in annotations; from 4.0 on no message is without a delivery mode."""
    _, client = lab_with(semantics)
    client.publish("s", b"a", headers=HEADERS, priority=3, content_type="text/plain")
    properties = deliveries(read(client))[0].message.properties
    assert properties.headers.keys() == kept | {"x-stream-offset"}
    assert properties.headers["x-stream-offset"] == 0
    assert (properties.priority, properties.content_type) == (3, "text/plain")
    assert properties.delivery_mode == mode


@pytest.mark.parametrize("odd", [{"price": Decimal("1.5")}, {"x-stream-filter-value": 5}])
def test_headers_that_fail(odd: dict[str, object]) -> None:
    """RabbitMQ fails over a decimal in the headers and a filter value that is no text; a dead letter is lost so."""
    lab, client = lab_with()
    assert closed(client.publish("s", headers=odd))[:2] == ("connection", 541)
    client = lab.channel()
    onward = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "s"}
    client.declare("q", durable=True, arguments=onward)
    client.publish("q", headers=odd)
    client.nack(client.get("q").delivery_tag, requeue=False)
    assert bodies(read(client)) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"x_stream_filter": "a"}, [b"a", b"a2"]),
        ({"x_stream_filter": ["a", "b"]}, [b"a", b"b", b"a2"]),
        ({"x_stream_filter": "a", "x_stream_match_unfiltered": True}, [b"a", b"none", b"a2"]),
        ({"x_stream_filter": "z"}, []),
        ({"x_stream_filter": 1}, [b"a", b"b", b"none", b"a2"]),
        ({"x_stream_match_unfiltered": True}, [b"a", b"b", b"none", b"a2"]),
    ],
)
@pytest.mark.parametrize("semantics", RELEASES)
def test_filter(semantics: Version, arguments: dict[str, Any], expected: list[bytes]) -> None:
    """A consumer gets the messages whose filter value it asks for; 3.10 knows no filters."""
    _, client = lab_with(semantics)
    for body, value in ((b"a", "a"), (b"b", "b"), (b"none", None), (b"a2", "a")):
        headers = {} if value is None else {"x-stream-filter-value": value}
        client.publish("s", body, headers=headers)
    everything = [b"a", b"b", b"none", b"a2"]
    assert bodies(read(client, **arguments)) == (everything if semantics == "3.10" else expected)


def test_a_filter_without_values() -> None:
    """RabbitMQ fails over a list of filters in which there is none."""
    _, client = lab_with()
    assert closed(read(client, x_stream_filter=[]))[:2] == ("connection", 541)


@pytest.mark.parametrize(
    ("semantics", "arguments", "code"),
    [
        *((each, {"x_stream_max_segment_size_bytes": 3_000_000_001}, 406) for each in RELEASES),
        *((each, {"x_stream_max_segment_size_bytes": 0}, None) for each in RELEASES),
        *((each, {"x_stream_filter_size_bytes": 15}, 406) for each in LATER),
        *((each, {"x_stream_filter_size_bytes": 255}, None) for each in LATER),
        ("3.10", {"x_stream_filter_size_bytes": 15}, None),
        ("3.10", {"x_max_age": ""}, 541),
        ("4.0", {"x_max_age": "-1h"}, 541),
        ("4.3", {"x_max_age": ""}, 406),
        ("4.3", {"x_single_active_consumer": True}, 406),
        ("4.3", {"x_dead_letter_exchange": ""}, 406),
        ("4.3", {"x_message_ttl": 1000}, 406),
        ("4.3", {"x_max_length": 5}, 406),
    ],
)
def test_declaration(semantics: Version, arguments: dict[str, Any], code: int | None) -> None:
    """A stream is declared with what streams know, in sizes that there are."""
    caused = declare(Lab(semantics).channel(), "s", **arguments)
    if code is None:
        assert isinstance(caused[-1], events.QueueDeclareOk)
    else:
        assert closed(caused)[1] == code


def test_the_same_age() -> None:
    """4.3 compares an age by what it is worth, the others by its text."""
    for semantics in RELEASES:
        lab = Lab(semantics)
        declare(lab.channel(), "s", x_max_age="1h")
        caused = declare(lab.channel(), "s", x_max_age="60m")
        assert isinstance(caused[-1], events.QueueDeclareOk) is (semantics == "4.3")


def test_a_failed_channel_reads_on() -> None:
    """A consumer of a stream gets messages until the client has answered channel.close."""
    lab, client = lab_with()
    read(client)
    client.ack(99)
    assert bodies(lab.channel(number=2).publish("s", b"a")) == [b"a"]
    client.do(commands.ChannelCloseOk)
    assert bodies(lab.channel(number=2).publish("s", b"b")) == []
