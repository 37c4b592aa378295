"""What `warren learn` starts: a command, an image, or a service of a Compose file; and how it is told its addresses."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Final

from warren.claims.implementation import Container, Program, Publisher, Schema
from warren.claims.manifest import missing
from warren.errors import OptionError
from warren.learning import telling
from warren.learning.addresses import of_variables
from warren.learning.containers import ComposeFile
from warren.learning.search import Proposal, propose
from warren.learning.words import TWO_WAYS_OUT
from warren.worlds.real.launching import inherited_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import ModuleType

    from warren.command.learn_options import Options
    from warren.command.person import Person

TEMPLATE: Final = ".template"
_RECIPES: Final = ("Dockerfile", "Containerfile")
_OF_DATABASE: Final = "{database_"
_SERVER: Final = "postgresql"
"""The database of a container that is told of one, and nothing says which: it reaches no file of this machine."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is started, what makes its tables, and what was found of it."""

    program: Program
    slug: str
    schema: tuple[Path, ...] = ()
    database: str = ""
    """Which database it seems to use; "" where nothing says it."""
    fixed: tuple[str, ...] = ()
    """Where an address of a broker seems to stand in its source."""

    def tables(self, migrate: str | None) -> Schema:
        """Say what makes its tables."""
        program = None
        if migrate:
            program = Program(
                tuple(shlex.split(migrate)),
                self.program.directory,
                has_placeholders=True,
                source="--migrate",
            )
        return Schema(program, self.schema)

    def publisher(self, chosen: Options) -> Publisher | None:
        """Say who sends the message, where somebody does: beside the consumer, and told what it is told."""
        if not chosen.publish:
            return None
        option = "--publish"
        words = telling.words(option, chosen.publish)
        command = telling.as_started(words, inherited_environment()["PATH"])
        telling.refuse_outside(command, self.program.directory, option)
        telling.refuse_unknown_words(command, option, publishes=True)
        program = replace(self.program, argv=command, source=option)
        path = program.environment.get("PATH", inherited_environment()["PATH"])
        if fault := missing(program, path):
            raise OptionError(fault, option)
        return Publisher(program, chosen.exchange, chosen.routing_key)


