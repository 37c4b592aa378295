"""Every method of AMQP 0-9-1 and of RabbitMQ, one module per class; bytes <-> methods.

Which method may come when, and what it does, is not known here.
"""

import struct
from collections.abc import Callable
from typing import Any, Final

from warren.simulator.errors import AmqpError, ReplyCode, frame_error
from warren.simulator.wire.errors import EncodeError
from warren.simulator.wire.methods import (
    access,
    basic,
    channel,
    confirm,
    connection,
    exchange,
    queue,
    tx,
)
from warren.simulator.wire.methods.declaration import (
    DECLARED,
    Method,
    decoder_of,
    describe,
    encoder_of,
)

__all__ = [
    "METHODS",
    "access",
    "basic",
    "channel",
    "confirm",
    "connection",
    "decode_method",
    "describe",
    "encode_method",
    "exchange",
    "queue",
    "tx",
]

METHODS: Final[tuple[type[Method], ...]] = tuple(DECLARED.values())
"""Every method class, in the order of its identifiers."""


class _Decoders(dict[bytes, Callable[[bytes], Method]]):
    """What reads a payload, by the four octets that it begins with; made at first use."""

    def __missing__(self, key: bytes) -> Callable[[bytes], Method]:
        decoder = self[key] = decoder_of(DECLARED[key])
        return decoder


class _Encoders(dict[type[Method], Callable[[Any], bytes]]):
    """What writes a method, by its class; made at first use."""

    def __missing__(self, cls: type[Method]) -> Callable[[Any], bytes]:
        if cls not in METHODS:
            raise KeyError(cls)
        encoder = self[cls] = encoder_of(cls)
        return encoder


_DECODERS: Final = _Decoders()
_ENCODERS: Final = _Encoders()
_ID_SIZE: Final = 4


def decode_method(payload: bytes) -> Method:
    """Read the payload of a method frame.

    Raises ``AmqpError``: 501 when the fields do not fill it exactly or text is no UTF-8, as RabbitMQ
    does; 540 for an unknown method, which no client is told; and ``UndecodableError`` for trouble inside
    a field table.
    """
    try:
        decoder = _DECODERS[payload[:_ID_SIZE]]
    except KeyError:
        raise _unknown(payload) from None
    try:
        return decoder(payload)
    except UnicodeDecodeError:
        raise frame_error("Malformed UTF-8 in shortstr") from None
    except (struct.error, IndexError):
        cls = DECLARED[payload[:_ID_SIZE]]
        raise AmqpError(
            ReplyCode.FRAME_ERROR,
            f"cannot decode <<{','.join(map(str, payload[_ID_SIZE:]))}>>",
            class_id=cls.CLASS_ID,
            method_id=cls.METHOD_ID,
        ) from None


def encode_method(method: Method) -> bytes:
    """Write the payload of a method frame; ``EncodeError`` when a value does not fit its field."""
    try:
        return _ENCODERS[type(method)](method)
    except KeyError:
        raise EncodeError(f"{type(method).__name__} is no AMQP method") from None
    except EncodeError:
        raise
    except (struct.error, IndexError, UnicodeEncodeError) as error:
        raise EncodeError(f"cannot encode {method!r}: {error}") from None


def _unknown(payload: bytes) -> AmqpError:
    if len(payload) < _ID_SIZE:
        return frame_error(f"a method frame has {len(payload)} octets, too few for its identifiers")
    class_id, method_id = struct.unpack_from(">HH", payload)
    return AmqpError(
        ReplyCode.NOT_IMPLEMENTED,
        f"there is no method {class_id}, {method_id}",
        class_id=class_id,
        method_id=method_id,
    )
