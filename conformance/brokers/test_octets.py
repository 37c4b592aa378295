"""Octet by octet: what a broker makes of tables, names and flags that no client library would send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.brokers import wire

from .releases import release_of

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig, RawClient

HEADERS_FLAG = b"\x20\x00"
NO_FLAGS = b"\x00\x00"
FIRST_B, A, SECOND_B = b"\x01bI\x00\x00\x00\x01", b"\x01aL" + b"\x00" * 7 + b"\x05", b"\x01bt\x02"
UNKNOWN_TYPE, CUT_SHORT = b"\x01aZ1", b"\x01aS\x00\x00\x00\x09ab"
NO_TEXT = "\udcff"
"""How an octet 255, which is no UTF-8, stands in text."""


def _length(octets: bytes) -> bytes:
    return len(octets).to_bytes(4)


def _publish(client: RawClient, key: str, properties: bytes, exchange: str = "") -> None:
    """Publish a body of one octet with such properties, flags first."""
    publish = wire.BasicPublish(exchange, key)
    header = b"\x00\x3c\x00\x00" + (1).to_bytes(8) + properties
    client.send(1, publish)
    client.send_octets(
        wire.encode_frame(wire.FrameKind.HEADER, 1, header) + wire.encode_body(1, b"x", 0)
    )


def _get(broker: BrokerRig, client: RawClient, queue: str) -> tuple[wire.BasicGetOk, bytes]:
    """Get the queue's message; return its method and the octets of its properties."""
    broker.wait.ready(queue, 1)
    client.send(1, wire.BasicGet(queue=queue, no_ack=True))
    method = client.expect(wire.BasicGetOk)
    header = client.read_frame()
    assert header is not None, "the stream ended before the message's header"
    client.read_frame()  # its body
    return method, header.payload[12:]


@pytest.mark.requirement("octets.headers")
def test_headers(broker: BrokerRig) -> None:
    """Headers come back as they came (3.10), or in order, without repeats and with `L` as `l` (4.0, 4.3)."""
    queue = broker.declare.queue()
    client = broker.open.raw_channel()
    sent = FIRST_B + A + SECOND_B
    expected = sent
    if release_of(broker.version).sorts_headers:
        expected = A.replace(b"L", b"l") + FIRST_B
    _publish(client, queue, HEADERS_FLAG + _length(sent) + sent)
    _, properties = _get(broker, client, queue)
    assert properties == HEADERS_FLAG + _length(expected) + expected


@pytest.mark.requirement("octets.bad-properties")
@pytest.mark.parametrize(
    "properties",
    [
        HEADERS_FLAG + _length(UNKNOWN_TYPE) + UNKNOWN_TYPE,
        HEADERS_FLAG + _length(CUT_SHORT) + CUT_SHORT,
        HEADERS_FLAG + b"\x00\x00\x00\x63" + A,
        NO_FLAGS + b"z",
        b"\x80\x00",
        b"\x00\x01\x00\x00",
    ],
    ids=["unknown-type", "cut-short", "beyond", "more-octets", "missing", "more-flags"],
)
def test_bad_properties(broker: BrokerRig, properties: bytes) -> None:
    """Properties that cannot be decoded are 541, and no more is said."""
    client = broker.open.raw_channel()
    _publish(client, broker.declare.queue(), properties)
    assert client.expect(wire.ConnectionClose) == wire.ConnectionClose(541, "INTERNAL_ERROR", 0, 0)


@pytest.mark.requirement("octets.bad-arguments")
@pytest.mark.parametrize("table", [UNKNOWN_TYPE, CUT_SHORT], ids=["unknown-type", "cut-short"])
def test_bad_arguments(broker: BrokerRig, table: bytes) -> None:
    """Arguments that cannot be decoded end the connection without a word."""
    client = broker.open.raw_channel()
    declare = wire.encode_method(wire.QueueDeclare("q")).removesuffix(bytes(4))
    payload = declare + _length(table) + table
    client.send_octets(wire.encode_frame(wire.FrameKind.METHOD, 1, payload))
    assert client.read() is None, "the broker said something before the end"


@pytest.mark.requirement("octets.frame-not-filled")
def test_table_that_does_not_fill_its_frame(broker: BrokerRig) -> None:
    """A table shorter or longer than what is left of its method is 501, which quotes the octets."""
    for length in (b"\x00\x00\x00\x02", b"\x00\x00\x00\x63"):
        client = broker.open.raw_channel()
        declare = wire.encode_method(wire.QueueDeclare("q")).removesuffix(bytes(4))
        client.send_octets(wire.encode_frame(wire.FrameKind.METHOD, 1, declare + length + A))
        close = client.expect(wire.ConnectionClose)
        assert (close.reply_code, close.class_id, close.method_id) == (501, 50, 10)
        assert close.reply_text.startswith("FRAME_ERROR - cannot decode <<0,0,1,113,")


