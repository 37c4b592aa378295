"""Field tables: every RabbitMQ type, unchanged there and back, and every way to be cut short."""

import struct
from typing import Any

import pamqp.decode
import pika.data
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.wire import strategies as some
from tests.simulator.wire.refusal import refused
from warren.simulator.wire import (
    AmqpError,
    EncodeError,
    Float32,
    Int64,
    ReplyCode,
    Timestamp,
    UInt8,
    decode_table,
    encode_table,
)
from warren.simulator.wire.fields import MAX_DEPTH


def table_of(pairs: bytes) -> bytes:
    """Write the length before pairs that may be nonsense."""
    return struct.pack(">I", len(pairs)) + pairs


def nested(kinds: str, innermost: bytes) -> bytes:
    """Write a table that holds tables (F) and lists (A) in each other, as many as `kinds`."""
    value = innermost
    for kind in reversed(kinds):
        inner = value if kind == "A" or not value else b"\x01a" + value
        value = kind.encode() + table_of(inner)
    return table_of(b"\x01a" + value)


def typed(value: Any) -> Any:
    """Make the types visible to ==, which takes Int8(1), 1 and True for the same."""
    if isinstance(value, dict):
        return {name: typed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [typed(each) for each in value]
    return type(value), value


@some.unhurried
@given(some.tables)
def test_round_trip(table: dict[str, Any]) -> None:
    """A table comes back with the same names, values and types, and ends where it ended."""
    octets = encode_table(table)
    back, end = decode_table(b"??" + octets, 2)
    assert typed(back) == typed(table)
    assert end == len(octets) + 2


@some.unhurried
@given(some.tables)
def test_written_again_it_is_the_same(table: dict[str, Any]) -> None:
    """Reading and writing a table changes no octet."""
    octets = encode_table(table)
    assert encode_table(decode_table(octets, 0)[0]) == octets


@some.unhurried
@given(some.tables, st.data())
def test_cut_short(table: dict[str, Any], data: st.DataObject) -> None:
    """A table cut anywhere is none."""
    octets = encode_table(table)
    cut = data.draw(st.integers(0, len(octets) - 1))
    with refused(ReplyCode.INTERNAL_ERROR):
        decode_table(octets[:cut], 0)


@some.unhurried
@given(st.binary(max_size=200))
def test_any_octets(octets: bytes) -> None:
    """Whatever stands in a table, it is read or is an AMQP error."""
    found = some.outcome(decode_table, table_of(octets), 0)
    if isinstance(found, AmqpError):
        assert found.reply_code is ReplyCode.INTERNAL_ERROR


@pytest.mark.parametrize("depth", [1, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1])
@pytest.mark.parametrize("innermost", [b"", b"V", b"S\0\0\0\1a"])
@pytest.mark.parametrize("pattern", ["F", "A", "FA", "FFAAA"])
def test_what_is_read_can_be_written(pattern: str, innermost: bytes, depth: int) -> None:
    """However deep a table nests, it is refused at once or comes back as it was."""
    octets = nested((pattern * depth)[:depth], innermost)
    if depth > MAX_DEPTH:
        with refused(ReplyCode.INTERNAL_ERROR, match="deep"):
            decode_table(octets, 0)
    else:
        assert encode_table(decode_table(octets, 0)[0]) == octets


@some.unhurried
@given(st.binary(max_size=200))
def test_any_octets_that_are_read_can_be_written(octets: bytes) -> None:
    """Whatever stands in a table, once it is read it is written and read to the same values."""
    found = some.outcome(decode_table, table_of(octets), 0)
    if not isinstance(found, AmqpError):
        again, _ = decode_table(encode_table(found[0]), 0)
        assert typed(again) == typed(found[0])


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        (b"L" + b"\xff" * 8, Int64(-1)),
        (b"l" + b"\xff" * 8, Int64(-1)),
        (b"s\xff\xff", -1),
        (b"t\x02", True),
        (b"x\x00\x00\x00\x01\xff", b"\xff"),
        (b"S\x00\x00\x00\x01\xff", "\udcff"),
        (b"T" + b"\xff" * 8, Timestamp(2**64 - 1)),
    ],
)
def test_as_rabbitmq(octets: bytes, value: Any) -> None:
    """Types that leave the specification are read as RabbitMQ reads them."""
    assert decode_table(table_of(b"\x01a" + octets), 0)[0] == {"a": value}


@pytest.mark.parametrize(
    "octets",
    [b"Z1", b"U\x00\x01", b"d\x7f\xf8" + b"\x00" * 6, b"f\x7f\x80\x00\x00", b"S\x00\x00\x00\x09ab"],
    ids=["unknown", "U", "NaN", "infinity", "cut"],
)
def test_what_rabbitmq_fails_over(octets: bytes) -> None:
    """An unknown type, no number, or a value cut short is 541, and the client is not told why."""
    with refused(ReplyCode.INTERNAL_ERROR):
        decode_table(table_of(b"\x01a" + octets), 0)


def test_first_of_two_values_counts() -> None:
    """A name given twice keeps its first value."""
    assert decode_table(table_of(b"\x01at\x01\x01at\x00"), 0)[0] == {"a": True}


def test_too_deep() -> None:
    """A table that nests without end is refused, not an exhausted stack."""
    pairs = b""
    for _ in range(20_000):
        pairs = b"\x01aF" + table_of(pairs) if len(pairs) < 100_000 else pairs
    with refused(ReplyCode.INTERNAL_ERROR, match="128 deep"):
        decode_table(table_of(pairs), 0)
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"a": deep}
    with pytest.raises(EncodeError, match="128 deep"):
        encode_table(deep)


@pytest.mark.parametrize(
    "value",
    [UInt8(256), 2**63, float("nan"), Float32(1e300), object(), {"x" * 256: 1}, "\ud800"],
    ids=["UInt8", "int", "NaN", "Float32", "object", "name", "surrogate"],
)
def test_what_cannot_be_written(value: Any) -> None:
    """A value that no field type holds is our own error, before an octet is sent."""
    with pytest.raises(EncodeError):
        encode_table({"a": value})


@some.unhurried
@given(
    st.dictionaries(
        some.utf8_text,
        st.booleans() | some.signed(32) | st.none() | some.utf8_text | st.binary(max_size=9),
        max_size=5,
    )
)
def test_agrees_with_pika_and_pamqp(table: dict[str, Any]) -> None:
    """Where pika and pamqp are right, they read what we write, and we what pika writes."""
    octets = encode_table(table)
    assert pika.data.decode_table(octets, 0)[0] == table
    assert pamqp.decode.field_table(octets)[1] == table
    pieces: list[bytes] = []
    pika.data.encode_table(pieces, table)
    assert decode_table(b"".join(pieces), 0)[0] == table
