"""`warren learn`: run a consumer that nobody described, look at it, write its manifest, and try that."""

from __future__ import annotations

import os
import shlex
from contextlib import closing
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from warren.claims.catalogue import load_catalogue
from warren.claims.manifest import load_manifest
from warren.command import options
from warren.command.learn_options import Options
from warren.command.person import Person
from warren.command.smoke import STATUSES, smoke
from warren.command.subject import Finding
from warren.errors import OptionError
from warren.learning import telling
from warren.learning.learner import Wishes, as_learnt, learn, told_in_words
from warren.learning.manifest_text import manifest_text
from warren.learning.rehearsal import Rehearsal
from warren.learning.sample import marked, sent_by
from warren.learning.trial import Trial
from warren.report.header import header
from warren.rigs.consumers.recording import Recorder
from warren.rigs.pace import PACES
from warren.workloads.protocol import Role, Route
from warren.worlds.real import RealWorlds, Servers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.claims.implementation import Publisher
    from warren.command.subject import Subject
    from warren.learning.asyncapi import Described
    from warren.learning.learner import Lesson
    from warren.learning.sample import LearnSample

STATUS: Final = """\b
Exit status:
  0  the manifest is written, and the consumer works by it
  1  it is written, but the consumer does not do by it what it should
  2  nothing could be learnt, no effect was found, or the set-up cannot be used"""

_FAST: Final = PACES["fast"]
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
_SAMPLES: Final = "samples"