@dataclass
class Finding:
    """Finds what is to be started, by the options and by whom they are from; `put` writes a file and says so."""

    chosen: Options
    person: Person
    put: Callable[[Path, bytes], None]
    environment: Mapping[str, str] = field(init=False)
    """What --env says."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        self.chosen.refuse_contradictions()
        self.environment = telling.variables(self.chosen.env)

    def subject(self) -> Subject:
        """Give it; nothing has been started before."""
        if self.chosen.compose is not None:
            return self._service(self.chosen.compose)
        if self.chosen.image is not None:
            return self._image(self.chosen.image)
        return self._command()

    def _command(self) -> Subject:
        chosen, environment = self.chosen, dict(self.environment)
        command = telling.as_started(chosen.command, inherited_environment()["PATH"])
        telling.refuse_outside(command, chosen.folder.absolute())
        telling.refuse_unknown_words(command, "COMMAND")
        templates = telling.pairs("--file", chosen.file)
        found = propose(chosen.folder, command, os.environ)
        if not (templates or any("{" in word for word in command)):
            found = found.beside(environment, command)
            if found.is_empty and not environment:
                raise OptionError(
                    "nothing in its environment, .env, configuration files and source names a broker",
                    str(chosen.folder.absolute()),
                    TWO_WAYS_OUT,
                )
            self._accept(found)
            environment |= _replacements(found)
            templates = {name: f"{name}{TEMPLATE}" for name in found.templates}
            command = found.command
        program = self._program(command, environment, templates)
        if fault := missing(program, environment.get("PATH", inherited_environment()["PATH"])):
            raise OptionError(fault, "warren learn")
        return Subject(program, chosen.slug(""), self._scripts(()), found.database, found.fixed)

    def _image(self, image: str) -> Subject:
        """Take what the image has, and what the source here reads, if an image is made of it."""
        chosen = self.chosen
        telling.refuse_unknown_words(chosen.command, "COMMAND")
        of_image = self._containers.variables_in(image, "--image")
        found = Proposal((), of_variables(of_image))
        if any((chosen.folder / name).is_file() for name in _RECIPES):
            found = replace(propose(chosen.folder, (), of_image), templates={}, in_files=())
        found = found.beside(self.environment, ())
        self._accept(found)
        environment = {**self.environment, **_replacements(found)}
        program = self._program(chosen.command, environment, container=Container(image))
        kind = found.database or _server_for(environment.values())
        return Subject(program, chosen.slug(""), self._scripts(()), kind, found.fixed)

    def _service(self, file: Path) -> Subject:
        """Take what the Compose file says; most of its addresses lead to the case by themselves."""
        chosen = self.chosen
        telling.refuse_unknown_words(chosen.command, "COMMAND")
        compose = ComposeFile(self._containers.services_in(file.absolute()))
        service = self._chosen_of(compose)
        variables = compose.to_be_told(service)
        found = Proposal((), variables).beside(self.environment, ())
        self._accept(found)
        environment = {**self.environment, **_replacements(found)}
        schema = self._scripts(compose.schemas(chosen.folder))
        container = Container(compose=file.absolute(), service=service)
        templates = telling.pairs("--file", chosen.file)
        program = self._program(chosen.command, environment, templates, container)
        return Subject(program, chosen.slug(service), schema, compose.database(service))

    def _chosen_of(self, compose: ComposeFile) -> str:
        """Give the service that is the consumer."""
        chosen, candidates = self.chosen.service, compose.candidates
        if chosen is None and len(candidates) == 1:
            self.person.say(f"its consumer is the service {candidates[0]}")
            return candidates[0]
        if chosen is None:
            return self.person.choose("Which service is the consumer?", candidates, "--service")
        if chosen not in compose.services:
            names = ", ".join(compose.services)
            raise OptionError(f"there is no service {chosen}", "--service", f"name one of {names}")
        return chosen

    def _accept(self, found: Proposal) -> None:
        """Show what was found, ask whether to tell it so, and write the templates. Raises `OptionError` for a no."""
        if found.is_empty:
            return
        self.person.say("it can be told its addresses so:")
        for line in found.lines():
            self.person.say(f"- {line}")
        if not self.person.agrees("Start it so?"):
            raise OptionError("then it is not known what it is to be told", "--env", TWO_WAYS_OUT)
        if found.also_read:
            self.person.say(found.also_needed)
        for name, text in found.templates.items():
            self.put(self.chosen.folder.absolute() / f"{name}{TEMPLATE}", text.encode())

    def _program(
        self,
        command: Iterable[str],
        environment: Mapping[str, str],
        templates: Mapping[str, str] | None = None,
        container: Container | None = None,
    ) -> Program:
        return Program(
            tuple(command),
            self.chosen.folder.absolute(),
            dict(environment),
            has_placeholders=True,
            templates=dict(templates or {}),
            container=container,
            vhost=self.chosen.vhost or "",
        )

    def _scripts(self, found: tuple[Path, ...]) -> tuple[Path, ...]:
        """Give the SQL that makes its tables: what is said, else what was found."""
        chosen = self.chosen
        if chosen.schema is not None:
            return (chosen.schema.absolute(),)
        if not found or chosen.migrate:
            return ()
        if len(found) > 1:
            names = ", ".join(map(os.path.relpath, found))
            self.person.say(f"its tables may be made by {names}; name one file by --schema")
            return ()
        self.person.say(f"its tables are made by {os.path.relpath(found[0])}, as Compose says")
        return found

    @cached_property
    def _containers(self) -> ModuleType:
        return import_module("warren.worlds.real.containers")  # Docker's client takes its time


def _replacements(found: Proposal) -> dict[str, str]:
    return {name: address.replacement for name, address in found.variables.items()}


def _server_for(texts: Iterable[str]) -> str:
    return _SERVER if any(_OF_DATABASE in text for text in texts) else ""
