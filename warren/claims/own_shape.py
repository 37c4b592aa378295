"""The shape of a manifest of a user's own consumers (`protocol = 2`): its keys and their types.

What they mean stands in `docs/plug-in.md`; what depends on the catalogue or on files is `own_manifest`'s matter.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic.functional_validators import AfterValidator, model_validator

from warren.claims.manifest_shape import (
    Argv,
    KnownFailureShape,
    Shape,
    StopShape,
    Text,
    Word,
)
from warren.claims.own_surroundings import (
    Answers,
    Command,
    DefinitionsKey,
    DefinitionsShape,
    Environment,
    Request,
    Services,
    parts_of,
)
from warren.workloads.own.message import ID, NUMBER

PROTOCOL: Final = 2
_MOST_INSTANCES: Final = 16
_MOST_SECONDS: Final = 600.0
MESSAGE_ID: Final = "message_id"
OWN: Final = "own"
"""The property that has the id, where it is not in the body."""
_PLACE: Final = re.compile(r"\$(\.[^.\[\]$]+)+")


def _inner_path(path: str) -> str:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts:
        raise ValueError(f"{path!r} leads out of the directory; write a path in it")
    return path


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


class PublisherShape(Shape):
    """`publish` of a message: a command, or a table that has one."""

    command: Command
    environment: Environment = Field(default_factory=dict)
    templates: dict[InnerPath, InnerPath] = Field(default_factory=dict)


def _as_publisher(given: Any) -> Any:
    return {"command": given} if isinstance(given, list) else given


def _need_one(*ways: object, names: str = "`body` or `publish`") -> None:
    if sum(way is not None for way in ways) != 1:
        raise ValueError(f"a message has {names}; write one of them")


def _place(given: str) -> str:
    if given != MESSAGE_ID and not _PLACE.fullmatch(given):
        raise ValueError(
            f'{given!r} is no place of an id; write one such as "$.order_id", or "{MESSAGE_ID}"'
        )
    return given


Publisher = Annotated[PublisherShape, BeforeValidator(_as_publisher)]


class BodyShape(Shape):
    """A message that differs from the others by its body, and takes so many seconds where that matters."""

    body: Word | None = None
    publish: Publisher | None = None
    seconds: Seconds = 1.0

    @model_validator(mode="after")
    def _is_made_one_way(self) -> Self:
        _need_one(self.body, self.publish)
        return self


class MessageShape(Shape):
    """`[consumers.NAME.message]`: by its `body`, or by who publishes it.

    With `publish`, `exchange` and `routing_key` say which message is meant, where there are several. With `schema`,
    `id` says where the id goes, and `seed` which messages are made by it.
    """

    exchange: Text = ""
    routing_key: Text | None = None
    body: Word | None = None
    publish: Publisher | None = None
    schema_: Annotated[Word | None, Field(alias="schema")] = None
    id: Annotated[Word, AfterValidator(_place)] | None = None
    seed: int = 1
    properties: PropertiesShape = PropertiesShape()
    seconds: Seconds | None = None
    slow: BodyShape | None = None

    @model_validator(mode="after")
    def _is_made_one_way(self) -> Self:
        _need_one(self.body, self.publish, self.schema_, names="`body`, `publish` or `schema`")
        if self.schema_ is None and {"id", "seed"} & self.model_fields_set:
            raise ValueError("`id` and `seed` are of a `schema`; a `body` has {id} in it")
        if self.publish is not None and "properties" in self.model_fields_set:
            raise ValueError("`publish` says `properties` itself; take them out")
        return self

    @property
    def meant(self) -> tuple[str | None, str | None]:
        """Give exchange and routing key where the manifest says them."""
        return (self.exchange if "exchange" in self.model_fields_set else None), self.routing_key


def _as_body(given: Any) -> Any:
    return {"body": given} if isinstance(given, str) else given


Poison = Annotated[BodyShape, BeforeValidator(_as_body)]


class BadShape(Shape):
    """`[consumers.NAME.bad]`: files with bodies that are no work, or work that can never be done."""

    malformed: list[Word] | None = None
    misshapen: list[Word] | None = None
    poison: Poison | None = None


class PublishesShape(Shape):
    """`publishes` of an effect."""

    exchange: Text
    routing_key: Text | None = None


Rows = Annotated[list[Annotated[dict[str, Any], Field(min_length=1)]], Field(min_length=1)]
Adds = Annotated[dict[Word, int | float], Field(min_length=1)]


class EffectShape(Shape):
    """`[[consumers.NAME.effects]]`: one of six kinds."""

    sql: Word | None = None
    table: Word | None = None
    publishes: PublishesShape | None = None
    http: Request | None = None
    path: InnerPath | None = None
    command: Command | None = None
    key: Word | None = None
    rows: Rows | None = None
    adds: Adds | None = None
    ignore: list[Word] | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        kinds = [self.sql, self.table, self.publishes, self.http, self.path, self.command]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError(
                "an effect is one of `sql`, `table`, `publishes`, `http`, `path`, `command`; write one of them"
            )
        if self.command is not None and not any(w in c for w in (ID, NUMBER) for c in self.command):
            raise ValueError("nothing tells the `command` which message is meant; write {id} in it")
        if self.table is not None:
            self._check_table()
            return self
        if self.adds is not None:
            raise ValueError("`adds` is said of a `table`; take it out here")
        if self.path is not None:
            self._check_path(self.path)
            return self
        if given := {"rows", "ignore"} & self.model_fields_set:
            raise ValueError(f"`{min(given)}` is said of a `table` or a `path`; take it out here")
        if self.key is not None and self.publishes is None and self.http is None:
            raise ValueError("`key` makes publishes or calls one effect; take it out here")
        if self.publishes is not None and self.key not in (None, "message_id"):
            raise ValueError('publishes are known by `key = "message_id"` alone')
        return self

    def _check_path(self, path: str) -> None:
        has_id = any(word in path for word in (ID, NUMBER))
        if self.key is not None and has_id:
            raise ValueError(
                "`key` says where lines of a file have the id, and the `path` has it; take one out"
            )
        if self.key is None and not has_id and {"rows", "ignore"} & self.model_fields_set:
            raise ValueError(
                "lines of a `path` without {id} belong to a message by `key`, where they have its id; add it"
            )

    def _check_table(self) -> None:
        if (self.key is None) == (self.adds is None):
            raise ValueError(
                "a `table` has `key`, the column that has the id of the message, or `adds`, what each message"
                ' adds to its rows ("*") and to sums of its columns; write one of them'
            )
        if self.adds is not None and self.rows is not None:
            raise ValueError("`rows` are compared by their `key`; take `rows` or `adds` out")
        if self.adds is not None and not all(self.adds.values()):
            raise ValueError("what `adds` names is not 0; take such columns out")

    @property
    def request(self) -> tuple[str, str]:
        """Method and path of an HTTP effect."""
        return parts_of(self.http or "")


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


def _each_once(queues: list[str]) -> list[str]:
    if len({*queues}) < len(queues):
        raise ValueError("a queue stands there twice; take one out")
    return queues


Queues = Annotated[
    list[Word], Field(min_length=1), BeforeValidator(_as_list), AfterValidator(_each_once)
]


class ConsumerShape(Shape):
    """`[consumers.NAME]`. Its `directory` is a folder, or `OWN`: the manifest's, with a copy for each instance."""

    command: Argv | None = None
    image: Word | None = None
    compose: InnerPath | None = None
    service: Word | None = None
    directory: Word | None = None
    instances: Annotated[int, Field(ge=1, le=_MOST_INSTANCES)] = 1
    environment: Environment = Field(default_factory=dict)
    templates: dict[InnerPath, InnerPath] = Field(default_factory=dict)
    queue: Queues
    vhost: Word | None = None
    definitions: DefinitionsKey | None = None
    stop: StopShape = StopShape()
    claims: list[str] = Field(default_factory=list)
    denies: list[str] = Field(default_factory=list)
    message: MessageShape
    bad: BadShape = BadShape()
    effects: Annotated[list[EffectShape], Field(min_length=1)]

    @property
    def keeps_to_itself(self) -> bool:
        """Whether each instance has a copy of the directory."""
        return self.directory == OWN

    def directory_in(self, manifest: str) -> str:
        """Name the folder that is copied; `manifest` is the one of the whole file."""
        return manifest if self.directory is None or self.keeps_to_itself else self.directory

    @property
    def publishers(self) -> dict[str, PublisherShape]:
        """Give who publishes a message of the user's own, by the key of the message."""
        made = {"": self.message, "slow": self.message.slow, "poison": self.bad.poison}
        return {key: one.publish for key, one in made.items() if one and one.publish}

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


class TopologyShape(Shape):
    """`[topology]`."""

    definitions: DefinitionsKey


class OwnManifestShape(Shape):
    """The whole file."""

    protocol: Literal[2]
    name: Name
    language: Word = "unknown"
    directory: Word = "."
    consumers: Annotated[dict[Name, ConsumerShape], Field(min_length=1)]
    database: DatabaseShape | None = None
    topology: TopologyShape | None = None
    definitions: DefinitionsKey | None = None
    services: Services = Field(default_factory=dict)
    http: Answers = Field(default_factory=dict)
    known_failures: list[OwnKnownFailureShape] = Field(default_factory=list)

    @model_validator(mode="after")
    def _imports_one_file(self) -> Self:
        if self.topology is not None and self.definitions is not None:
            raise ValueError("`definitions` are at the top and in [topology]; take one out")
        return self

    @property
    def imported(self) -> tuple[str, DefinitionsShape | None]:
        """Give the definitions of all consumers, and where they stand: in `[topology]`, or at the top, in short."""
        if self.topology is not None:
            return "topology.definitions", self.topology.definitions
        return "definitions", self.definitions
