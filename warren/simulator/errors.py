"""What AMQP calls an exception: a peer broke a rule, and its channel or connection is closed for it.

The wire raises it for octets and frames, the model for commands. To close what it closes is the part
of whoever catches it.

Source: AMQP 0-9-1, section 1.2, "soft error" (channel) and "hard error" (connection).
"""

from enum import IntEnum, StrEnum
from typing import Final, Self

MAX_REPLY_TEXT: Final = 255
"""A reply text is a short string: at most 255 octets of UTF-8."""
ELLIPSIS: Final = "..."
"""What stands for the rest of one that is too long."""
NO_TEXT: Final = "".join(map(chr, range(0xDC80, 0xDD00)))
"""What stands in text here for octets that are no UTF-8 (`surrogateescape`)."""


class Scope(StrEnum):
    """What an error closes: the channel it happened on, or the whole connection."""

    CHANNEL = "channel"
    CONNECTION = "connection"


class ReplyCode(IntEnum):
    """Why a channel or connection is closed, or a message comes back, and what such a code closes."""

    scope: Scope

    def __new__(cls, code: int, scope: Scope) -> Self:
        """Make a number that knows its scope."""
        made = int.__new__(cls, code)
        made._value_ = code
        made.scope = scope
        return made

    CONTENT_TOO_LARGE = 311, Scope.CHANNEL
    NO_ROUTE = 312, Scope.CHANNEL
    NO_CONSUMERS = 313, Scope.CHANNEL
    CONNECTION_FORCED = 320, Scope.CONNECTION
    INVALID_PATH = 402, Scope.CONNECTION
    ACCESS_REFUSED = 403, Scope.CHANNEL
    NOT_FOUND = 404, Scope.CHANNEL
    RESOURCE_LOCKED = 405, Scope.CHANNEL
    PRECONDITION_FAILED = 406, Scope.CHANNEL
    FRAME_ERROR = 501, Scope.CONNECTION
    SYNTAX_ERROR = 502, Scope.CONNECTION
    COMMAND_INVALID = 503, Scope.CONNECTION
    CHANNEL_ERROR = 504, Scope.CONNECTION
    UNEXPECTED_FRAME = 505, Scope.CONNECTION
    RESOURCE_ERROR = 506, Scope.CONNECTION
    NOT_ALLOWED = 530, Scope.CONNECTION
    NOT_IMPLEMENTED = 540, Scope.CONNECTION
    INTERNAL_ERROR = 541, Scope.CONNECTION


class AmqpError(Exception):
    """A peer broke a rule of AMQP.

    ``class_id`` and ``method_id`` name the method that broke it, 0 when there was none or whoever
    catches the error knows; ``channel`` is filled in by whoever knows it.
    """

    def __init__(
        self,
        reply_code: ReplyCode,
        text: str | None = None,
        *,
        channel: int = 0,
        class_id: int = 0,
        method_id: int = 0,
    ) -> None:
        """Say what is wrong, if there is more to say than the code's name."""
        super().__init__(reply_code.name if text is None else text)
        self.reply_code = reply_code
        self.text = text
        self.channel = channel
        self.class_id = class_id
        self.method_id = method_id

    @property
    def scope(self) -> Scope:
        """What is to be closed."""
        return self.reply_code.scope

    @property
    def reply_text(self) -> str:
        """The words of the close method."""
        return reply_text(self.reply_code, self.text)


def reply_text(code: ReplyCode, text: str | None) -> str:
    """Word a reply text as RabbitMQ does: what is too long for a short string is cut, at a character."""
    full = code.name if text is None else f"{code.name} - {text}"
    octets = full.encode(errors="surrogateescape")
    if len(octets) <= MAX_REPLY_TEXT:
        return full
    head = octets[: MAX_REPLY_TEXT - len(ELLIPSIS)].decode(errors="surrogateescape")
    return head.rstrip(NO_TEXT) + ELLIPSIS


def as_latin_1(text: str) -> str:
    """Return text in which an octet that is no UTF-8 stands as the character of its number."""
    return "".join(chr(ord(each) - 0xDC00) if each in NO_TEXT else each for each in text)


class UndecodableError(AmqpError):
    """Octets that are no table or no properties: RabbitMQ fails over them, and says no more than 541.

    `reason` is for people here, and goes to no client.
    """

    def __init__(self, reason: str) -> None:
        """Say what is wrong with them."""
        super().__init__(ReplyCode.INTERNAL_ERROR)
        self.reason = reason

    def __str__(self) -> str:
        """Return the reason."""
        return self.reason


def not_found(resource: str) -> AmqpError:
    """404: there is no such queue or exchange; `resource` as `VHost.describe` words it."""
    return AmqpError(ReplyCode.NOT_FOUND, f"no {resource}")


def precondition_failed(text: str) -> AmqpError:
    """406: the command contradicts the present state."""
    return AmqpError(ReplyCode.PRECONDITION_FAILED, text)


def frame_error(text: str, *, channel: int = 0) -> AmqpError:
    """501: a frame cannot be taken apart."""
    return AmqpError(ReplyCode.FRAME_ERROR, text, channel=channel)


def unexpected_frame(text: str, *, channel: int = 0) -> AmqpError:
    """505: a frame is of the wrong kind at its place."""
    return AmqpError(ReplyCode.UNEXPECTED_FRAME, text, channel=channel)
