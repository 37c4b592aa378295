"""Between the words of the wire and those of the model: method -> command, event -> octets.

Both name things as the specification does, so this is tables and little else. What has to be done
about a connection as a whole (login, close) is in `session`.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any, TypeAlias

from warren.simulator import wire
from warren.simulator.model import Message, commands, events
from warren.simulator.model.methods.access import AccessRequest
from warren.simulator.wire.constants import FRAME_OVERHEAD, FrameKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warren.simulator.session.properties import Properties

ToCommand: TypeAlias = "Callable[[int, int, Any], commands.Command]"
ToOctets: TypeAlias = "Callable[[Any, int], bytes]"

# Methods in, commands out


def _exchange_declare(connection: int, channel: int, m: wire.ExchangeDeclare) -> commands.Command:
    return commands.ExchangeDeclare(
        connection,
        channel,
        m.exchange,
        m.type,
        m.passive,
        m.durable,
        m.auto_delete,
        m.internal,
        m.no_wait,
        m.arguments,
    )


def _queue_declare(connection: int, channel: int, m: wire.QueueDeclare) -> commands.Command:
    return commands.QueueDeclare(
        connection,
        channel,
        m.queue,
        m.passive,
        m.durable,
        m.exclusive,
        m.auto_delete,
        m.no_wait,
        m.arguments,
    )


def _basic_consume(connection: int, channel: int, m: wire.BasicConsume) -> commands.Command:
    return commands.BasicConsume(
        connection,
        channel,
        m.queue,
        m.consumer_tag,
        m.no_ack,
        m.exclusive,
        m.no_wait,
        m.arguments,
    )


TO_COMMAND: Mapping[type[wire.Method], ToCommand] = {
    wire.ChannelOpen: lambda c, n, _: commands.ChannelOpen(c, n),
    wire.ChannelFlow: lambda c, n, m: commands.ChannelFlow(c, n, m.active),
    wire.ChannelClose: lambda c, n, _: commands.ChannelClose(c, n),
    wire.ChannelCloseOk: lambda c, n, _: commands.ChannelCloseOk(c, n),
    wire.AccessRequest: lambda c, n, _: AccessRequest(c, n),
    wire.ExchangeDeclare: _exchange_declare,
    wire.ExchangeDelete: lambda c, n, m: commands.ExchangeDelete(
        c, n, m.exchange, m.if_unused, m.no_wait
    ),
    wire.ExchangeBind: lambda c, n, m: commands.ExchangeBind(
        c, n, m.destination, m.source, m.routing_key, m.no_wait, m.arguments
    ),
    wire.ExchangeUnbind: lambda c, n, m: commands.ExchangeUnbind(
        c, n, m.destination, m.source, m.routing_key, m.no_wait, m.arguments
    ),
    wire.QueueDeclare: _queue_declare,
    wire.QueueBind: lambda c, n, m: commands.QueueBind(
        c, n, m.queue, m.exchange, m.routing_key, m.no_wait, m.arguments
    ),
    wire.QueueUnbind: lambda c, n, m: commands.QueueUnbind(
        c, n, m.queue, m.exchange, m.routing_key, m.arguments
    ),
    wire.QueuePurge: lambda c, n, m: commands.QueuePurge(c, n, m.queue, m.no_wait),
    wire.QueueDelete: lambda c, n, m: commands.QueueDelete(
        c, n, m.queue, m.if_unused, m.if_empty, m.no_wait
    ),
    wire.BasicQos: lambda c, n, m: commands.BasicQos(
        c, n, m.prefetch_count, m.global_, m.prefetch_size
    ),
    wire.BasicConsume: _basic_consume,
    wire.BasicCancel: lambda c, n, m: commands.BasicCancel(c, n, m.consumer_tag, m.no_wait),
    wire.BasicGet: lambda c, n, m: commands.BasicGet(c, n, m.queue, m.no_ack),
    wire.BasicAck: lambda c, n, m: commands.BasicAck(c, n, m.delivery_tag, m.multiple),
    wire.BasicNack: lambda c, n, m: commands.BasicNack(c, n, m.delivery_tag, m.multiple, m.requeue),
    wire.BasicReject: lambda c, n, m: commands.BasicReject(c, n, m.delivery_tag, m.requeue),
    wire.BasicRecover: lambda c, n, m: commands.BasicRecover(c, n, m.requeue),
    wire.BasicRecoverAsync: lambda c, n, m: commands.BasicRecover(
        c, n, m.requeue, asynchronous=True
    ),
    wire.ConfirmSelect: lambda c, n, m: commands.ConfirmSelect(c, n, m.no_wait),
    wire.TxSelect: lambda c, n, _: commands.TxSelect(c, n),
    wire.TxCommit: lambda c, n, _: commands.TxCommit(c, n),
    wire.TxRollback: lambda c, n, _: commands.TxRollback(c, n),
}
"""Every method a client may send on a channel, but basic.publish."""


def to_publish(
    connection: int, channel: int, method: wire.BasicPublish, properties: Properties, body: bytes
) -> commands.BasicPublish:
    """Return the command of a message."""
    message = Message(method.exchange, method.routing_key, properties, body)
    return commands.BasicPublish(connection, channel, message, method.mandatory, method.immediate)


# Events in, octets out

_FRAME = Struct(">BHI")
_HEADER = Struct(">BHIHHQ")
_HEADER_FIXED = 12  # octets of a content header before its properties
_TAG = Struct(">QB")
_COUNT = Struct(">I")
_METHOD_ID = Struct(">HH")
_BASIC = wire.BasicDeliver.CLASS_ID
_DELIVER = _METHOD_ID.pack(_BASIC, wire.BasicDeliver.METHOD_ID)
_GET_OK = _METHOD_ID.pack(_BASIC, wire.BasicGetOk.METHOD_ID)
_END = b"\xce"


def _short(text: str) -> bytes:
    octets = text.encode("utf-8", "surrogateescape")
    return bytes((len(octets),)) + octets


def _with_content(channel: int, payload: bytes, message: Message, frame_max: int) -> bytes:
    """Write a method and the message it carries as frames: the way of every delivery."""
    properties: Any = message.properties  # ours: the model hands them on as they are
    octets: bytes = properties.octets
    body = message.body
    size = len(body)
    parts = [
        _FRAME.pack(FrameKind.METHOD, channel, len(payload)),
        payload,
        _END,
        _HEADER.pack(FrameKind.HEADER, channel, _HEADER_FIXED + len(octets), _BASIC, 0, size),
        octets,
        _END,
    ]
    if not frame_max or size + FRAME_OVERHEAD <= frame_max:
        if size:
            parts += [_FRAME.pack(FrameKind.BODY, channel, size), body, _END]
    else:
        parts.append(wire.encode_body(channel, body, frame_max))
    return b"".join(parts)


def _deliver(event: events.BasicDeliver, frame_max: int) -> bytes:
    message = event.message
    payload = b"".join(
        (
            _DELIVER,
            _short(event.consumer_tag),
            _TAG.pack(event.delivery_tag, event.redelivered),
            _short(message.exchange),
            _short(message.routing_key),
        )
    )
    return _with_content(event.channel, payload, message, frame_max)


def _get_ok(event: events.BasicGetOk, frame_max: int) -> bytes:
    message = event.message
    payload = b"".join(
        (
            _GET_OK,
            _TAG.pack(event.delivery_tag, event.redelivered),
            _short(message.exchange),
            _short(message.routing_key),
            _COUNT.pack(event.message_count),
        )
    )
    return _with_content(event.channel, payload, message, frame_max)


def _return(event: events.BasicReturn, frame_max: int) -> bytes:
    message = event.message
    returned = wire.BasicReturn(
        event.reply_code, event.reply_text, message.exchange, message.routing_key
    )
    return _with_content(event.channel, wire.encode_method(returned), message, frame_max)


TO_METHOD: Mapping[type[events.Event], Callable[[Any], wire.Method]] = {
    events.ConnectionOpenOk: lambda _: wire.ConnectionOpenOk(),
    events.ConnectionCloseOk: lambda _: wire.ConnectionCloseOk(),
    events.ChannelOpenOk: lambda _: wire.ChannelOpenOk(),
    events.ChannelFlowOk: lambda e: wire.ChannelFlowOk(e.active),
    events.ChannelClose: lambda e: wire.ChannelClose(
        e.reply_code, e.reply_text, e.class_id, e.method_id
    ),
    events.ChannelCloseOk: lambda _: wire.ChannelCloseOk(),
    events.AccessRequestOk: lambda _: wire.AccessRequestOk(),
    events.ExchangeDeclareOk: lambda _: wire.ExchangeDeclareOk(),
    events.ExchangeDeleteOk: lambda _: wire.ExchangeDeleteOk(),
    events.ExchangeBindOk: lambda _: wire.ExchangeBindOk(),
    events.ExchangeUnbindOk: lambda _: wire.ExchangeUnbindOk(),
    events.QueueDeclareOk: lambda e: wire.QueueDeclareOk(
        e.queue, e.message_count, e.consumer_count
    ),
    events.QueueBindOk: lambda _: wire.QueueBindOk(),
    events.QueueUnbindOk: lambda _: wire.QueueUnbindOk(),
    events.QueuePurgeOk: lambda e: wire.QueuePurgeOk(e.message_count),
    events.QueueDeleteOk: lambda e: wire.QueueDeleteOk(e.message_count),
    events.BasicQosOk: lambda _: wire.BasicQosOk(),
    events.BasicConsumeOk: lambda e: wire.BasicConsumeOk(e.consumer_tag),
    events.BasicCancelOk: lambda e: wire.BasicCancelOk(e.consumer_tag),
    events.BasicCancel: lambda e: wire.BasicCancel(e.consumer_tag, no_wait=True),
    events.BasicGetEmpty: lambda _: wire.BasicGetEmpty(),
    events.BasicRecoverOk: lambda _: wire.BasicRecoverOk(),
    events.BasicAck: lambda e: wire.BasicAck(e.delivery_tag, e.multiple),
    # All publishes before it are confirmed by now, and RabbitMQ says so; `requeue` means nothing there.
    events.BasicNack: lambda e: wire.BasicNack(e.delivery_tag, multiple=True, requeue=True),
    events.ConfirmSelectOk: lambda _: wire.ConfirmSelectOk(),
    events.TxSelectOk: lambda _: wire.TxSelectOk(),
    events.TxCommitOk: lambda _: wire.TxCommitOk(),
    events.TxRollbackOk: lambda _: wire.TxRollbackOk(),
}
"""Every event that is one method frame."""

_TO_FRAMES: Mapping[type[events.Event], ToOctets] = {
    events.BasicDeliver: _deliver,
    events.BasicGetOk: _get_ok,
    events.BasicReturn: _return,
}


def to_octets(event: events.Event, frame_max: int) -> bytes:
    """Write an event as the frames of its connection, no frame longer than `frame_max` octets."""
    encode = _TO_FRAMES.get(type(event))
    if encode is not None:
        return encode(event, frame_max)
    method = TO_METHOD[type(event)](event)
    return wire.encode_method_frame(getattr(event, "channel", 0), method)
