"""The part of a manifest of `protocol = 2` that says what consumers find around them: its shape, and the facts of it.

`[services.NAME]`, `definitions` and `[http]`; what they mean stands in `docs/dependencies.md`.
"""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic.functional_validators import AfterValidator, model_validator

from warren.claims.implementation import Container, Program
from warren.claims.manifest_shape import (
    Fault,
    Shape,
    StopShape,
    Text,
    Word,
    variable_name,
)
from warren.claims.surroundings import Answer, Definitions, Service, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_TAKEN: Final = ("amqp", "database", "http_stub")
"""Names whose placeholders mean something else."""
_MOST_SECONDS: Final = 600.0
_REQUEST: Final = re.compile(r"(?P<method>[A-Z]+) (?P<path>/\S*)")
_ADDRESS: Final = re.compile(r"(?P<host>[A-Za-z0-9_.-]+):(?P<port>[0-9]{1,5})")
_LAST_PORT: Final = 65535
_WHOLE_PORT: Final = re.compile(r"\{port\}|[0-9]{1,5}")
PARTS: Final = ("exchanges", "queues", "bindings", "policies")
"""What is imported of definitions; never users, permissions, parameters."""


def request(line: str) -> str:
    """Take a method and a path; raise `ValueError` for anything else."""
    if not _REQUEST.fullmatch(line):
        raise ValueError(
            f'{line!r} is no request; write a method and a path, such as "POST /charge"'
        )
    return line


def parts_of(line: str) -> tuple[str, str]:
    """Give method and path of a request; ("", "") for anything else."""
    found = _REQUEST.fullmatch(line)
    return (found["method"], found["path"]) if found else ("", "")


def _service_name(name: str) -> str:
    if name in _TAKEN:
        raise ValueError(f"{{{name}_port}} is something else already; give it another name")
    return name


def _port(text: str) -> str:
    if not _WHOLE_PORT.fullmatch(text):
        raise ValueError(f'{text!r} is no port; write "{{port}}", or a number')
    return text


def _address(text: str) -> str:
    found = _ADDRESS.fullmatch(text)
    if not found or not 0 < int(found["port"]) <= _LAST_PORT:
        raise ValueError(
            f'{text!r} is no address; write a host and a port, such as "localhost:6379"'
        )
    return text


def _names_a_program(argv: list[str]) -> list[str]:
    if not argv or not argv[0]:
        raise ValueError("this names no program; write its name, then its arguments")
    return argv


def _as_table(given: Any) -> Any:
    return {"file": given} if isinstance(given, str) else given


Command = Annotated[list[Text], AfterValidator(_names_a_program)]
"""Arguments may be empty, such as that of `--save ""`."""
Environment = dict[Annotated[str, AfterValidator(variable_name)], Text]
Request = Annotated[str, AfterValidator(request)]
ServiceName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_service_name)
]


class ReadyShape(Shape):
    """`ready` of a service."""

    tcp: Annotated[str, AfterValidator(_port)] = "{port}"
    seconds: Annotated[float, Field(gt=0, le=_MOST_SECONDS)] = 30.0


class ServiceShape(Shape):
    """`[services.NAME]`: a command, an image, with a command or its own, or the address of one that runs already."""

    command: Command | None = None
    image: Word | None = None
    address: Annotated[Word, AfterValidator(_address)] | None = None
    directory: Word | None = None
    environment: Environment = Field(default_factory=dict)
    ready: ReadyShape = ReadyShape()
    reset: Command | None = None
    stop: StopShape = StopShape()

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if self.address is not None and (self.command or self.image):
            raise ValueError(
                "`address` names a server that runs already; take out what would start one"
            )
        if self.address is None and self.command is None and self.image is None:
            raise ValueError(
                "nothing says what runs; write `command`, `image`, or the `address` of one that runs already"
            )
        if self.command is None or self.image is not None:
            self._check_no_process()
        return self

    def _check_no_process(self) -> None:
        given = {"stop"} | ({"directory"} if self.image is not None else set())
        if wrong := given & self.model_fields_set:
            raise ValueError(f"`{min(wrong)}` is said of a service's own process; take it out here")


