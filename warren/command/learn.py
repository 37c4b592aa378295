"""`warren learn`: run a consumer that nobody described, look at it, write its manifest, and try that."""

from __future__ import annotations

import os
import shlex
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from warren.claims.catalogue import load_catalogue
from warren.claims.implementation import Program, Schema
from warren.claims.manifest import load_manifest, missing
from warren.command import options
from warren.command.person import Person
from warren.command.smoke import STATUSES, smoke
from warren.errors import OptionError
from warren.learning import telling
from warren.learning.learner import Wishes, as_learnt, compared, learn, script, told_in_words
from warren.learning.manifest_text import manifest_text
from warren.learning.rehearsal import rehearse
from warren.learning.sample import marked
from warren.learning.search import propose
from warren.learning.trial import Trial
from warren.learning.words import TWO_WAYS_OUT
from warren.report.header import header
from warren.rigs.pace import PACES
from warren.worlds.real import RealWorlds, Servers
from warren.worlds.real.launching import inherited_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.learning.asyncapi import Described
    from warren.learning.learner import Lesson
    from warren.learning.sample import LearnSample
    from warren.learning.search import Proposal

STATUS: Final = """\b
Exit status:
  0  the manifest is written, and the consumer works by it
  1  it is written, but the consumer does not do by it what it should
  2  nothing could be learnt, no effect was found, or the set-up cannot be used"""

_FAST: Final = PACES["fast"]
_SLOW: Final = PACES["document"]
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
_TEMPLATE: Final = ".template"
_SAMPLES: Final = "samples"


