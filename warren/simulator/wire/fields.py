"""Strings, tables and the values in them: bytes <-> Python values.

RabbitMQ, not the specification, decides what a type octet means, because clients follow RabbitMQ
(its "AMQP 0-9-1 Errata", section 3, and ``rabbit_binary_parser``):

====  ==========================  =======================================================
octet Python type                 where RabbitMQ leaves the specification
====  ==========================  =======================================================
``t`` ``bool``                    any octet but 0 is true
``b`` ``Int8``
``B`` ``UInt8``
``s`` ``Int16``                   a short string in the specification
``u`` ``UInt16``
``I`` ``int``
``i`` ``UInt32``
``l`` ``Int64``                   unsigned in the specification
``L`` ``Int64``                   written back as ``l``, as RabbitMQ does
``f`` ``Float32``
``d`` ``float``
``D`` ``decimal.Decimal``         0 to 255 decimal places; 32 bits, signed, as clients read it
``S`` ``str``                     opaque octets: what is not UTF-8 is kept by ``surrogateescape``
``A`` ``list``
``T`` ``Timestamp``               seconds since 1970
``F`` ``dict``                    a name given twice keeps its first value, as a look-up there does
``V`` ``None``
``x`` ``bytes``                   not in the specification
====  ==========================  =======================================================

``U`` (a short integer in the specification) is unknown to RabbitMQ and so to us. A value is
written as the type it was read as, so tables come back unchanged: what was read can always be
written. A table may hold tables and lists up to 128 deep, both ways.
"""

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from warren.simulator.errors import UndecodableError
from warren.simulator.wire.errors import EncodeError


class Int8(int):
    """``b``: -128 to 127."""


class UInt8(int):
    """``B``: 0 to 255."""


class Int16(int):
    """``s``: -32768 to 32767."""


class UInt16(int):
    """``u``: 0 to 65535."""


class UInt32(int):
    """``i``: 0 to 4294967295."""


class Int64(int):
    """``l``: what does not fit 32 signed bits, or was sent as 64 though it does."""


class Timestamp(int):
    """``T``: seconds since 1970, 0 to 2**64 - 1."""


class Float32(float):
    """``f``: single precision."""


FieldValue: TypeAlias = (
    "bool | int | float | Decimal | str | bytes | Sequence[FieldValue] | FieldTable | None"
)
FieldTable: TypeAlias = Mapping[str, FieldValue]

DecodedValue: TypeAlias = tuple[FieldValue, int]
"""A value, and the offset of the octet after it."""

MAX_DEPTH: Final = 128
"""RabbitMQ sets no limit; ours keeps a hostile frame from exhausting the Python stack."""

OCTETS: Final = [bytes((number,)) for number in range(256)]
"""Every octet; indexing it writes a short string's length and refuses one over 255."""

_LONG: Final = struct.Struct(">I")
_DECIMAL: Final = struct.Struct(">Bi")
_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1
_MAX_PLACES: Final = 255
_EMPTY_TABLE: Final = bytes(4)


def encode_short_string(text: str) -> bytes:
    """Write one octet of length and the text; ``EncodeError`` over 255 octets."""
    octets = text.encode("utf-8", "surrogateescape")
    try:
        return OCTETS[len(octets)] + octets
    except IndexError:
        raise EncodeError(
            f"a short string holds at most 255 octets, this one has {len(octets)}: {text[:40]!r}…"
        ) from None


def encode_long_string(octets: bytes) -> bytes:
    """Write four octets of length and the octets."""
    return _LONG.pack(len(octets)) + octets


def encode_table(table: FieldTable) -> bytes:
    """Write a field table with its four octets of length; ``EncodeError`` names the bad value."""
    if not table:
        return _EMPTY_TABLE
    try:
        return encode_long_string(_encode_pairs(table, 0))
    except UnicodeEncodeError as error:
        raise EncodeError(f"a field table holds text that is no UTF-8: {error}") from None