@pytest.mark.requirement("octets.names")
def test_names_that_are_no_utf_8(broker: BrokerRig) -> None:
    """A name that is no UTF-8 is 501 of no method; in a publish it is a name like any other."""
    queue = broker.declare.queue()
    broker.declare.binding(queue, "amq.topic", "#")
    client = broker.open.raw_channel()
    _publish(client, NO_TEXT, NO_FLAGS, exchange="amq.topic")
    assert _get(broker, client, queue)[0].routing_key == NO_TEXT
    _publish(client, "key", NO_FLAGS, exchange=NO_TEXT)
    text = "ÿ" if release_of(broker.version).texts_in_latin_1 else NO_TEXT
    refusal = client.expect(wire.ChannelClose)
    assert refusal.reply_code == 404
    assert refusal.reply_text.startswith(f"NOT_FOUND - no exchange '{text}' in vhost '")
    bound = broker.open.raw_channel()
    payload = wire.encode_method(wire.QueueBind(queue, "amq.topic", "k")).replace(b"\1k", b"\1\xff")
    bound.send_octets(wire.encode_frame(wire.FrameKind.METHOD, 1, payload))
    assert bound.expect(wire.ConnectionClose) == wire.ConnectionClose(
        501, "FRAME_ERROR - Malformed UTF-8 in shortstr", 0, 0
    )


@pytest.mark.requirement("octets.nack")
def test_nack_of_a_publish(broker: BrokerRig) -> None:
    """A queue that refuses a publish has it nacked with `multiple` and `requeue` set, as if it were many."""
    arguments = {"x-max-length": 0, "x-overflow": "reject-publish"}
    queue = broker.declare.queue("full", arguments=arguments)
    client = broker.open.raw_channel()
    client.send(1, wire.ConfirmSelect())
    client.expect(wire.ConfirmSelectOk)
    _publish(client, queue, NO_FLAGS)
    assert client.expect(wire.BasicNack) == wire.BasicNack(1, multiple=True, requeue=True)


@pytest.mark.requirement("octets.mechanisms")
def test_mechanisms(broker: BrokerRig) -> None:
    """connection.start names PLAIN and AMQPLAIN, and from 4.0 on ANONYMOUS."""
    client = broker.open.raw()
    client.send_octets(wire.PROTOCOL_HEADER)
    start = client.expect(wire.ConnectionStart)
    assert {*start.mechanisms.split()} == release_of(broker.version).mechanisms


@pytest.mark.requirement("octets.headers-routing")
def test_routing_by_headers(broker: BrokerRig) -> None:
    """A headers exchange takes text and octets for the same; timestamps are seconds (3.10) or milliseconds."""
    queue = broker.declare.queue()
    client = broker.open.raw_channel()
    pairs: tuple[tuple[wire.FieldValue, wire.FieldValue], ...] = (
        ("v", b"v"),
        (b"v", "v"),
        (5000, wire.Timestamp(5)),
        (5, wire.Timestamp(5)),
    )
    routed = []
    for given, header in pairs:
        arguments: wire.FieldTable = {"x-match": "all", "h": given}
        client.send(1, wire.QueueBind(queue, "amq.headers", arguments=arguments))
        client.expect(wire.QueueBindOk)
        octets = wire.encode_properties(wire.BasicProperties(headers={"h": header}))
        _publish(client, "", octets, exchange="amq.headers")
        client.send(1, wire.BasicGet(queue=queue, no_ack=True))
        got = client.read()
        routed.append(isinstance(got, wire.BasicGetOk))
        if routed[-1]:
            client.read_body()
        client.send(1, wire.QueueUnbind(queue, "amq.headers", arguments=arguments))
        client.expect(wire.QueueUnbindOk)
    in_milliseconds = release_of(broker.version).routes_by_milliseconds
    assert routed == [True, True, in_milliseconds, not in_milliseconds]


@pytest.mark.requirement("octets.headers-of-a-death")
def test_headers_of_a_dead_letter(broker: BrokerRig) -> None:
    """The headers that a dead letter gets stand among those it had, in the order of their names."""
    dead = broker.declare.queue("dead")
    arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    queue = broker.declare.queue("orders", arguments=arguments)
    client = broker.open.raw_channel()
    _publish(client, queue, HEADERS_FLAG + _length(b"\x01zV\x01aV") + b"\x01zV\x01aV")
    broker.wait.ready(queue, 1)
    client.send(1, wire.BasicGet(queue=queue))
    client.expect(wire.BasicGetOk)
    client.read_body()
    client.send(1, wire.BasicReject(1, requeue=False))
    headers = wire.decode_properties(_get(broker, client, dead)[1]).headers
    assert headers is not None
    assert len(headers) > 2
    assert [*headers] == sorted(headers)


@pytest.mark.requirement("octets.delivery-mode")
@pytest.mark.parametrize("mode", [0, 3, 255])
def test_other_delivery_modes(broker: BrokerRig, mode: int) -> None:
    """A delivery mode that is neither 1 nor 2 is 406 (3.10), or goes with the message (4.0, 4.3)."""
    queue = broker.declare.queue()
    client = broker.open.raw_channel()
    _publish(client, queue, b"\x10\x00" + bytes((mode,)))
    if release_of(broker.version).checks_delivery_mode:
        text = f"PRECONDITION_FAILED - invalid message: {{delivery_mode_unknown,{mode}}}"
        assert client.expect(wire.ChannelClose) == wire.ChannelClose(406, text, 60, 40)
    else:
        assert _get(broker, client, queue)[1] == b"\x10\x00" + bytes((mode,))
