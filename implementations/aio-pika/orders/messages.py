"""The bodies: what they must look like, and how they are written."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

LARGEST_ID = 2**31 - 1
NAMESPACE = uuid.UUID("5c5bb9f8-6b2f-4d0e-9f57-6f0c2f1b7a11")


class Malformed(ValueError):  # noqa: N818 - a fact about a body
    """The body is no message of this queue."""


@dataclass(frozen=True)
class Part:
    """One text of a package; the last one carries the package."""

    text: str
    source: str | None

    def to_body(self) -> bytes:
        """As it is published."""
        return to_json({"text": self.text, "sourceMessage": self.source})


@dataclass(frozen=True)
class Step:
    """A package in a pipeline: the text to work on next, and what has been worked on."""

    texts: list[str]
    index: int
    done: list[str]

    def to_body(self) -> bytes:
        """As it is published."""
        return to_json({"texts": self.texts, "index": self.index, "result": {"texts": self.done}})

    def next(self) -> "Step":
        """The step after this one's text has been worked on."""
        return Step(self.texts, self.index + 1, [*self.done, self.texts[self.index]])


def read_texts(body: str) -> list[str]:
    """The texts of a package."""
    return _texts(_object(body))


def read_part(body: str) -> Part:
    """A part of a package."""
    match _object(body):
        case {"text": str(text), "sourceMessage": None | str() as source}:
            return Part(text, source)
    raise Malformed("no part: a text and a sourceMessage are owed")


def read_step(body: str) -> Step:
    """A step of a pipeline."""
    message = _object(body)
    texts, index = _texts(message), message.get("index")
    if type(index) is not int or not 0 <= index < len(texts):
        raise Malformed("no step: its index is that of no text")
    result = message.get("result")
    if not isinstance(result, dict):
        raise Malformed("no step: its result is no object")
    return Step(texts, index, _texts(result))


def read_task(body: str) -> int:
    """The id of a task."""
    task = _object(body).get("taskId")
    if type(task) is not int or not 0 < task <= LARGEST_ID:
        raise Malformed("no task: its taskId is no id")
    return task


def decode(body: bytes) -> str:
    """The characters of a body."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Malformed(str(error)) from error


def to_json(value: object) -> bytes:
    """Without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def to_php(value: object) -> bytes:
    """A string of JSON, serialized as PHP does."""
    text = to_json(value)
    return b's:%d:"%s";' % (len(text), text)


def from_php(body: bytes) -> Any:
    """What a serialized string of JSON says."""
    head, text = body[: body.find(b'"') + 1], body[body.find(b'"') + 1 : -2]
    if head != b's:%d:"' % len(text) or not body.endswith(b'";'):
        raise Malformed("no serialized string")
    return json.loads(text)


def follow(message_id: str | None, what: str) -> str:
    """The id of what is published for a message: the same after a redelivery."""
    return str(uuid.uuid5(NAMESPACE, f"{message_id}/{what}") if message_id else uuid.uuid4())


def _object(body: str) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error
    if not isinstance(message, dict):
        raise Malformed("no object")
    return message


def _texts(message: dict[str, Any]) -> list[str]:
    texts = message.get("texts")
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Malformed("texts are no list of strings")
    return texts
