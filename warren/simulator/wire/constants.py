"""Numbers of AMQP 0-9-1 that more than one module needs. No behaviour lives here.

Source: AMQP 0-9-1, sections 1.2 (constants) and 4.2.3 (general frame format).
"""

from enum import IntEnum, StrEnum
from typing import Final


class FrameKind(IntEnum):
    """The first octet of a frame.

    A protocol header is no frame, but stands where one is expected; it begins with the octet of
    its "A", which is no frame type, so one enumeration can tell all five apart.
    """

    METHOD = 1
    HEADER = 2
    BODY = 3
    HEARTBEAT = 8
    PROTOCOL_HEADER = 65


class Scope(StrEnum):
    """What an error closes: the channel it happened on, or the whole connection."""

    CHANNEL = "channel"
    CONNECTION = "connection"


class ReplyCode(IntEnum):
    """Why a connection or channel was closed, or a message came back."""

    REPLY_SUCCESS = 200
    CONTENT_TOO_LARGE = 311
    NO_ROUTE = 312
    NO_CONSUMERS = 313
    CONNECTION_FORCED = 320
    INVALID_PATH = 402
    ACCESS_REFUSED = 403
    NOT_FOUND = 404
    RESOURCE_LOCKED = 405
    PRECONDITION_FAILED = 406
    FRAME_ERROR = 501
    SYNTAX_ERROR = 502
    COMMAND_INVALID = 503
    CHANNEL_ERROR = 504
    UNEXPECTED_FRAME = 505
    RESOURCE_ERROR = 506
    NOT_ALLOWED = 530
    NOT_IMPLEMENTED = 540
    INTERNAL_ERROR = 541


PROTOCOL_HEADER: Final = b"AMQP\x00\x00\x09\x01"
"""What a client sends first."""

FRAME_END: Final = 0xCE
FRAME_HEADER_SIZE: Final = 7
FRAME_OVERHEAD: Final = FRAME_HEADER_SIZE + 1
"""Octets of a frame that are not payload: its header and its end octet."""
