"""However a run ends, all it started is gone: at once, or after kill -9 at the next start."""

from __future__ import annotations

import re
import resource
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.trouble.person import Command, Ended, Person

WITHIN = 5.0
"""Seconds in which an interrupted run ends, on a machine that has nothing else to do."""
LATE = 12
"""Cases that are over when a run is interrupted late."""


def begin(person: Person, manifest: Path, *options: str) -> Command:
    """Begin a run, and wait until an instance of it is there."""
    command = person.begin(
        "warren", "check", manifest, *person.servers, "--guarantee", "fair-dispatch", *options
    )
    person.see(person.has_instance)
    return command


def end_in_time(command: Command) -> Ended:
    """Interrupt the command alone, and give how it ended: within its time."""
    before, told = slowness(), time.monotonic()
    command.tell(signal.SIGINT, alone=True)
    ended = command.end()
    seconds = time.monotonic() - told
    slower = max(before, slowness())
    assert seconds < WITHIN * slower, f"{seconds:.1f} s, slowness {slower:.1f}: {ended.printed}"
    assert ended.status == 2, ended.printed
    assert "[warren] interrupted; ending the case" in ended.printed
    assert "Traceback" not in ended.printed
    return ended


def slowness() -> float:
    """Say how many times its own processor time the start of a program takes now: once, on an idle machine."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([sys.executable, "-c", "import warren.command.cli"], check=True)
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return max(1.0, seconds / ran)


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
    ended = end_in_time(begin(person, person.manifest(trouble), *options))
    assert "RabbitMQ" in ended.printed
    person.see(lambda: not person.processes())
    assert person.left_behind() == []


def test_interrupted_late(person: Person) -> None:
    """A run that has judged a dozen cases, and is told by its controller alone, ends as fast as one that has begun."""
    command = person.begin("warren", "check", person.manifest(), *person.servers, "-n", "2")

    def is_late() -> bool:
        told = re.findall(r"\[warren\] (\d+) tests done", command.printed)
        return any(int(number) >= LATE for number in told)

    person.see(is_late)
    end_in_time(command)
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
