"""AMQP exceptions: the reply codes of the specification and the one error the model raises.

The front never sees `AmqpError`; it gets the `ChannelClose` or `ConnectionClose` event made of it.
"""

from enum import Enum
from typing import Literal

Scope = Literal["connection", "channel"]
MAX_REPLY_TEXT = 255
"""A reply text is a short string: at most 255 bytes of UTF-8."""


class Reply(Enum):
    """Reply codes (AMQP 0-9-1, section 1.2): the code and what a code of that kind closes."""

    CONTENT_TOO_LARGE = (311, "channel")
    NO_ROUTE = (312, "channel")
    NO_CONSUMERS = (313, "channel")
    CONNECTION_FORCED = (320, "connection")
    INVALID_PATH = (402, "connection")
    ACCESS_REFUSED = (403, "channel")
    NOT_FOUND = (404, "channel")
    RESOURCE_LOCKED = (405, "channel")
    PRECONDITION_FAILED = (406, "channel")
    FRAME_ERROR = (501, "connection")
    SYNTAX_ERROR = (502, "connection")
    COMMAND_INVALID = (503, "connection")
    CHANNEL_ERROR = (504, "connection")
    UNEXPECTED_FRAME = (505, "connection")
    RESOURCE_ERROR = (506, "connection")
    NOT_ALLOWED = (530, "connection")
    NOT_IMPLEMENTED = (540, "connection")
    INTERNAL_ERROR = (541, "connection")

    def __init__(self, code: int, scope: Scope) -> None:
        """Keep what stands beside the name."""
        self.code = code
        self.scope: Scope = scope


class AmqpError(Exception):
    """A command broke a rule; the broker closes the channel or the connection it came on."""

    def __init__(self, reply: Reply, explanation: str = "") -> None:
        """Say what is wrong, in RabbitMQ's words; it has none for an internal error."""
        text = f"{reply.name} - {explanation}" if explanation else reply.name
        super().__init__(text)
        self.reply = reply
        self.reply_code = reply.code
        self.reply_text = short(text)
        self.scope = reply.scope


def short(text: str) -> str:
    """Cut `text` to what a short string holds, at a character boundary."""
    octets = text.encode(errors="surrogateescape")[:MAX_REPLY_TEXT]
    return octets.decode(errors="ignore")


def not_found(resource: str) -> AmqpError:
    """404: there is no such queue or exchange; `resource` as `VHost.describe` words it."""
    return AmqpError(Reply.NOT_FOUND, f"no {resource}")


def precondition_failed(explanation: str) -> AmqpError:
    """406: the command contradicts the present state."""
    return AmqpError(Reply.PRECONDITION_FAILED, explanation)
