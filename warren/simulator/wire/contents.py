"""What a frame says: frames <-> methods, content headers, bodies, heartbeats, protocol headers.

Each frame is taken by itself; which may follow which is the connection state machine's matter.
"""

import struct
from typing import TypeAlias

from warren.simulator.errors import AmqpError, frame_error, unexpected_frame
from warren.simulator.fact import fact
from warren.simulator.wire.constants import FrameKind
from warren.simulator.wire.frames import Frame, encode_body, encode_frame
from warren.simulator.wire.methods import decode_method, encode_method
from warren.simulator.wire.methods.declaration import Method
from warren.simulator.wire.properties import ContentHeader, decode_header, encode_header


@fact
class Heartbeat:
    """The sender is alive."""


@fact
class ProtocolHeader:
    """The eight octets before the first frame; anything else than AMQP 0-9-1 is not ours."""

    octets: bytes

    @property
    def version(self) -> tuple[int, int, int]:
        """The last three octets: (0, 9, 1)."""
        return struct.unpack_from(">BBB", self.octets, 5)


Content: TypeAlias = Method | ContentHeader | bytes | Heartbeat | ProtocolHeader
"""What one frame says; ``bytes`` is a piece of a body, perhaps an empty one."""


def decode_frame(frame: Frame) -> Content:
    """Say what a frame says; raises an ``AmqpError`` that knows the frame's channel."""
    kind, channel, payload = frame
    try:
        if kind is FrameKind.METHOD:
            return decode_method(payload)
        if kind is FrameKind.BODY:
            return payload
        if kind is FrameKind.HEADER:
            return decode_header(payload)
    except AmqpError as error:
        error.channel = channel
        raise
    if kind is FrameKind.PROTOCOL_HEADER:
        return ProtocolHeader(payload)
    if payload:
        raise frame_error(f"a heartbeat has {len(payload)} octets of payload", channel=channel)
    if channel:
        raise unexpected_frame(f"a heartbeat came on channel {channel}", channel=channel)
    return Heartbeat()


def encode_method_frame(channel: int, method: Method) -> bytes:
    """Write a method as a frame."""
    return encode_frame(FrameKind.METHOD, channel, encode_method(method))


def encode_message(
    channel: int, method: Method, header: ContentHeader, body: bytes, frame_max: int = 0
) -> bytes:
    """Write a method with content as its frames, in order; ``frame_max`` in octets, 0: no limit."""
    return (
        encode_frame(FrameKind.METHOD, channel, encode_method(method))
        + encode_frame(FrameKind.HEADER, channel, encode_header(header))
        + encode_body(channel, body, frame_max)
    )
