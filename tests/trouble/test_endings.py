"""However a run ends, all it started is gone: at once, or after kill -9 at the next start."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.trouble.person import Command, Person


def begin(person: Person, manifest: Path, *options: str) -> Command:
    """Begin a run, and wait until an instance of it is there."""
    command = person.begin(
        "warren", "check", manifest, *person.servers, "--guarantee", "fair-dispatch", *options
    )
    person.see(person.has_instance)
    return command


@pytest.mark.parametrize(
    ("number", "options"),
    [(signal.SIGINT, ()), (signal.SIGTERM, ()), (signal.SIGINT, ("-n", "2"))],
    ids=["SIGINT", "SIGTERM", "SIGINT with xdist"],
)
def test_interrupted(person: Person, number: signal.Signals, options: tuple[str, ...]) -> None:
    """Ctrl-C and SIGTERM end a run with status 2, and leave nothing."""
    command = begin(person, person.manifest("forks-and-idles"), *options)
    command.tell(number)
    ended = command.end()
    assert ended.status == 2, ended.printed
    assert "KeyboardInterrupt" in ended.printed
    assert "Traceback" not in ended.printed
    person.see(lambda: not person.processes())
    assert person.left_behind() == []


@pytest.mark.parametrize("trouble", ["works", "forks-and-idles"])
@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "with xdist"])
def test_interrupted_alone(person: Person, options: tuple[str, ...], trouble: str) -> None:
    """A run that is told by one process alone to end says what it waits for, and waits for no case to end by itself."""
    command = begin(person, person.manifest(trouble), *options)
    told = time.monotonic()
    command.tell(signal.SIGINT, alone=True)
    ended = command.end()
    assert time.monotonic() - told < 15  # 5 s on a machine that has nothing else to do
    assert ended.status == 2, ended.printed
    assert "[warren] interrupted; ending the case" in ended.printed
    assert "RabbitMQ" in ended.printed
    assert "Traceback" not in ended.printed
    person.see(lambda: not person.processes())
    assert person.left_behind() == []


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "with xdist"])
def test_killed(person: Person, options: tuple[str, ...]) -> None:
    """What a run leaves after kill -9 is gone at the next start."""
    command = begin(person, person.manifest("forks-and-idles"), *options)
    command.tell(signal.SIGKILL)
    command.end()
    assert person.left_behind() != []
    ended = person.smoke(person.manifest())
    assert ended.status == 0, ended.printed
    person.see(lambda: not person.processes())
    assert person.left_behind() == []


@pytest.mark.parametrize("folder", [".", "other"], ids=["same TMPDIR", "another TMPDIR"])
def test_killed_with_its_broker(person: Person, folder: str) -> None:
    """A container that a run left after kill -9 is gone at the next start, wherever that has its temporary folder."""
    command = person.begin(
        "warren", "smoke", person.manifest("idles"), "--broker", "docker", "--database", "sqlite"
    )
    person.see(person.has_container)
    command.tell(signal.SIGKILL)
    command.end()
    other = person.temporary / folder
    other.mkdir(exist_ok=True)
    person.run(
        "warren", "smoke", person.manifest("exits"), *person.servers, TMPDIR=str(other.resolve())
    )
    assert person.left_behind() == []


@pytest.mark.parametrize("program", ["check", "smoke"])
def test_interrupted_while_the_broker_starts(person: Person, program: str) -> None:
    """A run that is told to end before its broker is ready takes the container back."""
    manifest = person.manifest("idles")
    options = "--broker", "docker", "--database", "sqlite"
    command = person.begin("warren", program, manifest, *options)
    person.see(person.has_container)
    command.tell(signal.SIGTERM)
    ended = command.end()
    assert ended.status == 2, ended.printed
    assert "Traceback" not in ended.printed
    assert person.left_behind() == []


def test_smoke_interrupted(person: Person) -> None:
    """Ctrl-C ends `warren smoke` with status 2 and leaves nothing."""
    command = person.begin("warren", "smoke", person.manifest("idles"), *person.servers)
    person.see(person.has_instance)
    command.tell(signal.SIGINT)
    ended = command.end()
    assert ended.status == 2, ended.printed
    assert ended.sentence("Error: interrupted")
    assert person.left_behind() == []
