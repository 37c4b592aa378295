"""The shape of a manifest of a user's own consumers (`protocol = 2`): its keys and their types.

What they mean stands in `docs/plug-in.md`; what depends on the catalogue or on files is `own_manifest`'s matter.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, StringConstraints
from pydantic.functional_validators import AfterValidator, model_validator

from warren.claims.manifest_shape import (
    Argv,
    KnownFailureShape,
    Shape,
    StopShape,
    Text,
    Word,
    variable_name,
)

PROTOCOL: Final = 2
_MOST_INSTANCES: Final = 16
_MOST_SECONDS: Final = 600.0
_REQUEST: Final = re.compile(r"(?P<method>[A-Z]+) (?P<path>/\S*)")


def _inner_path(path: str) -> str:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts:
        raise ValueError(f"{path!r} leads out of the directory; write a path in it")
    return path


def _request(line: str) -> str:
    if not _REQUEST.fullmatch(line):
        raise ValueError(
            f'{line!r} is no request; write a method and a path, such as "POST /charge"'
        )
    return line


InnerPath = Annotated[Word, AfterValidator(_inner_path)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Seconds = Annotated[float, Field(gt=0, le=_MOST_SECONDS)]


class PropertiesShape(Shape):
    """`properties` of a message (AMQP 0-9-1, section 1.8 of the reference, class basic)."""

    content_type: Text | None = None
    content_encoding: Text | None = None
    headers: dict[str, Any] | None = None
    delivery_mode: Literal[1, 2] = 2
    priority: Annotated[int, Field(ge=0, le=255)] | None = None
    correlation_id: Text | None = None
    reply_to: Text | None = None
    expiration: Text | None = None
    message_id: Text | None = None
    type: Text | None = None
    app_id: Text | None = None


class BodyShape(Shape):
    """A message that differs from the others by its body, and takes so many seconds where that matters."""

    body: Word
    seconds: Seconds = 1.0


class MessageShape(Shape):
    """`[consumers.NAME.message]`."""

    exchange: Text = ""
    routing_key: Text | None = None
    body: Word
    properties: PropertiesShape = PropertiesShape()
    seconds: Seconds = 1.0
    slow: BodyShape | None = None


class BadShape(Shape):
    """`[consumers.NAME.bad]`: files with bodies that are no work, or work that can never be done."""

    malformed: list[Word] | None = None
    misshapen: list[Word] | None = None
    poison: Word | None = None


class PublishesShape(Shape):
    """`publishes` of an effect."""

    exchange: Text
    routing_key: Text | None = None


class EffectShape(Shape):
    """`[[consumers.NAME.effects]]`: one of four kinds."""

    sql: Word | None = None
    publishes: PublishesShape | None = None
    http: Annotated[str, AfterValidator(_request)] | None = None
    path: InnerPath | None = None
    key: Word | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        kinds = [self.sql, self.publishes, self.http, self.path]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError(
                "an effect is one of `sql`, `publishes`, `http`, `path`; write one of them"
            )
        if self.key is not None and self.publishes is None and self.http is None:
            raise ValueError("`key` makes publishes or calls one effect; take it out here")
        if self.publishes is not None and self.key not in (None, "message_id"):
            raise ValueError('publishes are known by `key = "message_id"` alone')
        return self

    @property
    def request(self) -> tuple[str, str]:
        """Method and path of an HTTP effect."""
        found = _REQUEST.fullmatch(self.http or "")
        return (found["method"], found["path"]) if found else ("", "")


class ConsumerShape(Shape):
    """`[consumers.NAME]`."""

    command: Argv | None = None
    image: Word | None = None
    compose: InnerPath | None = None
    service: Word | None = None
    directory: Word | None = None
    instances: Annotated[int, Field(ge=1, le=_MOST_INSTANCES)] = 1
    environment: dict[Annotated[str, AfterValidator(variable_name)], Text] = Field(
        default_factory=dict
    )
    templates: dict[InnerPath, InnerPath] = Field(default_factory=dict)
    queue: Word
    stop: StopShape = StopShape()
    claims: list[str] = Field(default_factory=list)
    denies: list[str] = Field(default_factory=list)
    message: MessageShape
    bad: BadShape = BadShape()
    effects: Annotated[list[EffectShape], Field(min_length=1)]

    @model_validator(mode="after")
    def _runs_one_thing(self) -> Self:
        if self.image is not None and self.compose is not None:
            raise ValueError("`image` and `compose` name two consumers; take one out")
        if (self.compose is None) != (self.service is None):
            raise ValueError("`compose` and `service` belong together; write both, or none")
        if self.image is not None and self.templates:
            raise ValueError("files of `templates` have no place in an image; use `environment`")
        if self.command is None and self.image is None and self.compose is None:
            raise ValueError(
                "nothing says what runs; write `command`, `image`, or `compose` with `service`"
            )
        return self


class DatabaseShape(Shape):
    """`[database]`."""

    schema_: Annotated[Word | None, Field(alias="schema")] = None
    migrate: Argv | None = None
    seed: Word | None = None


class OwnKnownFailureShape(KnownFailureShape):
    """`[[known_failures]]`: `consumer` says of which, where it is not of all."""

    design: None = None
    consumer: str | None = None


class OwnManifestShape(Shape):
    """The whole file."""

    protocol: Literal[2]
    name: Name
    language: Word = "unknown"
    directory: Word = "."
    consumers: Annotated[dict[Name, ConsumerShape], Field(min_length=1)]
    database: DatabaseShape | None = None
    known_failures: list[OwnKnownFailureShape] = Field(default_factory=list)