class DefinitionsShape(Shape):
    """`definitions`: a file, or a table that also says which vhost of it."""

    file: Word
    vhost: Word | None = None


class AnswerShape(Shape):
    """`"POST /charge" = { … }` of `[http]`."""

    status: Annotated[int, Field(ge=200, le=599)] = 200
    body: Text = "{}"
    content_type: Word = "application/json"


DefinitionsKey = Annotated[DefinitionsShape, BeforeValidator(_as_table)]
Services = dict[ServiceName, ServiceShape]
Answers = dict[Request, AnswerShape]


def faults_of_definitions(
    key: str, shape: DefinitionsShape | None, home: Path, work: str | None = None
) -> Iterator[Fault]:
    """Find what keeps a file of definitions from being imported; `work` is what the consumer calls its vhost."""
    if shape is None:
        return
    file = home / shape.file
    try:
        document = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        words = f"{file} cannot be read as JSON: {error}; export it by `rabbitmqadmin` or by hand"
        yield Fault(key, words)
        return
    if not isinstance(document, dict):
        yield Fault(key, f"{file} is no file of definitions: it holds no object")
        return
    vhosts = vhosts_of(document)
    if shape.vhost is not None and vhosts and shape.vhost not in vhosts:
        yield Fault(f"{key}.vhost", f"{file} has no vhost {shape.vhost!r}; {_choose(vhosts)}")
    if shape.vhost is None and len(vhosts) > 1 and work not in vhosts:
        yield Fault(key, f"{file} has several vhosts; {_choose(vhosts)}")


def vhosts_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the vhosts that have something to import; none where the file is of a single one and does not say which."""
    named = {
        each["vhost"]: None
        for part in PARTS
        for each in document.get(part) or ()
        if isinstance(each, dict) and isinstance(each.get("vhost"), str)
    }
    return tuple(sorted(named))


def _choose(vhosts: tuple[str, ...]) -> str:
    names = ", ".join(f'"{name}"' for name in vhosts)
    return f"write definitions = {{ file = …, vhost = … }} with one of {names}"


def _definitions(home: Path, shape: DefinitionsShape, work: str | None) -> Definitions:
    """Give the file, and which vhost of it is for the work: what it calls so, if the file has that, or its only one."""
    file = home / shape.file
    vhost = shape.vhost
    if vhost is None and work in vhosts_of(json.loads(file.read_text("utf-8"))):
        vhost = work
    return Definitions(file, vhost or "")


def surroundings(
    path: Path,
    directory: str,
    services: Services,
    definitions: DefinitionsShape | None,
    answers: Answers,
    *,
    work: str | None = None,
) -> Surroundings:
    """Give the facts; `path` is the manifest's, `directory` its own, and `work` what the consumer calls its vhost."""
    home = path.parent
    return Surroundings(
        tuple(_service(path, directory, name, shape) for name, shape in services.items()),
        _definitions(home, definitions, work) if definitions else None,
        tuple(
            Answer(*parts_of(line), shape.status, shape.body.encode(), shape.content_type)
            for line, shape in answers.items()
        ),
    )


def _service(path: Path, directory: str, name: str, shape: ServiceShape) -> Service:
    def program(argv: list[str], source: str) -> Program:
        return Program(
            tuple(argv),
            path.parent / (shape.directory or directory),
            environment=dict(shape.environment),
            stop_signal=signal.Signals[shape.stop.signal],
            grace=shape.stop.grace,
            has_placeholders=True,
            container=Container(shape.image) if shape.image is not None else None,
            source=f"{source} of {path}",
        )

    key = f"services.{name}"
    host, _, port = (shape.address or "").partition(":")
    return Service(
        name,
        program(shape.command or [], key) if shape.address is None else None,
        shape.ready.tcp,
        shape.ready.seconds,
        program(shape.reset, f"{key}.reset") if shape.reset else None,
        (host, int(port)) if shape.address is not None else None,
        f"{key} of {path}",
    )
