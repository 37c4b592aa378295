"""Hypothesis strategies for everything that AMQP can carry, and `outcome`. No test lives here."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from warren.simulator.wire import (
    METHODS,
    AmqpError,
    BasicProperties,
    ContentHeader,
    Float32,
    Frame,
    FrameKind,
    Int8,
    Int16,
    Int64,
    Method,
    Timestamp,
    UInt8,
    UInt16,
    UInt32,
)
from warren.simulator.wire.methods.declaration import fields_of

unhurried = settings(deadline=None)
"""For tests whose examples are quick, except on a machine that does much else."""


def outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call, and give the result or the AMQP error; any other exception is a failure."""
    try:
        return function(*arguments)
    except AmqpError as error:
        return error


def unsigned(bits: int) -> st.SearchStrategy[int]:
    """Give every number of so many bits."""
    return st.integers(0, 2**bits - 1)


def signed(bits: int) -> st.SearchStrategy[int]:
    """Give every number of so many bits, one of them the sign."""
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def fits_short(text: str) -> bool:
    """Tell whether a short string can hold it."""
    return len(text.encode("utf-8", "surrogateescape")) <= 255


utf8_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=80).filter(fits_short)
opaque_text = st.one_of(
    utf8_text, st.binary(max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
)
decimals = st.builds(
    lambda number, places: Decimal(number).scaleb(-places), signed(32), st.integers(0, 20)
)
scalars = st.one_of(
    st.booleans(),
    signed(8).map(Int8),
    unsigned(8).map(UInt8),
    signed(16).map(Int16),
    unsigned(16).map(UInt16),
    signed(32),
    unsigned(32).map(UInt32),
    signed(64).map(Int64),
    unsigned(64).map(Timestamp),
    st.floats(width=32, allow_nan=False, allow_infinity=False).map(Float32),
    st.floats(allow_nan=False, allow_infinity=False),
    decimals,
    opaque_text,
    st.binary(max_size=40),
    st.none(),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(opaque_text, inner, max_size=4),
    max_leaves=12,
)
tables = st.dictionaries(opaque_text, values, max_size=5)

KINDS = {
    "bit": st.booleans(),
    "octet": unsigned(8),
    "short": unsigned(16),
    "long": unsigned(32),
    "longlong": unsigned(64),
    "shortstr": utf8_text,
    "anyshortstr": opaque_text,
    "longstr": st.binary(max_size=300),
    "table": tables,
}


def instances_of(cls: type[Method]) -> st.SearchStrategy[Method]:
    """Give every instance of a method class."""
    return st.builds(
        cls, **{each.name: KINDS[each.kind] for each in fields_of(cls) if not each.reserved}
    )


methods = st.sampled_from(METHODS).flatmap(instances_of)
properties = st.builds(
    BasicProperties,
    **{
        each.name: st.none() | (opaque_text if each.kind == "shortstr" else KINDS[each.kind])
        for each in fields_of(BasicProperties)
    },
)
headers = st.builds(ContentHeader, unsigned(16), unsigned(64), properties)
frames = st.builds(
    Frame,
    st.sampled_from([FrameKind.METHOD, FrameKind.HEADER, FrameKind.BODY, FrameKind.HEARTBEAT]),
    unsigned(16),
    st.binary(max_size=60),
)
