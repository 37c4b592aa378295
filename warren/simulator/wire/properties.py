"""Content headers: how large a message is, and its fourteen properties.

Source: AMQP 0-9-1, sections 2.3.5.2 (content header) and 4.2.6 (property flags).
"""

import struct
from collections.abc import Callable
from dataclasses import field
from types import SimpleNamespace
from typing import Any, Final

from warren.simulator.errors import UndecodableError, frame_error, unexpected_frame
from warren.simulator.fact import fact
from warren.simulator.wire import fields
from warren.simulator.wire.errors import EncodeError
from warren.simulator.wire.methods.declaration import (
    LongLong,
    Octet,
    ShortString,
    Table,
    fields_of,
)


@fact
class BasicProperties:
    """The properties of a message; ``None`` is one that was not sent.

    The order is the specification's; the first has the highest flag. ``delivery_mode`` 2 is
    persistent. ``expiration`` is milliseconds in digits, ``timestamp`` seconds since 1970.
    """

    content_type: ShortString | None = None
    content_encoding: ShortString | None = None
    headers: Table | None = None
    delivery_mode: Octet | None = None
    priority: Octet | None = None
    correlation_id: ShortString | None = None
    reply_to: ShortString | None = None
    expiration: ShortString | None = None
    message_id: ShortString | None = None
    timestamp: LongLong | None = None
    type: ShortString | None = None
    user_id: ShortString | None = None
    app_id: ShortString | None = None
    cluster_id: ShortString | None = None


@fact
class ContentHeader:
    """What stands between a method with content and its body.

    ``class_id`` is the method's, ``body_size`` the octets of the whole body.
    """

    class_id: int = 60
    body_size: int = 0
    properties: BasicProperties = field(default_factory=BasicProperties)


_FIXED: Final = struct.Struct(">HHQ")
_HIGHEST_FLAG: Final = 15
_MORE_FLAGS: Final = 1
_READ: Final = {
    "shortstr": (
        "end = at + 1 + p[at]; {0} = p[at + 1:end].decode('utf-8', 'surrogateescape'); at = end"
    ),
    "table": "{0}, at = decode_table(p, at)",
    "octet": "{0} = p[at]; at += 1",
    "longlong": "{0}, = unpack_q(p, at); at += 8",
}
_WRITE: Final = {
    "shortstr": "shortstr(v)",
    "table": "encode_table(v)",
    "octet": "pack_b(v)",
    "longlong": "pack_q(v)",
}


def _source() -> str:
    """Write the two functions by the declaration above, as one would by hand, flag by flag."""
    decode = ["def decode(p, at, flags):"]
    encode = ["def encode(p):", "    flags = 0", "    parts = [b'']"]
    names = [(each.name, each.kind) for each in fields_of(BasicProperties)]
    for place, (name, kind) in enumerate(names):
        flag = 1 << (_HIGHEST_FLAG - place)
        decode += [f"    if flags & {flag}:", f"        {_READ[kind].format(name)}"]
        decode += ["    else:", f"        {name} = None"]
        encode += [f"    v = p.{name}", "    if v is not None:", f"        flags |= {flag}"]
        encode += [f"        parts.append({_WRITE[kind]})"]
    decode += ["    if at != len(p):"]
    decode += ["        raise struct.error(f'they end at octet {at}, the frame at {len(p)}')"]
    decode += ["    m = new(cls)", *(f"    set_{name}(m, {name})" for name, _ in names)]
    encode += ["    parts[0] = pack_h(flags)", "    return b''.join(parts)"]
    return "\n".join([*decode, "    return m", "", *encode, ""])


def _compile() -> SimpleNamespace:
    space: dict[str, Any] = {
        "cls": BasicProperties,
        "new": object.__new__,
        "struct": struct,
        "decode_table": fields.decode_table,
        "encode_table": fields.encode_table,
        "shortstr": fields.encode_short_string,
        "unpack_q": struct.Struct(">Q").unpack_from,
        "pack_q": struct.Struct(">Q").pack,
        "pack_b": struct.Struct(">B").pack,
        "pack_h": struct.Struct(">H").pack,
        **{
            f"set_{each.name}": getattr(BasicProperties, each.name).__set__
            for each in fields_of(BasicProperties)
        },
    }
    # The text comes from the declaration above alone, never from outside.
    exec(compile(_source(), "<codec of BasicProperties>", "exec"), space)  # noqa: S102 - see above
    return SimpleNamespace(**space)


_CODEC: Final = _compile()
_decode: Final[Callable[[bytes, int, int], BasicProperties]] = _CODEC.decode
_encode: Final[Callable[[BasicProperties], bytes]] = _CODEC.encode


def decode_properties(octets: bytes, at: int = 0) -> BasicProperties:
    """Read flags and properties, from ``at`` to the end.

    Raises ``UndecodableError`` when they do not fit.
    """
    try:
        flags = octets[at] << 8 | octets[at + 1]
        if flags & _MORE_FLAGS:
            raise UndecodableError("the properties' flags go on, but there are only fourteen")
        return _decode(octets, at + 2, flags)
    except (struct.error, IndexError) as error:
        raise UndecodableError(f"cannot decode the properties: {error}") from None


def encode_properties(properties: BasicProperties) -> bytes:
    """Write flags and properties; ``EncodeError`` when a value does not fit."""
    try:
        return _encode(properties)
    except (struct.error, UnicodeEncodeError) as error:
        raise EncodeError(f"cannot encode {properties!r}: {error}") from None


def split_header(payload: bytes) -> tuple[int, int, bytes]:
    """Read a header frame only as far as RabbitMQ does at first.

    Gives the class identifier, the size of the body, and the properties as they came, for
    ``decode_properties`` when someone looks at them and for the next content header when nobody
    does. Raises ``AmqpError`` 501 when the frame is too short, 505 when its weight is not 0, both as
    RabbitMQ.
    """
    try:
        class_id, weight, body_size = _FIXED.unpack_from(payload)
    except struct.error:
        raise frame_error(
            f"a header frame has {len(payload)} octets, too few for its size"
        ) from None
    if weight:
        raise unexpected_frame(f"a content header has weight {weight} instead of 0")
    return class_id, body_size, payload[_FIXED.size :]


def has_weight(payload: bytes) -> bool:
    """Tell whether a header frame says that it has a weight: to RabbitMQ it is no header then."""
    return payload[2:4] not in {b"\x00\x00", b""}


def join_header(class_id: int, body_size: int, properties: bytes) -> bytes:
    """Write a header frame's payload around properties that are octets already."""
    try:
        return _FIXED.pack(class_id, 0, body_size) + properties
    except struct.error as error:
        raise EncodeError(f"cannot encode a content header: {error}") from None


def decode_header(payload: bytes) -> ContentHeader:
    """Read the payload of a header frame; errors as ``split_header`` and ``decode_properties``."""
    class_id, body_size, properties = split_header(payload)
    return ContentHeader(class_id, body_size, decode_properties(properties))


def encode_header(header: ContentHeader) -> bytes:
    """Write the payload of a header frame; ``EncodeError`` when a value does not fit."""
    return join_header(header.class_id, header.body_size, encode_properties(header.properties))
