"""Frames and what they say, together."""

from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.wire import strategies as some
from tests.simulator.wire.refusal import refused
from warren.simulator.errors import ReplyCode, Scope
from warren.simulator.wire import (
    HEARTBEAT_FRAME,
    PROTOCOL_HEADER,
    AmqpError,
    BasicDeliver,
    BasicProperties,
    ContentHeader,
    Frame,
    FrameKind,
    FrameParser,
    Heartbeat,
    Method,
    ProtocolHeader,
    decode_frame,
    encode_message,
    encode_method_frame,
)


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
    with refused(ReplyCode.FRAME_ERROR):
        decode_frame(Frame(FrameKind.HEARTBEAT, 0, b"x"))
    with refused(ReplyCode.UNEXPECTED_FRAME) as caught:
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
