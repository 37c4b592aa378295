"""Numbers of AMQP 0-9-1 that more than one module needs. No behaviour lives here.

Source: AMQP 0-9-1, sections 1.2 (constants) and 4.2.3 (general frame format).
"""

from enum import IntEnum
from typing import Final


class FrameKind(IntEnum):
    """The first octet of a frame.

    A protocol header is no frame, but comes where one is expected. It begins with the letter "A",
    whose octet is no frame type, so that one enumeration can tell all five apart.
    """

    METHOD = 1
    HEADER = 2
    BODY = 3
    HEARTBEAT = 8
    PROTOCOL_HEADER = 65


PROTOCOL_HEADER: Final = b"AMQP\x00\x00\x09\x01"
"""What a client sends first."""

FRAME_END: Final = 0xCE
FRAME_HEADER_SIZE: Final = 7
FRAME_OVERHEAD: Final = FRAME_HEADER_SIZE + 1
"""Octets of a frame that are not payload: its header and its end octet."""