@click.command(epilog=STATUS, context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option("--env", multiple=True, metavar="NAME=TEXT", help="e.g. AMQP_URL={amqp_url}")
@click.option("--file", multiple=True, metavar="FILE=TEMPLATE", help="a file made from a template")
@click.option("--message", type=_FILE, metavar="FILE", help="the body of a sample message")
@click.option("--asyncapi", type=_FILE, metavar="FILE", help="or an AsyncAPI 3 document")
@click.option("--operation", metavar="NAME", help="which of its operations, where several receive")
@click.option(
    "--property",
    "properties",
    multiple=True,
    metavar="NAME=VALUE",
    help="of the sample, e.g. type=order or headers.tenant=a; {id} is another in each message",
)
@click.option("--queue", metavar="NAME", help="the work queue, where it consumes from several")
@click.option("--exchange", metavar="NAME", help="where the sample is published")
@click.option("--routing-key", metavar="KEY", help="and with which key")
@click.option("--schema", type=_FILE, metavar="FILE", help="SQL that makes its tables")
@click.option("--migrate", metavar="COMMAND", help="or a command that makes them")
@click.option("--directory", type=options.PATH, default=".", metavar="DIR", help="where it runs")
@click.option("--name", metavar="NAME", help="what it is called; by default as its directory")
@click.option("--out", type=options.PATH, metavar="FILE", help="by default DIR/warren.toml")
@click.option("--force", is_flag=True, help="write over files that are there")
@click.option("--within", default=30.0, show_default=True, help="seconds to start, and to work")
@click.option("--yes", is_flag=True, help="ask nothing, and take what is proposed")
@click.option(
    "--broker",
    default="embedded",
    show_default=True,
    metavar="WHICH",
    help="embedded[:3.10|:4.0], docker[:IMAGE], local, auto, or amqp://user:password@host[:port]",
)
@options.database
@click.pass_context
def command(ctx: click.Context, /, **chosen: Any) -> None:
    """Run a consumer, see what it does, and write its manifest.

    COMMAND starts it. It is told where its broker and its database are by --env and --file, with places such as
    {amqp_url} and {database_url}; without these options `learn` looks for them, and asks.
    """
    ctx.exit(_Learning(_Options(**chosen)).run())


@dataclass(frozen=True, slots=True)
class _Options:
    """The options as they were written; relative paths are from where the person stands."""

    command: tuple[str, ...]
    env: tuple[str, ...]
    file: tuple[str, ...]
    message: Path | None
    asyncapi: Path | None
    operation: str | None
    properties: tuple[str, ...]
    queue: str | None
    exchange: str | None
    routing_key: str | None
    schema: Path | None
    migrate: str | None
    directory: Path
    name: str | None
    out: Path | None
    force: bool
    within: float
    yes: bool
    broker: str
    database: str

    @property
    def manifest(self) -> Path:
        """Where the manifest is written."""
        return (self.out or self.directory / "warren.toml").absolute()

    @property
    def slug(self) -> str:
        """What the consumer is called."""
        return telling.slug(self.name or self.directory.absolute().name)


class _Given(NamedTuple):
    """A message as it was given: its file, which is a name alone where it is in none, and where it goes."""

    file: Path
    octets: bytes
    properties: dict[str, Any]
    queue: str | None
    exchange: str | None
    routing_key: str | None
    correlated: Mapping[str, Any] = MappingProxyType({})
    """Properties that have the id, whether or not something else has it too."""


class _Learning:
    """One run of the command: what is asked, run, written and tried."""

    def __init__(self, chosen: _Options) -> None:
        """Ask nothing yet."""
        self._options, self._person = chosen, Person(asks=not chosen.yes)

    def run(self) -> int:
        """Learn, write, try; give the exit status."""
        chosen = self._options
        self._refuse_to_overwrite(chosen.manifest)
        program, found = self._program()
        given = self._given()
        samples = tuple(
            replace(sample, properties={**sample.properties, **given.correlated})
            for sample in marked(given.octets, given.properties)
        )
        body = self._place_of(samples[0], given)
        if body != given.file:
            self._refuse_to_overwrite(body, *(sample.body for sample in samples))
        database = found.database if chosen.database == "auto" else ""
        with (
            closing(
                Servers(chosen.broker, database or chosen.database, self._person.say)
            ) as servers,
            closing(RealWorlds(servers.for_workers(), "learn")) as worlds,
        ):
            self._person.secrets = worlds.secrets
            self._person.say(header(servers, _FAST))
            kind = servers.database.kind
            wishes = Wishes(
                samples, _FAST.heartbeat, given.queue, given.exchange, given.routing_key
            )
            with worlds.world(self._schema(), restarts=False) as world:
                trial = Trial(world, program, chosen.slug, chosen.within, found.fixed)
                choose = partial(self._person.choose, option="--queue")
                lesson = learn(trial, wishes, program, choose)
            lesson = self._compared(lesson, worlds, program)
            for sentence in told_in_words(lesson):
                self._person.say(f"- {sentence}")
            self._put(body, lesson.sample.body, *(sample.body for sample in samples))
            self._write(lesson, program, body)
            return self._try(lesson, worlds, kind)

    def _compared(self, lesson: Lesson, worlds: RealWorlds, program: Program) -> Lesson:
        """Have the consumer do it again in two other ways, and see what is the same."""
        chosen = self._options
        what = script(lesson, program, chosen.slug, chosen.within)
        with (
            worlds.world(self._schema(), restarts=False) as one,
            worlds.world(self._schema(), restarts=False) as other,
        ):
            return compared(lesson, rehearse(one, other, what))

    def _program(self) -> tuple[Program, Proposal]:
        """Give what is started, and what was found of it."""
        chosen = self._options
        command = telling.as_started(chosen.command, inherited_environment()["PATH"])
        telling.refuse_outside(command, chosen.directory.absolute())
        telling.refuse_unknown_words(command, "COMMAND")
        environment, templates = telling.variables(chosen.env), telling.pairs("--file", chosen.file)
        found = propose(chosen.directory, command, os.environ)
        if not (templates or any("{" in word for word in command)):
            found = found.beside(environment, command)
            proposed, templates = self._accepted(found, is_enough=bool(environment))
            environment, command = {**environment, **proposed}, found.command
        program = Program(
            command,
            chosen.directory.absolute(),
            environment,
            has_placeholders=True,
            templates=templates,
        )
        if fault := missing(program, environment.get("PATH", inherited_environment()["PATH"])):
            raise OptionError(fault, "warren learn")
        return program, found

    def _accepted(
        self, found: Proposal, *, is_enough: bool
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Show what was found, and ask whether to tell it so; give the environment and the templates.

        `is_enough` says that it is told something already, so that nothing more need be found.
        """
        if found.is_empty and is_enough:
            return {}, {}
        if found.is_empty:
            raise OptionError(
                "nothing in its environment, .env, configuration files and source names a broker",
                str(self._options.directory.absolute()),
                TWO_WAYS_OUT,
            )
        self._person.say("it can be told its addresses so:")
        for line in found.lines():
            self._person.say(f"- {line}")
        if not self._person.agrees("Start it so?"):
            raise OptionError("then it is not known what it is to be told", "--env", TWO_WAYS_OUT)
        if found.also_read:
            self._person.say(found.also_needed)
        for name, text in found.templates.items():
            template = self._options.directory.absolute() / f"{name}{_TEMPLATE}"
            self._put(template, text.encode())
        environment = {name: address.replacement for name, address in found.variables.items()}
        return environment, {name: f"{name}{_TEMPLATE}" for name in found.templates}

    def _schema(self) -> Schema:
        chosen, program = self._options, None
        if chosen.migrate:
            program = Program(
                tuple(shlex.split(chosen.migrate)),
                chosen.directory.absolute(),
                has_placeholders=True,
                source="--migrate",
            )
        return Schema(program, (chosen.schema.absolute(),) if chosen.schema else ())

    def _given(self) -> _Given:
        """Give the message that is to be sent, as the options and a document say it."""
        chosen, said = self._options, self._described()
        file = chosen.message
        if file is None and said is None:
            file = self._person.path("A sample message, as a file", "--message")
        properties = telling.properties(chosen.properties)
        if said is None:
            assert file is not None, "it was asked for"
            route = chosen.queue, chosen.exchange, chosen.routing_key
            return _Given(file.absolute(), telling.octets(file), properties, *route)
        route = said.queue, said.exchange, said.routing_key
        if chosen.exchange is not None or chosen.routing_key is not None:
            route = said.queue, chosen.exchange, chosen.routing_key
        return _Given(
            file.absolute() if file else Path(f"{telling.slug(said.operation)}.json"),
            telling.octets(file) if file else said.body,
            {**said.properties, **properties},
            chosen.queue or route[0],
            *route[1:],
            correlated=said.correlated,
        )

    def _described(self) -> Described | None:
        """Read what --asyncapi says, with libraries that a usual installation has not."""
        chosen = self._options
        if chosen.asyncapi is None:
            return None
        try:
            asyncapi = import_module("warren.learning.asyncapi")
        except ModuleNotFoundError as error:
            what = "pip install 'pytest-warren[schema]'"
            raise OptionError(f"reading it needs {error.name}", "--asyncapi", what) from error
        choose = partial(self._person.choose, option="--operation")
        try:
            said: Described = asyncapi.described(chosen.asyncapi, chosen.operation, choose)
        except asyncapi.UnfitError as error:
            raise OptionError(str(error), str(chosen.asyncapi)) from error
        self._person.say(f"by {chosen.asyncapi}, {said.operation} takes {said.words}")
        return said

    def _place_of(self, sample: LearnSample, given: _Given) -> Path:
        """Say where the body of the sample stands: in its file, or in one of ours where it is another, or far away."""
        home = self._options.manifest.parent
        is_its_own = sample.is_changed or not given.file.is_relative_to(home)
        return home / _SAMPLES / given.file.name if is_its_own else given.file

    def _write(self, lesson: Lesson, program: Program, body: Path) -> None:
        """Write the manifest."""
        chosen, home = self._options, self._options.manifest.parent
        schema, migrate = chosen.schema, shlex.split(chosen.migrate or "")
        learnt = as_learnt(
            lesson,
            program,
            name=chosen.slug,
            body=telling.relative(body, home),
            directory=telling.relative(chosen.directory, home),
            schema=telling.relative(schema, home) if schema else "",
            migrate=migrate,
        )
        self._put(chosen.manifest, manifest_text(learnt).encode())

    def _try(self, lesson: Lesson, worlds: RealWorlds, kind: str) -> int:
        """Do as `warren smoke` does with what was written."""
        manifest = self._options.manifest
        shown = os.path.relpath(manifest)
        if not lesson.proposed.effects:
            self._person.say(f"name an effect at the end of {shown}, then: warren smoke {shown}")
            return options.UNUSABLE
        status, pace = 0, _FAST if lesson.bears_heartbeat else _SLOW
        for smoked in smoke(load_manifest(manifest, load_catalogue()), worlds, pace):
            self._person.say(f"{smoked.design}: {smoked.result}: {smoked.words}")
            status = max(status, STATUSES.get(smoked.result, 0))
        if not status:
            with_it = f"--broker {self._options.broker} --database {kind} --pace {pace.name}"
            self._person.say(f"next: warren check {shown} {with_it} -n 4")
        return status

    def _put(self, path: Path, octets: bytes, *ours: bytes) -> None:
        """Write a file and say so, unless it is there as it should be; never over another without being told to."""
        if path.is_file() and path.read_bytes() == octets:
            return
        self._refuse_to_overwrite(path, *ours)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(octets)
        except OSError as error:
            raise OptionError(f"it cannot be written: {error.strerror}", str(path)) from error
        self._person.say(f"written: {os.path.relpath(path)}")

    def _refuse_to_overwrite(self, path: Path, *ours: bytes) -> None:
        """Raise `OptionError` where something is there that is not ours."""
        if self._options.force or not path.exists():
            return
        if not path.is_file() or path.read_bytes() not in ours:
            raise OptionError(
                "it is there already", str(path), "give --force to write over it, or --out"
            )
