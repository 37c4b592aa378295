"""Content headers: any of the fourteen properties, alone and together."""

import pamqp.header
import pika.spec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.wire import strategies as some
from tests.simulator.wire.refusal import refused
from warren.simulator.wire import (
    AmqpError,
    BasicProperties,
    ContentHeader,
    EncodeError,
    ReplyCode,
    decode_header,
    decode_properties,
    encode_header,
    encode_properties,
    join_header,
    split_header,
)


@some.unhurried
@given(some.headers)
def test_round_trip(header: ContentHeader) -> None:
    """A header comes back equal, and its properties can pass through unread."""
    payload = encode_header(header)
    assert decode_header(payload) == header
    assert join_header(*split_header(payload)) == payload


@some.unhurried
@given(some.headers, st.data())
def test_cut_short(header: ContentHeader, data: st.DataObject) -> None:
    """A header cut anywhere is an AMQP error: 501 in its fixed part, 541 in its properties."""
    payload = encode_header(header)
    cut = data.draw(st.integers(0, len(payload) - 1))
    with refused(ReplyCode.FRAME_ERROR if cut < 12 else ReplyCode.INTERNAL_ERROR):
        decode_header(payload[:cut])


@some.unhurried
@given(st.binary(max_size=100))
def test_any_octets(octets: bytes) -> None:
    """Whatever stands in a header frame, it is read or is an AMQP error."""
    for payload in (octets, b"\x00\x3c\x00\x00" + bytes(8) + octets):
        found = some.outcome(decode_header, payload)
        if isinstance(found, AmqpError):
            assert found.reply_code in {501, 505, 541}


@some.unhurried
@given(st.binary(max_size=100))
def test_any_properties(octets: bytes) -> None:
    """Whatever stands in the properties, it is read or is 541."""
    found = some.outcome(decode_properties, octets)
    if isinstance(found, AmqpError):
        assert found.reply_code is ReplyCode.INTERNAL_ERROR
    else:
        assert decode_properties(encode_properties(found)) == found


def test_weight() -> None:
    """A weight that is not 0 is UNEXPECTED_FRAME, as on RabbitMQ."""
    with refused(ReplyCode.UNEXPECTED_FRAME):
        decode_header(b"\x00\x3c\x00\x01" + bytes(10))


def test_flags_that_go_on() -> None:
    """A second word of flags does not exist."""
    with refused(ReplyCode.INTERNAL_ERROR, match="fourteen"):
        decode_properties(b"\x00\x01\x00\x00")


def test_reserved_flag() -> None:
    """The flag that means nothing is ignored, as on RabbitMQ."""
    assert decode_properties(b"\x00\x02") == BasicProperties()


def test_octets_after_the_properties() -> None:
    """Octets after the last property are 541."""
    with refused(ReplyCode.INTERNAL_ERROR):
        decode_properties(b"\x00\x00x")


def test_what_is_not_utf8_passes() -> None:
    """A property is opaque to the broker: RabbitMQ hands on what is not UTF-8."""
    octets = b"\x80\x00\x01\xff"
    assert encode_properties(decode_properties(octets)) == octets


@pytest.mark.parametrize(
    "properties",
    [
        BasicProperties(content_type="x" * 256),
        BasicProperties(priority=256),
        BasicProperties(timestamp=-1),
    ],
)
def test_what_cannot_be_written(properties: BasicProperties) -> None:
    """A value that does not fit is our own error."""
    with pytest.raises(EncodeError):
        encode_properties(properties)


def test_size_that_cannot_be_written() -> None:
    """A body size is 64 bits."""
    with pytest.raises(EncodeError):
        encode_header(ContentHeader(60, 2**64))


@some.unhurried
@given(
    st.builds(
        BasicProperties,
        content_type=st.none() | some.utf8_text.filter(bool),
        headers=st.none()
        | st.dictionaries(some.utf8_text, some.signed(32), min_size=1, max_size=3),
        delivery_mode=st.sampled_from([None, 1, 2]),
        priority=st.none() | some.unsigned(8),
        correlation_id=st.none() | some.utf8_text.filter(bool),
        message_id=st.none() | some.utf8_text.filter(bool),
        app_id=st.none() | some.utf8_text.filter(bool),
    )
)
def test_agrees_with_pika_and_pamqp(properties: BasicProperties) -> None:
    """Pika writes the same octets, and pamqp reads the same values."""
    octets = encode_properties(properties)
    theirs = pika.spec.BasicProperties().decode(octets)
    assert b"".join(theirs.encode()) == octets
    header = pamqp.header.ContentHeader()
    header.unmarshal(join_header(60, 5, octets))
    assert header.body_size == 5
    for name in ("content_type", "headers", "delivery_mode", "priority", "message_id"):
        assert getattr(header.properties, name) == getattr(properties, name)