def decode_table(octets: bytes, at: int) -> tuple[dict[str, FieldValue], int]:
    """Read the field table that begins at ``at``; also give the offset after it.

    Raises ``UndecodableError`` for what is none.
    """
    if octets[at : at + 4] == _EMPTY_TABLE:
        return {}, at + 4
    try:
        return _decode_pairs(octets, at, 0)
    except (struct.error, IndexError):
        raise UndecodableError("a field table ends inside a value") from None


def _encode_pairs(table: FieldTable, depth: int) -> bytes:
    parts: list[bytes] = []
    for name, value in table.items():
        parts.append(encode_short_string(name))
        parts.append(_encode_value(value, depth))
    return b"".join(parts)


def _encode_value(value: FieldValue, depth: int) -> bytes:
    """Write the type octet and the value."""
    if isinstance(value, Mapping):
        _check_depth(depth, EncodeError)
        return b"F" + encode_long_string(_encode_pairs(value, depth + 1))
    if isinstance(value, list | tuple):
        _check_depth(depth, EncodeError)
        items = [_encode_value(item, depth + 1) for item in value]
        return b"A" + encode_long_string(b"".join(items))
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        raise EncodeError(f"a field table cannot hold a {type(value).__name__}: {value!r}")
    try:
        return encoder(value)
    except struct.error:
        raise EncodeError(f"{value!r} does not fit {type(value).__name__}") from None


def _check_depth(depth: int, refusal: Callable[[str], EncodeError | UndecodableError]) -> None:
    """Refuse a table or a list that stands `depth` deep, by one limit for both ways."""
    if depth >= MAX_DEPTH:
        raise refusal(f"a field table nests more than {MAX_DEPTH} deep")


def _encode_int(value: int) -> bytes:
    """Choose ``I``, and ``l`` for what does not fit, as most clients do."""
    if _INT32_MIN <= value <= _INT32_MAX:
        return struct.pack(">si", b"I", value)
    return struct.pack(">sq", b"l", value)


def _encode_decimal(value: Decimal) -> bytes:
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise EncodeError(f"AMQP has no decimal {value}")
    number = int("".join(map(str, digits)) or "0") * 10 ** max(exponent, 0)
    places = max(-exponent, 0)
    if places > _MAX_PLACES:
        raise EncodeError(
            f"a decimal has at most {_MAX_PLACES} decimal places, {value} has {places}"
        )
    return b"D" + _DECIMAL.pack(places, -number if sign else number)


def _fixed_encoder(octet: bytes, code: str) -> Callable[[FieldValue], bytes]:
    pack = struct.Struct(f">s{code}").pack
    return lambda value: pack(octet, value)


def _float_encoder(octet: bytes, code: str) -> Callable[[float], bytes]:
    pack = struct.Struct(f">s{code}").pack

    def encode(value: float) -> bytes:
        try:
            return pack(octet, _finite_to_encode(value))
        except OverflowError:
            raise EncodeError(f"{value!r} is too large for single precision") from None

    return encode


def _finite_to_encode(value: float) -> float:
    if not math.isfinite(value):
        raise EncodeError(f"RabbitMQ reads no {value!r} in a field table")
    return value


def _encode_str(value: str) -> bytes:
    return b"S" + encode_long_string(value.encode("utf-8", "surrogateescape"))


# The value type of each encoder is the key it stands under, which a type checker cannot follow.
_ENCODERS: Final[dict[type, Callable[..., bytes]]] = {
    bool: _fixed_encoder(b"t", "?"),
    int: _encode_int,
    Int8: _fixed_encoder(b"b", "b"),
    UInt8: _fixed_encoder(b"B", "B"),
    Int16: _fixed_encoder(b"s", "h"),
    UInt16: _fixed_encoder(b"u", "H"),
    UInt32: _fixed_encoder(b"i", "I"),
    Int64: _fixed_encoder(b"l", "q"),
    Timestamp: _fixed_encoder(b"T", "Q"),
    float: _float_encoder(b"d", "d"),
    Float32: _float_encoder(b"f", "f"),
    Decimal: _encode_decimal,
    str: _encode_str,
    bytes: lambda value: b"x" + encode_long_string(value),
    type(None): lambda _: b"V",
}


