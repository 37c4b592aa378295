"""Frames: any chunking gives the same ones, and a broken stream says what broke it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.wire import strategies as some
from warren.simulator.wire import (
    FRAME_OVERHEAD,
    HEARTBEAT_FRAME,
    PROTOCOL_HEADER,
    EncodeError,
    Frame,
    FrameKind,
    FrameParser,
    ReplyCode,
    encode_body,
    encode_frame,
)


def fed(parser: FrameParser, octets: bytes, cuts: list[int]) -> list[Frame]:
    """Feed the octets in pieces that end at the cuts."""
    frames = []
    for begin, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
        frames += parser.feed(octets[begin:end])
    return frames


def cuts_of(octets: bytes) -> st.SearchStrategy[list[int]]:
    """Give every way to cut the octets into up to thirteen pieces."""
    return st.lists(st.integers(0, len(octets)), max_size=12).map(sorted)


@some.unhurried
@given(st.lists(some.frames, max_size=6), st.booleans(), st.data())
def test_any_chunking(frames: list[Frame], opening: bool, data: st.DataObject) -> None:
    """However the octets come, the frames are those that were written."""
    octets = b"".join(encode_frame(*frame) for frame in frames)
    expected = frames
    if opening:
        octets = PROTOCOL_HEADER + octets
        expected = [Frame(FrameKind.PROTOCOL_HEADER, 0, PROTOCOL_HEADER), *frames]
    parser = FrameParser(opening=opening)
    assert fed(parser, octets, data.draw(cuts_of(octets))) == expected
    assert parser.error is None
    assert parser.rest == b""
    assert sum(frame.size for frame in expected) == len(octets)


@some.unhurried
@given(st.binary(max_size=300), st.integers(0, 64), st.booleans(), st.data())
def test_any_octets_any_chunking(
    octets: bytes, frame_max: int, opening: bool, data: st.DataObject
) -> None:
    """Any octets give the same frames and the same error, however they are cut; never a crash."""
    whole = FrameParser(frame_max=frame_max, opening=opening)
    frames = whole.feed(octets)
    pieces = FrameParser(frame_max=frame_max, opening=opening)
    assert fed(pieces, octets, data.draw(cuts_of(octets))) == frames
    assert str(pieces.error) == str(whole.error)
    if whole.error is None:
        assert pieces.rest == whole.rest
    assert (
        b"".join(
            frame.payload if frame.kind is FrameKind.PROTOCOL_HEADER else encode_frame(*frame)
            for frame in frames
        )
        + whole.rest
        == octets
    )


def test_octet_by_octet_is_linear() -> None:
    """A megabyte in single octets costs no more than its length, by the copies it can make."""
    octets = encode_frame(FrameKind.BODY, 1, b"x" * 300_000) + HEARTBEAT_FRAME
    parser = FrameParser()
    frames = [frame for octet in octets for frame in parser.feed(bytes((octet,)))]
    assert [frame.kind for frame in frames] == [FrameKind.BODY, FrameKind.HEARTBEAT]


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (encode_frame(FrameKind.METHOD, 1, b"abcd")[:-1] + b"\x00", "ends with 0x00"),
        (HEARTBEAT_FRAME[:-1] + b"\x00", "ends with 0x00"),
        (b"\x04\x00\x00\x00\x00\x00\x00\xce", "no frame type 4"),
        (b"\x00\x00\x00\x00\x00\x00\x00\xce", "no frame type 0"),
        (encode_frame(FrameKind.BODY, 1, b"x" * 101), "101 octets, while frame_max is 100"),
        (b"\x03\x00\x01\xff\xff\xff\xff", "4294967295 octets"),
    ],
)
def test_broken(octets: bytes, words: str) -> None:
    """A bad end, kind or size is FRAME_ERROR; frames before it are given, none after it."""
    parser = FrameParser(frame_max=100)
    frames = parser.feed(HEARTBEAT_FRAME + octets + HEARTBEAT_FRAME)
    assert frames == [Frame(FrameKind.HEARTBEAT, 0, b"")]
    assert parser.error is not None
    assert words in str(parser.error)
    assert parser.error.reply_code is ReplyCode.FRAME_ERROR
    assert parser.feed(HEARTBEAT_FRAME) == []


def test_frame_max_is_lenient_as_rabbitmq() -> None:
    """A payload of frame_max octets passes, though the frame is eight longer."""
    parser = FrameParser(frame_max=100)
    assert len(parser.feed(encode_frame(FrameKind.BODY, 1, b"x" * 100))) == 1


def test_empty_body_frame() -> None:
    """An empty body frame is legal."""
    octets = encode_frame(FrameKind.BODY, 1, b"")
    assert FrameParser().feed(octets) == [Frame(FrameKind.BODY, 1, b"")]


def test_opening_takes_whatever_comes_first() -> None:
    """Of a client, eight octets are the protocol header, whatever they say."""
    frames = FrameParser(opening=True).feed(b"GET / HTTP/1.1")
    assert frames == [Frame(FrameKind.PROTOCOL_HEADER, 0, b"GET / HT")]


def test_broker_may_answer_with_a_protocol_header() -> None:
    """A stream of a broker may begin with one; later, "A" is a frame type that does not exist."""
    parser = FrameParser()
    assert parser.feed(PROTOCOL_HEADER) == [Frame(FrameKind.PROTOCOL_HEADER, 0, PROTOCOL_HEADER)]
    parser.feed(PROTOCOL_HEADER)
    assert parser.error is not None


@some.unhurried
@given(st.binary(max_size=500), st.integers(FRAME_OVERHEAD + 1, 64) | st.just(0))
def test_body_in_pieces(body: bytes, frame_max: int) -> None:
    """A body is cut so that no frame is over frame_max, and joined it is the body."""
    frames = FrameParser().feed(encode_body(7, body, frame_max))
    assert b"".join(frame.payload for frame in frames) == body
    assert all(frame.size <= frame_max for frame in frames if frame_max)
    assert all(frame.payload for frame in frames)


def test_channel_out_of_range() -> None:
    """A channel is 16 bits."""
    with pytest.raises(EncodeError, match="65536"):
        encode_frame(FrameKind.METHOD, 65536, b"")
