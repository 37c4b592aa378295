"""The shapes of the messages, and reading a body into one.

What is done with a bad body is each family's matter.
"""

from typing import Annotated, TypeVar

import msgspec

from reference_impl.errors import ConsumerError
from reference_impl.php import json_encode


class MalformedError(ConsumerError):
    """The body is not JSON in UTF-8: PHP's `JsonException`."""


class MisshapenError(ConsumerError):
    """The body is JSON of another shape: PHP fails later, with a `TypeError` or a warning."""


class Message(msgspec.Struct, frozen=True):
    """A message. It is read strictly: `"1"` is no number and `1` is no text."""

    def encode(self) -> bytes:
        """Write the body as PHP does."""
        return json_encode(msgspec.to_builtins(self)).encode()


class StreamMessage(Message, frozen=True):
    """`{"texts":["text1", …]}`."""

    texts: list[str]


class PartMessage(Message, frozen=True):
    """`{"text":"text1","sourceMessage":null}`; the last part carries the source body."""

    text: str
    sourceMessage: str | None  # noqa: N815 - the key on the wire


class Result(Message, frozen=True):
    """`{"texts":[…]}`: what a pipeline has done so far; null where PHP read past the end."""

    texts: list[str | None]


class PipelineMessage(Message, frozen=True):
    """`{"texts":[…],"index":1,"result":{"texts":["text1"]}}`."""

    texts: list[str]
    index: Annotated[int, msgspec.Meta(ge=0)]
    result: Result


class TaskMessage(Message, frozen=True):
    """`{"taskId":1}`."""

    taskId: int  # noqa: N815 - the key on the wire


Shape = TypeVar("Shape", bound=Message)


def decode(shape: type[Shape], body: bytes) -> Shape:
    """Read a body.

    Raises:
        MalformedError: not JSON.
        MisshapenError: JSON, and not this shape.

    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(str(error)) from None
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:  # it names the field, and keeps the value out of logs
        raise MisshapenError(f"no {shape.__name__}: {error}") from None
