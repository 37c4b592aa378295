"""Messages over HTTP: publish one, get some. Meant for looking, not for work."""

from __future__ import annotations

from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import fields
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from warren.simulator.model import Message, commands, events
from warren.simulator.session.properties import Properties
from warren.simulator.tcp.management.connection import OwnConnection
from warren.simulator.tcp.management.request import Answer, Refused, Request, require_short
from warren.simulator.tcp.management.views import plain
from warren.simulator.wire import AmqpError, BasicProperties, decode_properties, encode_properties

if TYPE_CHECKING:
    from warren.simulator.tcp.node import Node

DEFAULT_EXCHANGE = "amq.default"
"""What paths call the exchange without a name."""
_REQUEUE = {
    "ack_requeue_true": True,
    "reject_requeue_true": True,
    "ack_requeue_false": False,
    "reject_requeue_false": False,
}
_PROPERTIES = frozenset(each.name for each in fields(BasicProperties))


def publish(node: Node, request: Request, vhost: str, exchange: str) -> Answer:
    """Publish one message; the answer says whether a queue took it."""
    asked = request.json()
    message = Message(
        "" if exchange == DEFAULT_EXCHANGE else exchange,
        require_short(str(_need(asked, "routing_key"))),
        _read_properties(_need(asked, "properties")),
        _read_payload(asked),
    )
    with OwnConnection(node, request.user, vhost) as own:
        said = own.do(lambda c, n: commands.BasicPublish(c, n, message, mandatory=True))
    routed = not any(isinstance(event, events.BasicReturn) for event in said)
    return Answer(HTTPStatus.OK, {"routed": routed})


def get(node: Node, request: Request, vhost: str, queue: str) -> Answer:
    """Take up to `count` messages, and put them back if `ackmode` says so."""
    asked = request.json()
    count, mode = _need(asked, "count"), _need(asked, "ackmode")
    if type(count) is not int or not isinstance(mode, str) or mode not in _REQUEUE:
        raise Refused(
            HTTPStatus.BAD_REQUEST, f"count is a number, ackmode one of {', '.join(_REQUEUE)}"
        )
    got: list[events.BasicGetOk] = []
    with OwnConnection(node, request.user, vhost) as own:
        while len(got) < count:
            said = own.do(lambda c, n: commands.BasicGet(c, n, queue))
            taken = [event for event in said if isinstance(event, events.BasicGetOk)]
            if not taken:
                break
            got += taken
        for each in reversed(got):
            _settle(own, each.delivery_tag, mode)
    return Answer(HTTPStatus.OK, [_show(each, str(asked.get("encoding", "auto"))) for each in got])


def _settle(own: OwnConnection, tag: int, mode: str) -> None:
    if mode == "ack_requeue_false":
        own.do(lambda c, n: commands.BasicAck(c, n, tag))
    else:
        own.do(lambda c, n: commands.BasicReject(c, n, tag, _REQUEUE[mode]))


def _need(asked: dict[str, Any], name: str) -> Any:
    try:
        return asked[name]
    except KeyError:
        raise Refused(HTTPStatus.BAD_REQUEST, f"key_missing: {name}") from None


def _read_properties(asked: Any) -> Properties:
    try:
        known = BasicProperties(**{k: v for k, v in dict(asked).items() if k in _PROPERTIES})
        return Properties(encode_properties(known))
    except (AmqpError, TypeError, ValueError, AttributeError) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"these are no properties: {error}") from error


def _read_payload(asked: dict[str, Any]) -> bytes:
    payload, encoding = _need(asked, "payload"), _need(asked, "payload_encoding")
    try:
        if encoding == "base64":
            return b64decode(payload, validate=True)
        if encoding == "string":
            return str(payload).encode()
    except (ValueError, TypeError) as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"this is no base64: {error}") from error
    raise Refused(HTTPStatus.BAD_REQUEST, "payload_encoding is string or base64")


def _show(got: events.BasicGetOk, encoding: str) -> dict[str, Any]:
    message: Any = got.message  # its properties are ours: the model hands them on as they are
    known = decode_properties(message.properties.octets)
    payload, kind = b64encode(message.body).decode(), "base64"
    if encoding != "base64":
        with suppress(UnicodeDecodeError):
            payload, kind = message.body.decode(), "string"
    return {
        "payload": payload,
        "payload_bytes": len(message.body),
        "payload_encoding": kind,
        "redelivered": got.redelivered,
        "exchange": message.exchange,
        "routing_key": message.routing_key,
        "message_count": got.message_count,
        "properties": {
            name: plain(getattr(known, name))
            for name in sorted(_PROPERTIES)
            if getattr(known, name) is not None
        },
    }
