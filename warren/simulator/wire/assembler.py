"""Joins the frames of one direction of one connection to messages, channel by channel.

`Assembler` looks on: it takes frames that are read already, refuses none, and says what each belongs
to. `StrictAssembler` is the broker's: it takes frames as they came, leaves properties unread, and
raises what AMQP says of a frame that may not stand where it stands.
"""

from typing import Final

from warren.simulator.errors import AmqpError, ReplyCode, frame_error, unexpected_frame
from warren.simulator.wire.constants import FrameKind
from warren.simulator.wire.frames import Frame
from warren.simulator.wire.message import Message
from warren.simulator.wire.methods import decode_method
from warren.simulator.wire.methods.basic import BasicPublish
from warren.simulator.wire.methods.declaration import Method
from warren.simulator.wire.properties import (
    BasicProperties,
    ContentHeader,
    has_weight,
    split_header,
)

MAX_BODY_SIZE: Final = 536_870_912
"""Octets; RabbitMQ takes no larger body whatever its settings are."""
PIECE_OVERHEAD: Final = 64
"""Octets that remembering one frame of an unfinished message takes beside its payload."""
_REMEMBERED: Final = 2048
"""Of how many payloads of basic.publish the meaning is kept: most publishers use a few."""


class Assembler:
    """Joins what frames say, as `decode_frame` gives it, in whatever order it comes."""

    __slots__ = ("_unfinished",)

    def __init__(self) -> None:
        """Begin with nothing unfinished."""
        self._unfinished: dict[int, Message[BasicProperties]] = {}

    def follow(self, channel: int, content: object) -> Message[BasicProperties] | None:
        """Return the message that this frame belongs to, None for a frame that belongs to none.

        Every method begins a message, and so ends what was unfinished on its channel. Each frame of
        a message gives the same object; its last one makes it ``whole``.
        """
        if isinstance(content, Method):
            message = self._unfinished[channel] = Message(channel, content)
        else:
            begun = self._unfinished.get(channel)
            if begun is None:
                return None
            message = begun
            if isinstance(content, ContentHeader):
                message.take_header(content.body_size, content.properties)
            elif isinstance(content, bytes):
                message.take_piece(content)
        if message.whole:
            del self._unfinished[channel]
        return message

    def drop(self, channel: int) -> None:
        """Forget what is unfinished on a channel: it has ended."""
        self._unfinished.pop(channel, None)


class StrictAssembler:
    """Joins a client's frames, and raises an `AmqpError` for one that may not come now.

    ``channel_max``: on so many channels messages may be unfinished at a time; 0 is no limit.
    ``checks_size``: whether a body that is too large, or larger than its header says, is refused; where it
    is not, such a message never becomes whole. ``begun``: how many messages have begun so far.
    """

    __slots__ = ("_checks_size", "_known_publishes", "_unfinished", "begun", "channel_max")

    def __init__(self, channel_max: int, *, checks_size: bool = True) -> None:
        """Begin with nothing unfinished."""
        self.channel_max = channel_max
        self._checks_size = checks_size
        self.begun = 0
        self._unfinished: dict[int, Message[bytes]] = {}
        self._known_publishes: dict[bytes, Method] = {}

    @property
    def held(self) -> int:
        """How many octets unfinished messages take, each frame's own included; O(those messages)."""
        return sum(
            message.size
            - message.missing
            + len(message.properties or b"")
            + PIECE_OVERHEAD * (len(message.pieces) + 1)
            for message in self._unfinished.values()
        )

    def clear(self) -> None:
        """Forget everything unfinished."""
        self._unfinished.clear()

    # The way of every message, and so kept short.

    def take(self, frame: Frame) -> Message[bytes] | None:
        """Take the next frame of a channel; return the message that is whole with it, if any."""
        kind, channel, payload = frame
        message = self._unfinished.get(channel)
        if message is None:
            if kind is not FrameKind.METHOD:
                _check_no_heartbeat(kind, payload)
                raise unexpected_frame("expected method frame, got non method frame instead")
            message = Message(channel, self._known_publishes.get(payload) or self._decode(payload))
            if message.whole:
                return message
            self._begin(message)
            return None
        if message.properties is None:
            self._take_header(kind, payload, message)
        else:
            self._take_piece(kind, payload, message)
        if not message.whole:
            return None
        del self._unfinished[channel]
        return message

    def _decode(self, payload: bytes) -> Method:
        method = decode_method(payload)
        if type(method) is BasicPublish and len(self._known_publishes) < _REMEMBERED:
            self._known_publishes[payload] = method
        return method

    def _begin(self, message: Message[bytes]) -> None:
        most = self.channel_max
        if 0 < most <= len(self._unfinished):
            raise AmqpError(
                ReplyCode.NOT_ALLOWED, f"messages on more than {most} channels are unfinished"
            )
        self._unfinished[message.channel] = message
        self.begun += 1

    def _take_header(self, kind: FrameKind, payload: bytes, message: Message[bytes]) -> None:
        expected = message.method.CLASS_ID
        wanted = f"expected content header for class {expected}, got"
        if kind is not FrameKind.HEADER or has_weight(payload):
            _check_no_heartbeat(kind, payload)
            raise _refused(
                ReplyCode.UNEXPECTED_FRAME,
                message,
                f"{wanted} non content header frame instead",
            )
        class_id, size, properties = split_header(payload)
        if class_id != expected:
            raise _refused(
                ReplyCode.UNEXPECTED_FRAME, message, f"{wanted} one for class {class_id} instead"
            )
        if size > MAX_BODY_SIZE and self._checks_size:
            raise _refused(
                ReplyCode.FRAME_ERROR,
                message,
                f"content body size {size} exceeds maximum allowed size {MAX_BODY_SIZE}",
            )
        message.take_header(size, properties)

    def _take_piece(self, kind: FrameKind, payload: bytes, message: Message[bytes]) -> None:
        if kind is not FrameKind.BODY:
            _check_no_heartbeat(kind, payload)
            raise _refused(
                ReplyCode.UNEXPECTED_FRAME,
                message,
                "expected content body, got non content body frame instead",
            )
        if len(payload) > message.missing and self._checks_size:
            raise _refused(
                ReplyCode.FRAME_ERROR, message, "content body frame exceeds remaining content size"
            )
        message.take_piece(payload)
        message.whole = not message.missing


def _check_no_heartbeat(kind: FrameKind, payload: bytes) -> None:
    """Raise for a heartbeat, which belongs to no channel: no method is to blame, whatever is unfinished."""
    if kind is FrameKind.HEARTBEAT:
        if payload:
            raise frame_error("a heartbeat has a payload")
        raise unexpected_frame(f"type {kind.value} on a channel")


def _refused(code: ReplyCode, message: Message[bytes], text: str) -> AmqpError:
    method = message.method
    return AmqpError(code, text, class_id=method.CLASS_ID, method_id=method.METHOD_ID)
