"""Everything that can be wrong with AMQP, as one tree of exceptions.

``AmqpError`` and below is the peer's fault, and carries what ``connection.close`` or
``channel.close`` must say about it; ``EncodeError`` is ours: we were asked to write what AMQP
cannot express. Sending the close method is the business of whoever catches the error.

Source: AMQP 0-9-1, section 1.2, "soft error" (channel) and "hard error" (connection).
"""

# The names are AMQP's own, and its errors do not all end in "Error".
# ruff: noqa: N818

from typing import ClassVar

from warren.simulator.wire.constants import ReplyCode, Scope


class WireError(Exception):
    """The root: any error raised by this package."""


class EncodeError(WireError, ValueError):
    """A value does not fit its AMQP type: a short string over 255 octets, a negative count."""


class AmqpError(WireError):
    """The peer broke a rule of AMQP; never raised itself, always as one of the classes below.

    ``class_id`` and ``method_id`` name the method that caused it, 0 when there was none;
    ``channel`` is filled in by whoever knows it.
    """

    reply_code: ClassVar[ReplyCode]
    scope: ClassVar[Scope]

    def __init__(
        self, text: str, *, channel: int = 0, class_id: int = 0, method_id: int = 0
    ) -> None:
        """Keep the sentence that ``reply-text`` will carry, and where it happened."""
        super().__init__(text)
        self.text = text
        self.channel = channel
        self.class_id = class_id
        self.method_id = method_id

    @property
    def reply_text(self) -> str:
        """The words for ``reply-text``: the code's name and the sentence, at most 255 octets."""
        full = f"{self.reply_code.name} - {self.text}".encode()
        return full[:255].decode("utf-8", "ignore")


class ChannelException(AmqpError):
    """A soft error: the channel is closed, the connection lives on."""

    scope = Scope.CHANNEL


class ConnectionException(AmqpError):
    """A hard error: the connection is closed."""

    scope = Scope.CONNECTION


class ContentTooLarge(ChannelException):
    """311: the message is larger than the broker takes."""

    reply_code = ReplyCode.CONTENT_TOO_LARGE


class NoConsumers(ChannelException):
    """313: an immediate message found no consumer."""

    reply_code = ReplyCode.NO_CONSUMERS


class AccessRefused(ChannelException):
    """403: the user may not do this."""

    reply_code = ReplyCode.ACCESS_REFUSED


class NotFound(ChannelException):
    """404: no such queue, exchange or vhost."""

    reply_code = ReplyCode.NOT_FOUND


class ResourceLocked(ChannelException):
    """405: the queue is exclusive to another connection."""

    reply_code = ReplyCode.RESOURCE_LOCKED


class PreconditionFailed(ChannelException):
    """406: the arguments do not fit what already exists."""

    reply_code = ReplyCode.PRECONDITION_FAILED


class ConnectionForced(ConnectionException):
    """320: an operator or a shutdown closed the connection."""

    reply_code = ReplyCode.CONNECTION_FORCED


class InvalidPath(ConnectionException):
    """402: the client asked for a vhost that does not exist."""

    reply_code = ReplyCode.INVALID_PATH


class FrameError(ConnectionException):
    """501: a frame that cannot be taken apart."""

    reply_code = ReplyCode.FRAME_ERROR


class FieldSyntaxError(ConnectionException):
    """502: a frame with an illegal value in one of its fields."""

    reply_code = ReplyCode.SYNTAX_ERROR


class CommandInvalid(ConnectionException):
    """503: a method that is not allowed now."""

    reply_code = ReplyCode.COMMAND_INVALID


class ChannelError(ConnectionException):
    """504: a frame on a channel that is not open, or not usable."""

    reply_code = ReplyCode.CHANNEL_ERROR


class UnexpectedFrame(ConnectionException):
    """505: a frame of the wrong kind at this point."""

    reply_code = ReplyCode.UNEXPECTED_FRAME


class ResourceError(ConnectionException):
    """506: the broker has no resources left for this."""

    reply_code = ReplyCode.RESOURCE_ERROR


class NotAllowed(ConnectionException):
    """530: forbidden by a setting or a limit."""

    reply_code = ReplyCode.NOT_ALLOWED


class NotImplementedByBroker(ConnectionException):
    """540: the broker has no such method or option."""

    reply_code = ReplyCode.NOT_IMPLEMENTED


class InternalError(ConnectionException):
    """541: the broker itself failed."""

    reply_code = ReplyCode.INTERNAL_ERROR
