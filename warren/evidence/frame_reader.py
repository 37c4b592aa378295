"""One direction's octets as facts: what each frame says, and how many octets it took."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from warren.evidence.frames import Direction, FrameSeen, Undecodable
from warren.simulator.wire import (
    AmqpError,
    ConnectionSecureOk,
    ConnectionStartOk,
    ConnectionUpdateSecret,
    Content,
    Frame,
    FrameParser,
    decode_frame,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class Reader:
    """Reads a stream of octets to its end, also where it is no AMQP.

    ``read`` and ``end`` give pairs: what was seen, and how many octets of the stream it took. No
    octet is left out. Once a stream has lost its frames, all of it that follows is undecodable.
    """

    def __init__(self, direction: Direction, instance: str, connection: int) -> None:
        """Begin at the stream's first octet."""
        self._direction, self._instance, self._connection = direction, instance, connection
        self._parser = FrameParser(opening=direction is Direction.TO_BROKER)
        self._broken: AmqpError | None = None

    def read(self, data: bytes, at: float) -> Iterator[tuple[FrameSeen, int]]:
        """Take the next octets, which came at that time."""
        if self._broken is not None:
            yield self._undecodable(self._broken, data, at)
            return
        for frame in self._parser.feed(data):
            yield self.seen(frame.channel, _content_of(frame), at), frame.size
        self._broken = self._parser.error
        if self._broken is not None:
            yield self._undecodable(self._broken, self._parser.rest, at)

    def end(self, at: float) -> Iterator[tuple[FrameSeen, int]]:
        """Take the end of the stream: what is left of it is no frame."""
        rest = self._parser.rest
        if rest and self._broken is None:
            content = Undecodable("the stream ends inside a frame", rest)
            yield self.seen(0, content, at), len(rest)

    def _undecodable(self, error: AmqpError, octets: bytes, at: float) -> tuple[FrameSeen, int]:
        return self.seen(error.channel, Undecodable(str(error), octets), at), len(octets)

    def seen(self, channel: int, content: Content | Undecodable, at: float) -> FrameSeen:
        """Make the fact of a frame of this direction."""
        return FrameSeen(
            at, self._instance, self._connection, self._direction, channel, _blanked(content)
        )


def _content_of(frame: Frame) -> Content | Undecodable:
    try:
        return decode_frame(frame)
    except AmqpError as error:
        return Undecodable(str(error), frame.payload)


def _blanked(content: Content | Undecodable) -> Content | Undecodable:
    """Take out what must not stand in a log."""
    if isinstance(content, ConnectionStartOk | ConnectionSecureOk):
        return replace(content, response=b"")
    if isinstance(content, ConnectionUpdateSecret):
        return replace(content, new_secret=b"")
    return content