def _decode_length(octets: bytes, at: int) -> tuple[int, int]:
    """Read four octets of length; give the offsets where what it counts begins and ends."""
    (length,) = _LONG.unpack_from(octets, at)
    begin = at + 4
    end = begin + length
    if end > len(octets):
        raise UndecodableError(
            f"a length of {length} octets at offset {at} goes beyond the frame's {len(octets)}"
        )
    return begin, end


def _decode_pairs(octets: bytes, at: int, depth: int) -> tuple[dict[str, FieldValue], int]:
    at, end = _decode_length(octets, at)
    table: dict[str, FieldValue] = {}
    while at < end:
        begin = at + 1
        at = begin + octets[at]
        name = octets[begin:at].decode("utf-8", "surrogateescape")
        value, at = _decode_value(octets, at, depth)
        table.setdefault(name, value)
    _check_end(at, end)
    return table, end


def _check_end(at: int, end: int) -> None:
    if at != end:
        raise UndecodableError(f"a field value ends at offset {at}, outside its table's {end}")


def _decode_value(octets: bytes, at: int, depth: int) -> DecodedValue:
    """Read the type octet at ``at`` and the value after it."""
    decoder = _DECODERS.get(octets[at])
    if decoder is None:
        raise UndecodableError(f"unknown field type {octets[at : at + 1]!r} at offset {at}")
    return decoder(octets, at + 1, depth)


def _decode_inner_table(octets: bytes, at: int, depth: int) -> DecodedValue:
    _check_depth(depth, UndecodableError)
    return _decode_pairs(octets, at, depth + 1)


def _decode_list(octets: bytes, at: int, depth: int) -> DecodedValue:
    _check_depth(depth, UndecodableError)
    at, end = _decode_length(octets, at)
    items: list[FieldValue] = []
    while at < end:
        value, at = _decode_value(octets, at, depth + 1)
        items.append(value)
    _check_end(at, end)
    return items, end


def _fixed_decoder(code: str, kind: Callable[..., FieldValue]) -> Callable[..., DecodedValue]:
    form = struct.Struct(f">{code}")
    unpack, size = form.unpack_from, form.size

    def decode(octets: bytes, at: int, _depth: int) -> DecodedValue:
        return kind(*unpack(octets, at)), at + size

    return decode


def _finite(kind: type[float]) -> Callable[[float], float]:
    def check(value: float) -> float:
        if not math.isfinite(value):
            raise UndecodableError(f"a field table holds {value!r}, which is no number")
        return kind(value)

    return check


def _decimal(places: int, number: int) -> Decimal:
    return Decimal((int(number < 0), tuple(map(int, str(abs(number)))), -places))


def _decode_str(octets: bytes, at: int, _depth: int) -> DecodedValue:
    begin, end = _decode_length(octets, at)
    return octets[begin:end].decode("utf-8", "surrogateescape"), end


def _decode_bytes(octets: bytes, at: int, _depth: int) -> DecodedValue:
    begin, end = _decode_length(octets, at)
    return octets[begin:end], end


_DECODERS: Final[dict[int, Callable[[bytes, int, int], DecodedValue]]] = {
    ord("S"): _decode_str,
    ord("I"): _fixed_decoder("i", int),
    ord("t"): _fixed_decoder("?", bool),
    ord("F"): _decode_inner_table,
    ord("A"): _decode_list,
    ord("T"): _fixed_decoder("Q", Timestamp),
    ord("l"): _fixed_decoder("q", Int64),
    ord("L"): _fixed_decoder("q", Int64),
    ord("x"): _decode_bytes,
    ord("V"): lambda _octets, at, _depth: (None, at),
    ord("d"): _fixed_decoder("d", _finite(float)),
    ord("f"): _fixed_decoder("f", _finite(Float32)),
    ord("D"): _fixed_decoder("Bi", _decimal),
    ord("b"): _fixed_decoder("b", Int8),
    ord("B"): _fixed_decoder("B", UInt8),
    ord("s"): _fixed_decoder("h", Int16),
    ord("u"): _fixed_decoder("H", UInt16),
    ord("i"): _fixed_decoder("I", UInt32),
}