@click.command(epilog=STATUS, context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option("--image", metavar="IMAGE", help="an image; COMMAND takes the place of its own")
@click.option("--compose", type=_FILE, metavar="FILE", help="or a Compose file")
@click.option("--service", metavar="NAME", help="which of its services")
@click.option("--env", multiple=True, metavar="NAME=TEXT", help="e.g. AMQP_URL={amqp_url}")
@click.option("--file", multiple=True, metavar="FILE=TEMPLATE", help="a file made from a template")
@click.option("--message", type=_FILE, metavar="FILE", help="the body of a sample message")
@click.option(
    "--publish",
    metavar="COMMAND",
    help="or who sends one, e.g. './shop order {id}'; {id} is its id",
)
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
@click.option("--vhost", metavar="NAME", help="what it calls the vhost of that, if it has several")
@click.option("--exchange", metavar="NAME", help="where the sample is published")
@click.option("--routing-key", metavar="KEY", help="and with which key")
@click.option("--schema", type=_FILE, metavar="FILE", help="SQL that makes its tables")
@click.option("--migrate", metavar="COMMAND", help="or a command that makes them")
@click.option(
    "--directory", type=options.PATH, metavar="DIR", help="where it runs; by default here"
)
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

    COMMAND starts it, or it is in a container: --image or --compose. It is told where its broker and its database are
    by --env and --file, with places such as {amqp_url} and {database_url}; without these options `learn` looks for
    them, and asks.
    """
    ctx.exit(_Learning(Options(**chosen)).run())


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


class _Asked(NamedTuple):
    """What is wished for, and where the body of the sample stands, if it has a file."""

    wishes: Wishes
    body: Path | None = None


class _Learning:
    """One run of the command: what is asked, run, written and tried."""

    def __init__(self, chosen: Options) -> None:
        """Ask nothing yet."""
        self._options, self._person = chosen, Person(asks=not chosen.yes)

    def run(self) -> int:
        """Learn, write, try; give the exit status."""
        chosen = self._options
        self._refuse_to_overwrite(chosen.manifest)
        subject = Finding(chosen, self._person, self._put).subject()
        publisher = subject.publisher(chosen)
        asked = None if publisher else self._asked()
        database = subject.database if chosen.database == "auto" else ""
        with (
            closing(
                Servers(chosen.broker, database or chosen.database, self._person.say)
            ) as servers,
            closing(RealWorlds(servers.for_workers(), "learn")) as worlds,
        ):
            self._person.secrets = worlds.secrets
            self._person.say(header(servers, _FAST))
            if asked is None:
                assert publisher is not None, "somebody says what is sent"
                asked = self._recorded(worlds, subject, publisher)
            lesson = self._lesson(worlds, subject, asked.wishes)
            for sentence in told_in_words(lesson):
                self._person.say(f"- {sentence}")
            if asked.body is not None:
                ours = (sample.body for sample in asked.wishes.samples)
                self._put(asked.body, lesson.sample.body, *ours)
            self._write(lesson, subject, asked.body, publisher)
            return self._try(lesson, worlds, servers.database.kind)

    def _asked(self) -> _Asked:
        """Take the sample from its file or its document, with a place for its id."""
        given = self._given()
        samples = tuple(
            replace(sample, properties={**sample.properties, **given.correlated})
            for sample in marked(given.octets, given.properties)
        )
        body = self._place_of(samples[0], given)
        if body != given.file:
            self._refuse_to_overwrite(body, *(sample.body for sample in samples))
        return _Asked(Wishes(samples, given.queue, given.exchange, given.routing_key), body)

    def _recorded(self, worlds: RealWorlds, subject: Subject, publisher: Publisher) -> _Asked:
        """Run the publisher, and take what it sends."""
        role = Role(subject.slug, Route("", ""))
        with worlds.world(subject.tables(self._options.migrate), restarts=False) as world:
            recorded = Recorder(world, role, subject.program)(publisher)
        sample = sent_by(self._options.publish or "", recorded)
        to = recorded.exchange, recorded.routing_key
        words = "As its publisher sends it."
        return _Asked(Wishes((sample,), self._options.queue, *to, route_words=words))

    def _lesson(self, worlds: RealWorlds, subject: Subject, wishes: Wishes) -> Lesson:
        """Have the consumer do its messages in three worlds, and see what is the same."""
        program, name, within = subject.program, subject.slug, self._options.within
        schema = subject.tables(self._options.migrate)
        choose = partial(self._person.choose, option="--queue")
        with (
            worlds.world(schema, restarts=False) as first,
            worlds.world(schema, restarts=False) as pair,
            worlds.world(schema, restarts=False) as again,
            closing(Rehearsal(pair, again, program, name, within)) as rehearsal,
        ):
            trial = Trial(first, program, name, within, subject.fixed)
            return learn(trial, rehearsal, wishes, program, choose)

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

    def _write(
        self, lesson: Lesson, subject: Subject, body: Path | None, publisher: Publisher | None
    ) -> None:
        """Write the manifest."""
        chosen, home = self._options, self._options.manifest.parent
        container = subject.program.container
        compose = container.compose if container is not None else None
        learnt = as_learnt(
            lesson,
            subject.program,
            name=subject.slug,
            body=telling.relative(body, home) if body else "",
            publish=publisher.program.argv if publisher else (),
            compose=telling.relative(compose, home) if compose else "",
            directory=telling.relative(chosen.folder, home),
            schema=telling.relative(subject.schema[0], home) if subject.schema else "",
            migrate=shlex.split(chosen.migrate or ""),
        )
        self._put(chosen.manifest, manifest_text(learnt).encode())

    def _try(self, lesson: Lesson, worlds: RealWorlds, kind: str) -> int:
        """Do as `warren smoke` does with what was written."""
        manifest = self._options.manifest
        shown = os.path.relpath(manifest)
        if not lesson.proposed.effects:
            self._person.say(f"name an effect at the end of {shown}, then: warren smoke {shown}")
            return options.UNUSABLE
        status = 0
        for smoked in smoke(load_manifest(manifest, load_catalogue()), worlds, _FAST):
            self._person.say(f"{smoked.design}: {smoked.result}: {smoked.words}")
            status = max(status, STATUSES.get(smoked.result, 0))
        if not status:
            with_it = f"--broker {self._options.broker} --database {kind}"
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
