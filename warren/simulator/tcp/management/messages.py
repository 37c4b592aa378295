"""Messages over HTTP: publish one, get some. Meant for looking, not for work."""

from __future__ import annotations

from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import fields
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from warren.simulator.errors import ReplyCode
from warren.simulator.model import Message, commands, events
from warren.simulator.session.properties import Properties
from warren.simulator.tcp.management.connection import OwnConnection
from warren.simulator.tcp.management.listing import PORTION, in_portions
from warren.simulator.tcp.management.reading import read
from warren.simulator.tcp.management.releases import is_one_of
from warren.simulator.tcp.management.request import (
    Answer,
    Refused,
    Request,
    bad_request,
    need_all,
    refuse_nulls,
    require_short,
    whole_number,
    written,
)
from warren.simulator.tcp.management.routing import in_turns
from warren.simulator.tcp.management.views import plain
from warren.simulator.wire import (
    AmqpError,
    BasicProperties,
    EncodeError,
    decode_properties,
    encode_properties,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from warren.simulator.tcp.management.connection import Close
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
_NUMBERS = {"delivery_mode": 8, "priority": 8, "timestamp": 64}
"""How many bits a property that is a number has."""


def publish(node: Node, request: Request, vhost: str, exchange: str) -> Answer:
    """Publish one message; the answer says whether a queue took it."""
    return Answer(HTTPStatus.OK, portions=_publish(node, request, vhost, exchange))


def _publish(
    node: Node, request: Request, vhost: str, exchange: str
) -> Generator[None, None, bytes]:
    asked = yield from read(request.body)
    key, properties, payload, encoding = need_all(
        asked, "routing_key", "properties", "payload", "payload_encoding"
    )
    message = Message(
        "" if exchange == DEFAULT_EXCHANGE else exchange,
        require_short(str(key)),
        _read_properties(properties),
        _read_payload(payload, encoding),
    )
    with node.turn(), OwnConnection(node, request.user, vhost) as own:
        said = own.do(
            lambda c, n: commands.BasicPublish(c, n, message, mandatory=True),
            partial(_refused_publish, tells_missing=not is_one_of(node, "3.10")),
        )
    routed = not any(isinstance(event, events.BasicReturn) for event in said)
    return written({"routed": routed}).encode()


def _refused_publish(close: Close, *, tells_missing: bool) -> Refused:
    """Word why a message was refused: as AMQP does, but for an exchange that is not there."""
    if close.reply_code == ReplyCode.NOT_FOUND and tells_missing:
        return Refused(HTTPStatus.NOT_FOUND, "exchange_not_found", error="not_found")
    return bad_request(f"{close.reply_code:d} {close.reply_text}")


def get(node: Node, request: Request, vhost: str, queue: str) -> Answer:
    """Take up to `count` messages, all for a negative one, and put them back if `ackmode` says so."""
    asked = request.json()
    mode, counted, encoding = need_all(asked, "ackmode", "count", "encoding")
    count = whole_number(counted)
    if not isinstance(mode, str) or mode not in _REQUEUE:
        raise bad_request(f"ackmode is one of {', '.join(_REQUEUE)}")
    if encoding not in {"auto", "base64"}:
        raise bad_request("Unsupported encoding. Please use auto or base64.")
    most = whole_number(asked["truncate"]) if "truncate" in asked else None
    if most is not None and most < 0:
        raise bad_request(["not_integer", most])
    taking = in_turns(node, _take(node, request.user, (vhost, queue), count, mode))
    return Answer(HTTPStatus.OK, portions=_shown(taking, encoding, most))


def _take(
    node: Node, user: str, place: tuple[str, str], count: int, mode: str
) -> Generator[None, None, list[events.BasicGetOk]]:
    """Take so many messages of a virtual host's queue and settle them."""
    vhost, queue = place
    got: list[events.BasicGetOk] = []
    with OwnConnection(node, user, vhost) as own:
        while len(got) != count:
            said = own.do(lambda c, n: commands.BasicGet(c, n, queue))
            taken = [event for event in said if isinstance(event, events.BasicGetOk)]
            if not taken:
                break
            got += taken
            if not len(got) % PORTION:
                yield
        for done, each in enumerate(reversed(got), start=1):
            _settle(own, each.delivery_tag, mode)
            if not done % PORTION:
                yield
    return got


def _shown(
    taking: Generator[None, None, list[events.BasicGetOk]], encoding: str, most: int | None
) -> Generator[None, None, bytes]:
    got = yield from taking
    return (yield from in_portions(_show(each, encoding, most) for each in got))


def _settle(own: OwnConnection, tag: int, mode: str) -> None:
    if mode == "ack_requeue_false":
        own.do(lambda c, n: commands.BasicAck(c, n, tag))
    else:
        own.do(lambda c, n: commands.BasicReject(c, n, tag, _REQUEUE[mode]))


def _read_properties(asked: Any) -> Properties:
    """Read what is given of the properties that there are. Raises Refused 400."""
    if not isinstance(asked, dict):
        if asked != []:
            raise bad_request("properties are a JSON object")
        asked = {}
    given = {name: _read_property(name, asked[name]) for name in _PROPERTIES if name in asked}
    try:
        return Properties(encode_properties(BasicProperties(**given)))
    except (AmqpError, EncodeError) as error:
        raise bad_request(f"these are no properties: {error}") from error


def _read_property(name: str, value: Any) -> Any:
    bits = _NUMBERS.get(name)
    if bits is not None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise bad_request(["not_int", name])
        return value % (1 << bits)  # what does not fit is cut
    if name == "headers":
        if value == []:
            return {}
        if not isinstance(value, dict):
            raise bad_request("headers are a JSON object")
        refuse_nulls(value)
    elif not isinstance(value, str):
        raise bad_request(["not_string", name])
    return value


def _read_payload(payload: Any, encoding: Any) -> bytes:
    if not isinstance(payload, str):
        raise bad_request("payload_not_string")
    if encoding == "string":
        return payload.encode()
    if encoding == "base64":
        try:
            return b64decode(payload, validate=True)
        except ValueError as error:
            raise bad_request(["not_base64", payload]) from error
    raise bad_request(["unsupported_encoding", encoding])


def _show(got: events.BasicGetOk, encoding: str, most: int | None) -> dict[str, Any]:
    """Describe a message; of its payload at most so many octets."""
    message: Any = got.message  # its properties are ours: the model hands them on as they are
    known = decode_properties(message.properties.octets)
    body: bytes = message.body if most is None else message.body[:most]
    payload, kind = b64encode(body).decode(), "base64"
    if encoding == "auto":
        with suppress(UnicodeDecodeError):
            payload, kind = body.decode(), "string"
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
        }
        or [],
    }
