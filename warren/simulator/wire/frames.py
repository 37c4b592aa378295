"""Frames: a stream of octets <-> kind, channel and payload. What a payload means is elsewhere.

Source: AMQP 0-9-1, sections 2.3.5 (framing), 4.2.2 (protocol header) and 4.2.3 (frame format).
"""

import struct
from sys import maxsize
from typing import Final, NamedTuple

from warren.simulator.errors import AmqpError, frame_error
from warren.simulator.wire.constants import (
    FRAME_END,
    FRAME_HEADER_SIZE,
    FRAME_OVERHEAD,
    PROTOCOL_HEADER,
    FrameKind,
)
from warren.simulator.wire.errors import EncodeError
from warren.simulator.wire.fields import OCTETS

_HEADER: Final = struct.Struct(">BHI")
_END: Final = OCTETS[FRAME_END]
_KINDS: Final = {kind.value: kind for kind in FrameKind if kind is not FrameKind.PROTOCOL_HEADER}


class Frame(NamedTuple):
    """One frame as it stood in the stream; a tuple, because a broker makes millions of them.

    Of a protocol header the payload is all eight octets, and the channel 0.
    """

    kind: FrameKind
    channel: int
    payload: bytes

    @property
    def size(self) -> int:
        """How many octets of the stream it took."""
        if self.kind is FrameKind.PROTOCOL_HEADER:
            return len(self.payload)
        return len(self.payload) + FRAME_OVERHEAD


class FrameParser:
    """Takes octets in any pieces and gives back whole frames, in time linear in the octets.

    A broken stream is data, not an exception: ``feed`` returns the frames before the break, and
    ``error`` says what was wrong. Nothing after a break can be trusted, so nothing is returned.

    ``opening``: the stream begins with a protocol header, as a client's does, whatever its eight
    octets are (judging them is the reader's part). Without it, a stream may still begin with one,
    because that is how a broker answers a client whose protocol it does not speak.

    ``frame_max``: the negotiated limit in octets, 0 for none; change it after ``tune-ok``. Like
    RabbitMQ the parser compares it with the payload alone, so that clients which forget the eight
    octets around it get by.
    """

    __slots__ = ("_beginning", "_buffer", "_needed", "error", "frame_max")

    def __init__(self, *, frame_max: int = 0, opening: bool = False) -> None:
        """Begin at the stream's first octet."""
        self.frame_max = frame_max
        self.error: AmqpError | None = None
        self._buffer = bytearray()
        self._needed = 1
        self._beginning: bool | None = True if opening else None

    @property
    def rest(self) -> bytes:
        """The octets of the frame that is not whole yet, or those that came with the break."""
        return bytes(self._buffer)

    def put(self, data: bytes) -> None:
        """Take the next octets of the stream for the next `feed`."""
        self._buffer += data

    def feed(self, data: bytes, most: int = maxsize) -> list[Frame]:
        """Take the next octets of the stream; return the frames that are now whole, at most so many."""
        if self.error is not None:
            return []
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return []
            data = bytes(self._buffer)
        frames: list[Frame] = []
        at = self._parse(data, frames, most)
        self._buffer = bytearray(data[at:]) if at < len(data) else bytearray()
        return frames

    def _parse(self, data: bytes, frames: list[Frame], most: int) -> int:
        """Append every whole frame; return the offset of the first octet that belongs to none."""
        at = self._parse_protocol_header(data, frames) if self._beginning is not False else 0
        size = len(data)
        header_end = at + FRAME_HEADER_SIZE
        while self._beginning is False and header_end <= size and len(frames) < most:
            number, channel, length = _HEADER.unpack_from(data, at)
            kind = _KINDS.get(number)
            if kind is None or length > self.frame_max > 0:
                self._break(number, channel, length)
                return at
            end = header_end + length
            if end >= size:
                self._needed = end + 1 - at
                return at
            if data[end] != FRAME_END:
                self.error = frame_error(
                    f"a frame ends with {data[end]:#04x} instead of {FRAME_END:#04x}",
                    channel=channel,
                )
                return at
            frames.append(Frame(kind, channel, data[header_end:end]))
            at = end + 1
            header_end = at + FRAME_HEADER_SIZE
        if self._beginning is False:
            self._needed = FRAME_HEADER_SIZE
        return at

    def _parse_protocol_header(self, data: bytes, frames: list[Frame]) -> int:
        """Take the eight octets if the stream begins with them; else note that it does not."""
        if not data:
            return 0
        if self._beginning is None and data[0] != FrameKind.PROTOCOL_HEADER:
            self._beginning = False
            return 0
        length = len(PROTOCOL_HEADER)
        self._needed = length
        if len(data) < length:
            return 0
        frames.append(Frame(FrameKind.PROTOCOL_HEADER, 0, data[:length]))
        self._beginning = False
        return length

    def _break(self, number: int, channel: int, length: int) -> None:
        if number not in _KINDS:
            self.error = frame_error(f"there is no frame type {number}", channel=channel)
        else:
            self.error = frame_error(
                f"a payload of {length} octets, while frame_max is {self.frame_max}",
                channel=channel,
            )


def encode_frame(kind: FrameKind, channel: int, payload: bytes) -> bytes:
    """Write one frame; ``EncodeError`` when the channel is no 16 bit number."""
    try:
        return _HEADER.pack(kind, channel, len(payload)) + payload + _END
    except struct.error:
        raise EncodeError(
            f"channel {channel} is not in 0..65535, or the payload too large"
        ) from None


def encode_body(channel: int, body: bytes, frame_max: int) -> bytes:
    """Write a body as as many frames as ``frame_max`` (octets, 0: no limit) asks for.

    An empty body is no frame at all.
    """
    size = len(body)
    room = frame_max - FRAME_OVERHEAD if frame_max else size
    if size <= room:
        return encode_frame(FrameKind.BODY, channel, body) if body else b""
    pieces = (body[at : at + room] for at in range(0, size, room))
    return b"".join(encode_frame(FrameKind.BODY, channel, piece) for piece in pieces)


HEARTBEAT_FRAME: Final = encode_frame(FrameKind.HEARTBEAT, 0, b"")
