"""What the document's PHP consumers send a broker, measured on RabbitMQ 3.10.8 and 4.3.6: data, nothing else.

All that an instance says for one piece of work, in order. What differs from run to run stands in
angle brackets; a consumer tag is "", and heartbeats, connection and channel methods are left out.
The work is two texts, one that PHP escapes for its `/` and one for its letters.

Source: php-amqplib 3.5.3 and RabbitMqBundle 2.17.4, playing document 1, chapters 2 to 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from warren.simulator.wire import (
    BasicAck,
    BasicCancel,
    BasicConsume,
    BasicProperties,
    BasicQos,
    ExchangeDeclare,
    QueueBind,
    QueueDeclare,
)
from warren.simulator.wire.methods.declaration import Method
from warren.workloads.course.roles import HTTP, PART, RPC_SERVER, STREAM, TASK

if TYPE_CHECKING:
    from warren.workloads import Role


@dataclass(frozen=True, slots=True)
class Message:
    """A basic.publish, neither mandatory nor immediate, with what follows it."""

    exchange: str
    routing_key: str
    properties: BasicProperties
    body: bytes


Said: TypeAlias = Method | Message

PACKAGE = '{"texts": ["a/b", "Путь"]}'.encode()
"""The source body; its blank and its letters must come through as they are."""

REPLY_QUEUE = "<reply queue>"
CORRELATION = "<correlation id>"
TASK_CORRELATION = "task_<crc32>"
RESULT_REPLY = b's:<octets>:"{"result":"<digits>","process_time":<0-59>}";'
REJECT_REPLY = b's:2:"-1";'
ERROR_REPLY = b"error: <message>"

_PERSISTENT = BasicProperties(content_type="text/plain", delivery_mode=2)
_REPLY = BasicProperties(content_type="text/plain", correlation_id=CORRELATION)
_TASK_REPLY = BasicProperties(content_type="text/plain", correlation_id=TASK_CORRELATION)
_REQUEST = BasicProperties(
    content_type="text/plain",
    delivery_mode=1,
    correlation_id=TASK_CORRELATION,
    reply_to=REPLY_QUEUE,
    expiration="0",
)
_MISTAKEN_TASK_EXCHANGE = "old_sound_rabbit_mq.server.task"


def _declares(exchange: str) -> ExchangeDeclare:
    return ExchangeDeclare(exchange, type="direct", durable=True)


def _consumes(role: Role) -> tuple[Said, ...]:
    return (
        BasicQos(prefetch_size=0, prefetch_count=1, global_=False),
        _declares(role.exchange),
        QueueDeclare(role.queue, durable=True, exclusive=False, auto_delete=False, arguments={}),
        QueueBind(role.queue, role.exchange, routing_key=""),
        BasicConsume(role.queue, no_ack=False),
    )


def _part(body: bytes) -> Message:
    return Message(PART.exchange, "", _PERSISTENT, body)


_BLOCKING_STREAM = (*_consumes(STREAM), BasicAck(1))
_PARTS_STREAM = (
    *_consumes(STREAM),
    _declares(PART.exchange),
    _part(rb'{"text":"a\/b","sourceMessage":null}'),
    _part(
        rb'{"text":"\u041f\u0443\u0442\u044c","sourceMessage":'
        rb'"{\"texts\": [\"a\/b\", \"\u041f\u0443\u0442\u044c\"]}"}'
    ),
    BasicAck(1),
)
_PARTS_PART = (*_consumes(PART), BasicAck(1), BasicAck(2))
_PIPELINE_STREAM = (
    *_consumes(STREAM),
    _declares(PART.exchange),
    _part(rb'{"texts":["a\/b","\u041f\u0443\u0442\u044c"],"index":0,"result":{"texts":[]}}'),
    BasicAck(1),
)
_PIPELINE_PART = (
    *_consumes(PART),
    _declares(PART.exchange),
    _part(rb'{"texts":["a\/b","\u041f\u0443\u0442\u044c"],"index":1,"result":{"texts":["a\/b"]}}'),
    BasicAck(1),
    BasicAck(2),
)
_TASK_HTTP = (
    _declares(_MISTAKEN_TASK_EXCHANGE),
    Message(_MISTAKEN_TASK_EXCHANGE, "", _PERSISTENT, b'{"taskId":1}'),
)
_RPC_HTTP = (
    QueueDeclare("", durable=False, exclusive=True, auto_delete=False),
    Message(RPC_SERVER.exchange, "", _REQUEST, b'{"taskId":1}'),
    BasicConsume(REPLY_QUEUE, no_ack=True),
    BasicCancel(),
)
_RPC_SERVER = (
    *_consumes(RPC_SERVER),
    BasicAck(1),
    Message("", REPLY_QUEUE, _TASK_REPLY, RESULT_REPLY),
    BasicAck(2),
    Message("", REPLY_QUEUE, _REPLY, REJECT_REPLY),
    BasicAck(3),
    Message("", REPLY_QUEUE, _REPLY, ERROR_REPLY),
)

MEASURED: dict[str, dict[Role, tuple[Said, ...]]] = {
    "blocking": {STREAM: _BLOCKING_STREAM},
    "parts": {STREAM: _PARTS_STREAM, PART: _PARTS_PART},
    "parts-random": {STREAM: _PARTS_STREAM, PART: _PARTS_PART},
    "pipeline": {STREAM: _PIPELINE_STREAM, PART: _PIPELINE_PART},
    "task": {HTTP: _TASK_HTTP, TASK: (*_consumes(TASK), BasicAck(1))},
    "rpc": {HTTP: _RPC_HTTP, RPC_SERVER: _RPC_SERVER},
}

ANSWERS = {
    "task": (202, rb'"Task accepted"'),
    "rpc": (200, rb'\{"result":"\d+","process_time":\d{1,2}\}'),
}
"""The status and, as a pattern, the body that `GET /task` is answered with."""
