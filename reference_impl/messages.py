"""The messages' shapes, and how a body becomes one. What to do with a bad one is each family's."""

from typing import Annotated, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from reference_impl.errors import ConsumerError
from reference_impl.php import json_encode


class MalformedError(ConsumerError):
    """The body is not JSON in UTF-8: PHP's `JsonException`."""


class MisshapenError(ConsumerError):
    """The body is JSON of another shape: PHP fails later, with a `TypeError` or a warning."""


class Message(BaseModel):
    """A message; a strict one, so that `"1"` is no number and `1` is no text."""

    model_config = ConfigDict(frozen=True, strict=True)

    def encode(self) -> bytes:
        """Write the body as PHP does."""
        return json_encode(self.model_dump()).encode()


class StreamMessage(Message):
    """`{"texts":["text1", …]}`."""

    texts: list[str]


class PartMessage(Message):
    """`{"text":"text1","sourceMessage":null}`; the last part carries the source body."""

    text: str
    sourceMessage: str | None  # noqa: N815 - the key on the wire


class Result(Message):
    """`{"texts":[…]}`: what a pipeline has done so far; null where PHP read past the end."""

    texts: list[str | None]


class PipelineMessage(Message):
    """`{"texts":[…],"index":1,"result":{"texts":["text1"]}}`."""

    texts: list[str]
    index: Annotated[int, Field(ge=0)]
    result: Result


class TaskMessage(Message):
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
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedError(str(error)) from None
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        _misshapen(shape, error)


def _misshapen(shape: type[Message], error: ValidationError) -> NoReturn:
    """Name the first field that is wrong; the value stays out of logs."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the body"
    raise MisshapenError(f"{where} of a {shape.__name__}: {first['msg']}") from None
