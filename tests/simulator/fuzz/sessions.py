"""What well-behaved clients write, frame by frame: the seeds that `mutations` spoils.

Every conversation may follow `handshake`, alone or after another one; names are the same in all of
them, so that conversations of several clients meet.
"""

from __future__ import annotations

from typing import Any

from tests.simulator.tcp.embedded import PASSWORD
from warren.simulator import wire

VHOST = "fuzz"
FRAME_MAX = 8192
CHANNEL = 1

Pieces = list[bytes]
"""A client's octets in order, cut where its frames begin."""


def method(said: wire.Method, channel: int = CHANNEL) -> bytes:
    """Return a method as a frame."""
    return wire.encode_method_frame(channel, said)


def handshake(vhost: str = VHOST, heartbeat: int = 0) -> Pieces:
    """Log in, open the virtual host and a channel."""
    properties: dict[str, wire.FieldValue] = {
        "product": "fuzz",
        "capabilities": {
            "authentication_failure_close": True,
            "consumer_cancel_notify": True,
            "basic.nack": True,
        },
    }
    response = f"\0guest\0{PASSWORD}".encode()
    return [
        wire.PROTOCOL_HEADER,
        method(wire.ConnectionStartOk(properties, "PLAIN", response), 0),
        method(wire.ConnectionTuneOk(2047, FRAME_MAX, heartbeat), 0),
        method(wire.ConnectionOpen(vhost), 0),
        method(wire.ChannelOpen()),
    ]


def publish(
    exchange: str, key: str, body: bytes, *, mandatory: bool = False, **given: Any
) -> Pieces:
    """Return a message: its method, its header, and its body in as many frames as it takes."""
    header = wire.ContentHeader(60, len(body), wire.BasicProperties(**given))
    room = FRAME_MAX - wire.FRAME_OVERHEAD
    return [
        method(wire.BasicPublish(exchange, key, mandatory)),
        wire.encode_frame(wire.FrameKind.HEADER, CHANNEL, wire.encode_header(header)),
        *(
            wire.encode_frame(wire.FrameKind.BODY, CHANNEL, body[at : at + room])
            for at in range(0, len(body), room)
        ),
    ]


def queues() -> Pieces:
    """Declare, publish, get, ack, nack, purge, delete."""
    arguments: dict[str, wire.FieldValue] = {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "q2",
        "x-max-length": 3,
        "x-message-ttl": 50,
    }
    return [
        method(wire.QueueDeclare("q", durable=True)),
        method(wire.QueueDeclare("q2", durable=True, arguments=arguments)),
        method(wire.QueueDeclare("", exclusive=True, auto_delete=True)),
        *publish("", "q", b"hello", delivery_mode=2, content_type="text/plain"),
        *publish("", "q2", b"x" * 9000, expiration="20", priority=3),
        *publish("", "q", b""),
        method(wire.BasicGet("q")),
        method(wire.BasicGet("q2", no_ack=True)),
        method(wire.BasicAck(1)),
        method(wire.BasicGet("q")),
        method(wire.BasicNack(2, multiple=True, requeue=True)),
        method(wire.BasicRecover(requeue=True)),
        method(wire.QueueDeclare("q", passive=True)),
        method(wire.QueuePurge("q2")),
        method(wire.QueueDelete("q2")),
    ]


def exchanges() -> Pieces:
    """Declare exchanges of every type, bind them to queues and to each other, publish, unbind."""
    matching: dict[str, wire.FieldValue] = {"x-match": "any", "h": 1, "g": "s"}
    frames = [method(wire.QueueDeclare("q", durable=True))]
    for kind in ("direct", "fanout", "topic", "headers"):
        alternate: dict[str, wire.FieldValue] = {"alternate-exchange": "fanout"}
        frames += [
            method(wire.ExchangeDeclare(kind, kind, durable=True, arguments=alternate)),
            method(wire.QueueBind("q", kind, "a.*.#", arguments=matching)),
        ]
    return [
        *frames,
        method(wire.ExchangeBind("topic", "fanout", "a")),
        method(wire.ExchangeBind("fanout", "topic", "#")),
        *publish("topic", "a.b.c", b"routed", mandatory=True, headers=nested()),
        *publish("headers", "", b"by header", headers={"h": 1, "CC": ["q"], "BCC": ["q2"]}),
        *publish("direct", "nowhere", b"back", mandatory=True),
        method(wire.QueueUnbind("q", "topic", "a.*.#", matching)),
        method(wire.ExchangeUnbind("topic", "fanout", "a")),
        method(wire.ExchangeDelete("fanout")),
    ]


def consumers() -> Pieces:
    """Consume with a prefetch count, settle what may come, cancel."""
    return [
        method(wire.QueueDeclare("q", durable=True)),
        method(wire.BasicQos(0, 2)),
        method(wire.BasicConsume("q", "c", arguments={"x-priority": 1})),
        *publish("", "q", b"1"),
        *publish("", "q", b"2", reply_to="q", correlation_id="7"),
        method(wire.BasicAck(1)),
        method(wire.BasicReject(2, requeue=True)),
        method(wire.ChannelFlow(active=True)),
        method(wire.BasicConsume("amq.rabbitmq.reply-to", "r", no_ack=True)),
        *publish("", "q", b"3", reply_to="amq.rabbitmq.reply-to"),
        method(wire.BasicCancel("c")),
        method(wire.ChannelClose(200, "done")),
    ]


def promises() -> Pieces:
    """Publish with confirms on one channel and in a transaction on another."""
    other = CHANNEL + 1
    return [
        method(wire.ConfirmSelect()),
        *publish("", "nowhere", b"confirmed", message_id="m", timestamp=wire.Timestamp(1)),
        method(wire.ChannelOpen(), other),
        method(wire.TxSelect(), other),
        method(wire.QueueDeclare("q", durable=True), other),
        method(wire.BasicGet("q"), other),
        method(wire.BasicAck(1), other),
        method(wire.TxCommit(), other),
        method(wire.TxRollback(), other),
        wire.HEARTBEAT_FRAME,
        method(wire.ChannelClose(200, "done"), other),
    ]


def goodbye() -> Pieces:
    """Close the connection in order."""
    return [method(wire.ConnectionClose(200, "goodbye"), 0)]


def nested(depth: int = 3) -> dict[str, wire.FieldValue]:
    """Return a table that holds tables and lists so deep, and one of every other value."""
    table: dict[str, wire.FieldValue] = {"text": "é", "octets": b"\xff", "none": None, "n": 1 << 40}
    for level in range(depth):
        table = {"inner": table, "list": [level, True, 1.5, {}]}
    return table


CONVERSATIONS = (queues, exchanges, consumers, promises)
"""All but the handshake and the goodbye."""
