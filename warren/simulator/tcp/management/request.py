"""A request and an answer of the management API, apart from how HTTP carries them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from warren.simulator.wire import EncodeError, encode_table

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping


MAX_NAME = 255
"""Octets of a short string."""
LONG = 1 << 20
"""Octets of a body above which it takes long to read: only messages and definitions have such ones."""
WHOLE = re.compile(r"-?[0-9]{1,18}")


_SHORT = json.JSONEncoder(separators=(",", ":"))


def written(document: object) -> str:
    """Write JSON as RabbitMQ does: without spaces."""
    return _SHORT.encode(document)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: `path` without `/api`, in decoded parts; `user` has shown a password."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    user: str

    def json(self) -> dict[str, Any]:
        """Return the body's object, an empty one for an empty body or null. Raises Refused 400."""
        return read_whole(self.body)

    def need(self, key: str) -> Any:
        """Return what the body's object says under `key`. Raises Refused 400 where it says nothing."""
        document = self.json()
        if key not in document:
            raise bad_request(f"[{{key_missing,{key}}}]")
        return document[key]


def read_whole(body: bytes) -> dict[str, Any]:
    """Return the object that a short body is, an empty one for an empty body or null. Raises Refused 400."""
    try:
        found = json.loads(body) if body.strip() else None
        json.dumps(found, ensure_ascii=False).encode()  # JSON can say what is no text
    except (ValueError, RecursionError) as error:
        raise bad_request("not_json") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise bad_request("not_json")
    return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; `document` becomes JSON, None is no content, unless the JSON is there as `body`.

    What takes long comes in `portions` instead: between two of them others have their turn, and what is returned in
    the end is the JSON, empty for no content. It may raise Refused.
    """

    status: HTTPStatus = HTTPStatus.NO_CONTENT
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    portions: Generator[None, None, bytes] | None = None


_ERRORS = {HTTPStatus.NOT_FOUND: "Object Not Found"}


class Refused(Exception):  # noqa: N818 - it is an answer, and a good one
    """The request is answered with an error, in RabbitMQ's form."""

    def __init__(
        self,
        status: HTTPStatus,
        reason: str | list[object],
        headers: Mapping[str, str] | None = None,
        error: str | None = None,
    ) -> None:
        """Keep what the client is told; `error` is a word of its own for the kind of it.

        Without a reason the answer has no body.
        """
        super().__init__(str(reason))
        error = error or _ERRORS.get(status, status.phrase.lower().replace(" ", "_"))
        said = {"error": error, "reason": reason} if reason else None
        self.answer = Answer(status, said, headers or {})


def bad_request(reason: str | list[object]) -> Refused:
    """Make the refusal of a request that makes no sense: 400."""
    return Refused(HTTPStatus.BAD_REQUEST, reason)


def not_found() -> Refused:
    """Make the refusal of what is not there: 404."""
    return Refused(HTTPStatus.NOT_FOUND, "Not Found")


def arguments_of(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments in a document. Raises Refused 400 for what AMQP has no words for."""
    arguments = asked.get("arguments", {})
    if arguments == []:  # as some tools write what is empty
        return {}
    if not isinstance(arguments, dict):
        raise bad_request("arguments are a JSON object")
    refuse_nulls(arguments)
    try:
        encode_table(arguments)
    except EncodeError as error:
        raise bad_request(f"AMQP has no such arguments: {error}") from error
    return arguments


def refuse_nulls(value: object) -> None:
    """Raise Refused 400 where JSON's null is somewhere in the value: AMQP's tables are given none."""
    if value is None:
        raise bad_request("null_not_allowed")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            refuse_nulls(item)


def is_set(asked: dict[str, Any], name: str) -> bool:
    """Tell whether a document says yes to `name`, also in a word. Raises Refused 400 for neither yes nor no."""
    value = asked.get(name, False)
    if value is True or value == "true":
        return True
    if value is False or value == "false":
        return False
    raise bad_request(["not_boolean", value])


def whole_number(value: object) -> int:
    """Return a number, which tools also write as a text. Raises Refused 400 for what is none."""
    if isinstance(value, str) and WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value)
    raise bad_request(["not_integer", value])


def need_all(asked: dict[str, Any], *names: str) -> list[Any]:
    """Return what a document says under all these names. Raises Refused 400 where it says nothing under some."""
    missing = [f"{{key_missing,{name}}}" for name in names if name not in asked]
    if missing:
        raise bad_request(f"[{','.join(missing)}]")
    return [asked[name] for name in names]


def require_short(name: str) -> str:
    """Return `name`. Raises Refused 400 when it is longer than a name can be in AMQP."""
    if len(name.encode()) > MAX_NAME:
        raise Refused(HTTPStatus.BAD_REQUEST, f"a name has at most {MAX_NAME} octets")
    return name
