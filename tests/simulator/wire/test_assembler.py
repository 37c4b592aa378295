"""Frames join to messages, channel by channel, also where they break the rules. Strictness: `test_connection`."""

import pytest

from tests.simulator.wire.refusal import refused
from warren.simulator import wire
from warren.simulator.errors import ReplyCode
from warren.simulator.wire import Assembler, Message, StrictAssembler

PUBLISH = wire.BasicPublish("", "q")
PROPERTIES = wire.BasicProperties(message_id="1")


def follow(*contents: object, channel: int = 1) -> list[Message[wire.BasicProperties] | None]:
    """Give what each frame belongs to, on one channel."""
    assembler = Assembler()
    return [assembler.follow(channel, content) for content in contents]


def test_every_frame_gives_its_message() -> None:
    """Method, header and pieces give one object; it is whole with the last."""
    assembler = Assembler()
    message = assembler.follow(1, PUBLISH)
    assert message is not None
    assert not message.whole
    assert assembler.follow(1, wire.ContentHeader(60, 4, PROPERTIES)) is message
    assert assembler.follow(1, b"ab") is message
    assert not message.whole
    assert assembler.follow(1, b"cd") is message
    assert (message.whole, message.body, message.pieces) == (True, b"abcd", [b"ab", b"cd"])
    assert (message.channel, message.method, message.properties) == (1, PUBLISH, PROPERTIES)
    assert assembler.follow(1, b"more") is None


def test_whole_at_once() -> None:
    """A method without content is whole, and so is an empty body with its header."""
    (ack,) = follow(wire.BasicAck(1))
    assert ack is not None
    assert (ack.whole, ack.body, ack.properties) == (True, b"", None)
    _, empty = follow(PUBLISH, wire.ContentHeader(60, 0))
    assert empty is not None
    assert empty.whole


def test_channels_apart() -> None:
    """Contents of different channels may interleave."""
    assembler = Assembler()
    one, two = assembler.follow(1, PUBLISH), assembler.follow(2, PUBLISH)
    for channel, piece in ((1, b"one"), (2, b"two")):
        assembler.follow(channel, wire.ContentHeader(60, 3))
        assembler.follow(channel, piece)
    assert one is not None
    assert two is not None
    assert (one.body, two.body) == (b"one", b"two")


def test_method_ends_what_is_unfinished() -> None:
    """A method amid a content begins anew; what follows belongs to the new message."""
    first, second, header = follow(PUBLISH, PUBLISH, wire.ContentHeader(60, 1))
    assert second is not first
    assert header is second
    assert first is not None
    assert not first.whole


@pytest.mark.parametrize("stray", [b"x", wire.ContentHeader(60, 1), wire.Heartbeat()])
def test_belongs_to_nothing(stray: object) -> None:
    """A frame of a content that nobody began belongs to no message."""
    assert follow(stray) == [None]
    assert follow(wire.BasicAck(1), stray)[1] is None


def test_wrong_order_is_joined_all_the_same() -> None:
    """A body before its header counts; a piece too many makes the message whole."""
    *_, message = follow(PUBLISH, b"ab", wire.ContentHeader(60, 2, PROPERTIES))
    assert message is not None
    assert message.whole
    *_, message = follow(PUBLISH, wire.ContentHeader(60, 1), b"ab")
    assert message is not None
    assert (message.whole, message.body) == (True, b"ab")


def test_dropped() -> None:
    """What was dropped is not gone on with."""
    assembler = Assembler()
    assembler.follow(1, PUBLISH)
    assembler.drop(1)
    assert assembler.follow(1, wire.ContentHeader(60, 1)) is None


def test_strict_leaves_properties_unread() -> None:
    """Properties stay octets: they may be wrong, and nobody may look at them."""
    assembler = StrictAssembler(0)
    frames = wire.FrameParser().feed(
        wire.encode_method_frame(1, PUBLISH)
        + wire.encode_frame(wire.FrameKind.HEADER, 1, wire.join_header(60, 2, b"\xff\xff\xff"))
        + wire.encode_body(1, b"ab", 0)
    )
    assert [assembler.take(frame) for frame in frames[:2]] == [None, None]
    assert assembler.held > 3
    message = assembler.take(frames[2])
    assert message is not None
    assert (message.properties, message.body) == (b"\xff\xff\xff", b"ab")
    assert assembler.held == 0


def test_strict_names_the_culprit() -> None:
    """An error carries class and method of the message that it broke."""
    assembler = StrictAssembler(0)
    assembler.take(wire.Frame(wire.FrameKind.METHOD, 1, wire.encode_method(PUBLISH)))
    with refused(
        ReplyCode.UNEXPECTED_FRAME, match="expected content header for class 60"
    ) as caught:
        assembler.take(wire.Frame(wire.FrameKind.BODY, 1, b"x"))
    assert (caught.value.class_id, caught.value.method_id) == (60, 40)


def test_a_longer_body_that_is_not_refused_never_ends() -> None:
    """Where sizes are not checked, a body that is too long never ends its message: the next method is out of place."""
    assembler = StrictAssembler(0, checks_size=False)
    publish = wire.Frame(wire.FrameKind.METHOD, 1, wire.encode_method(wire.BasicPublish()))
    for frame in (
        publish,
        wire.Frame(wire.FrameKind.HEADER, 1, wire.join_header(60, 3, b"\x00\x00")),
        wire.Frame(wire.FrameKind.BODY, 1, b"five!"),
    ):
        assert assembler.take(frame) is None
    with pytest.raises(wire.AmqpError, match="expected content body"):
        assembler.take(publish)
