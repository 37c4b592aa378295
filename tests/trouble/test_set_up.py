"""Set-ups that cannot be used: exit status 2, one sentence, and nothing left."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url

from tests.requisites import missing
from tests.trouble.person import ONE_CASE
from warren.worlds.real.databases import choose
from warren.worlds.real.databases.postgresql import binaries
from warren.worlds.real.runs import Run
from warren.worlds.real.runs.ports import Ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL

    from tests.trouble.person import Person

NO_ENGINE = "unix:///nonexistent/docker.sock"


@pytest.mark.parametrize(
    ("command", "wrong", "right", "sentence"),
    [
        ("check", "claims = [", "claim = [", "unknown key `claim`; did you mean `claims`"),
        (
            "smoke",
            "fair-dispatch",
            "fair-dispach",
            "there is no guarantee `fair-dispach`; did you mean `fair-dispatch`",
        ),
    ],
    ids=["key", "guarantee"],
)
def test_unknown_word(person: Person, command: str, wrong: str, right: str, sentence: str) -> None:
    """An unknown word is met with the nearest right one, in a manifest named relatively too."""
    manifest = person.manifest()
    manifest.write_text(manifest.read_text("utf-8").replace(wrong, right), "utf-8")
    ended = person.run("warren", command, manifest.name)
    assert ended.status == 2, ended.printed
    assert sentence in ended.sentence("implementation.toml, designs.blocking.")
    assert person.runs == set()


def test_command_not_found(person: Person) -> None:
    """A program that is not there is named before any broker is started."""
    ended = person.run("warren", "check", person.manifest(command='["no-such-program"]'))
    assert ended.status == 2, ended.printed
    sentence = ended.sentence("implementation.toml, designs.blocking.roles.stream: ")
    assert "`no-such-program` is not on PATH; install it, or mend the command" in sentence
    assert person.left_behind() == []


def test_migrate_fails(person: Person) -> None:
    """A migrate command that fails ends the run at its first case, with what it printed."""
    fails = [sys.executable, "-c", "import sys; sys.exit('no such table space')"]
    ended = person.check(person.manifest(extra=f"migrate = {fails!r}"))
    assert ended.status == 2, ended.printed
    sentence = ended.sentence("warren: migrate of ")
    assert "ended with status 1: no such table space; run it by hand" in sentence
    assert person.left_behind() == []


def test_migrate_fails_in_workers(person: Person) -> None:
    """It is the same where workers run the cases: the first of them ends the run."""
    fails = [sys.executable, "-c", "import sys; sys.exit('no such table space')"]
    ended = person.check(person.manifest(extra=f"migrate = {fails!r}"), "-n", "2")
    assert ended.status == 2, ended.printed
    assert ended.sentence("warren: migrate of ")
    assert person.left_behind() == []


def test_broker_not_ours_to_restart(person: Person) -> None:
    """A case that restarts its broker is inconclusive on one that others may use."""
    manifest = person.manifest()
    restart = "survives-broker-restart"
    manifest.write_text(manifest.read_text("utf-8").replace("fair-dispatch", restart), "utf-8")
    ended = person.run("warren", "check", manifest, *person.servers, "--guarantee", restart)
    assert ended.status == 2, ended.printed
    sentence = ended.sentence("inconclusive: survives-broker-restart")
    assert "this broker cannot be restarted; use a broker that Warren starts itself" in sentence
    assert person.left_behind() == []


def test_broker_unreachable(person: Person) -> None:
    """A broker that is not there is named by its address, without the password."""
    with Ports() as ports:
        port = ports.free()
        broker = f"amqp://warren:hidden@127.0.0.1:{port}"
        ended = person.run("warren", "check", person.manifest(), "--broker", broker)
    assert ended.status == 2, ended.printed
    sentence = ended.sentence(f"broker 127.0.0.1:{port}: ")
    assert "AMQP did not answer" in sentence
    assert "check that a broker runs there" in sentence
    assert "hidden" not in ended.printed
    assert person.left_behind() == []


def test_wrong_broker_password(person: Person) -> None:
    """A refused password is told from a broker that is not there."""
    there = f"{person.broker.host}:{person.broker.port}"
    broker = f"amqp://{person.broker.user}:hidden@{there}"
    ended = person.run("warren", "check", person.manifest(), "--broker", broker)
    assert ended.status == 2, ended.printed
    assert "or its password was refused; give the right ones" in ended.sentence(f"broker {there}: ")
    assert "hidden" not in ended.printed
    assert person.left_behind() == []


def test_database_unreachable(person: Person) -> None:
    """A database server that is not there is named by its address, without the password."""
    manifest, broker = person.manifest(), person.servers[:2]
    with Ports() as ports:
        port = ports.free()
        database = f"postgresql:postgresql://warren:hidden@127.0.0.1:{port}/postgres"
        ended = person.run("warren", "check", manifest, *broker, "--database", database)
    assert ended.status == 2, ended.printed
    sentence = ended.sentence(f"database server 127.0.0.1:{port}: ")
    assert "check that it runs there" in sentence
    assert "hidden" not in ended.printed
    assert person.left_behind() == []


def test_image_missing(person: Person) -> None:
    """An image that is not there and cannot be pulled is named."""
    option = "docker:no-such-image:0"
    ended = person.run("warren", "check", person.manifest(), "--broker", option)
    assert ended.status == 2, ended.printed
    sentence = ended.sentence(f"warren: --broker {option}: ")
    assert "not on this machine and cannot be pulled" in sentence
    assert "choose another broker" in sentence
    assert person.left_behind() == []


def test_wrong_database_password(person: Person, postgresql: URL) -> None:
    """A refused password is told from a database server that is not there."""
    wrong = postgresql.set(password="hidden")  # noqa: S106 - a wrong one
    database = wrong.render_as_string(hide_password=False)
    options = *person.servers[:2], "--database", f"postgresql:{database}"
    ended = person.run("warren", "check", person.manifest(), *options)
    assert ended.status == 2, ended.printed
    there = f"database server {postgresql.host}:{postgresql.port}: "
    assert "or its password was refused; give the right ones" in ended.sentence(there)
    assert "hidden" not in ended.printed
    assert person.left_behind() == []


@pytest.fixture
def postgresql() -> Iterator[URL]:
    """Give the URL of a PostgreSQL server."""
    if binaries() is None:
        missing("no PostgreSQL is installed")
    run = Run.start()
    try:
        server = choose("postgresql").start(run)
        yield make_url(server.address.url)
        server.stop()
    finally:
        run.end()


def test_no_engine(person: Person) -> None:
    """Without a Docker engine `--broker docker` says what to do about it."""
    options = "--broker", "docker", "--database", "sqlite"
    ended = person.run("warren", "check", person.manifest(), *options, DOCKER_HOST=NO_ENGINE)
    assert ended.status == 2, ended.printed
    sentence = ended.sentence("warren: --broker docker: ")
    assert "no Docker engine answers" in sentence
    assert "start one" in sentence
    assert person.left_behind() == []


def test_nothing_to_run_on(person: Person) -> None:
    """Where neither an engine nor a server is there, `auto` takes the broker and the database that need nothing."""
    path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if "sbin" not in p)
    ended = person.run(
        *("warren", "check", person.manifest(), *ONE_CASE), DOCKER_HOST=NO_ENGINE, PATH=path
    )
    assert ended.status == 0, ended.printed
    assert "embedded broker" in ended.printed
    assert "SQLite" in ended.printed
    assert person.left_behind() == []


def test_report_folder_is_none(person: Person) -> None:
    """A report that cannot be written is said so, after the verdicts."""
    (person.folder / "file").write_text("a file, not a folder", "utf-8")
    ended = person.check(person.manifest(), "--report", str(person.folder / "file"))
    assert ended.status == 2, ended.printed
    sentence = ended.sentence("--report ")
    assert "the report cannot be written" in sentence
    assert "name a folder that can be written to" in sentence
    assert person.left_behind() == []
