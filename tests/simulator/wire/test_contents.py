"""Frames and what they say, together."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.wire import strategies as some
from warren.simulator.wire import (
    HEARTBEAT_FRAME,
    PROTOCOL_HEADER,
    AmqpError,
    BasicDeliver,
    BasicProperties,
    ChannelException,
    ConnectionException,
    ContentHeader,
    Frame,
    FrameError,
    FrameKind,
    FrameParser,
    Heartbeat,
    Method,
    ProtocolHeader,
    Scope,
    UnexpectedFrame,
    decode_frame,
    encode_message,
    encode_method_frame,
)
from warren.simulator.wire import errors as errors_module


def test_a_delivery() -> None:
    """A message is its method, its header and its body, cut by frame_max."""
    deliver = BasicDeliver("tag", 1, exchange="e")
    header = ContentHeader(60, 100, BasicProperties(delivery_mode=2))
    octets = encode_message(3, deliver, header, b"x" * 100, frame_max=68)
    frames = FrameParser().feed(octets)
    contents = [decode_frame(frame) for frame in frames]
    assert contents == [deliver, header, b"x" * 60, b"x" * 40]
    assert {frame.channel for frame in frames} == {3}


@some.unhurried
@given(some.methods)
def test_method_frame(method: Method) -> None:
    """A method is one frame, whatever it holds."""
    (frame,) = FrameParser().feed(encode_method_frame(1, method))
    assert decode_frame(frame) == method


def test_heartbeat_and_protocol_header() -> None:
    """The two that are neither method nor content."""
    (frame,) = FrameParser().feed(HEARTBEAT_FRAME)
    assert decode_frame(frame) == Heartbeat()
    (frame,) = FrameParser(opening=True).feed(PROTOCOL_HEADER)
    assert decode_frame(frame) == ProtocolHeader(PROTOCOL_HEADER)
    assert ProtocolHeader(PROTOCOL_HEADER).version == (0, 9, 1)


def test_bad_heartbeats() -> None:
    """A heartbeat with a payload is FRAME_ERROR, on a channel UNEXPECTED_FRAME, as on RabbitMQ."""
    with pytest.raises(FrameError):
        decode_frame(Frame(FrameKind.HEARTBEAT, 0, b"x"))
    with pytest.raises(UnexpectedFrame) as caught:
        decode_frame(Frame(FrameKind.HEARTBEAT, 4, b""))
    assert caught.value.channel == 4


@some.unhurried
@given(some.frames)
def test_any_frame(frame: Frame) -> None:
    """Any frame says something or is an AMQP error that knows its channel."""
    found = some.outcome(decode_frame, frame)
    if isinstance(found, AmqpError):
        assert found.channel == frame.channel
        assert found.scope is Scope.CONNECTION


@some.unhurried
@given(st.binary(max_size=400))
def test_any_stream(octets: bytes) -> None:
    """Any stream is frames, then perhaps an AMQP error; nothing else is ever raised."""
    parser = FrameParser(frame_max=4096)
    for frame in parser.feed(octets):
        found = some.outcome(decode_frame, frame)
        if isinstance(found, AmqpError):
            assert len(found.reply_text.encode()) <= 255


@pytest.mark.parametrize(
    "cls",
    [
        each
        for each in vars(errors_module).values()
        if isinstance(each, type) and "reply_code" in vars(each)
    ],
    ids=lambda cls: cls.__name__,
)
def test_error_tree(cls: type[Any]) -> None:
    """Every error has one code and one scope: soft closes the channel, hard the connection."""
    soft = {311, 313, 403, 404, 405, 406}
    assert cls.scope is (Scope.CHANNEL if cls.reply_code in soft else Scope.CONNECTION)
    assert issubclass(cls, ChannelException if cls.reply_code in soft else ConnectionException)
    assert cls("a sentence").reply_text == f"{cls.reply_code.name} - a sentence"
    assert len(cls("ж" * 300).reply_text.encode()) <= 255
