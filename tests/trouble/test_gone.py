"""A broker or a Docker engine that goes while a run stands on it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import docker
import pytest

from tests.requisites import missing
from tests.trouble.person import DEADLINE, Ended
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.trouble.person import Person

ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")

# Relays between a socket of its own and the engine's, as long as it lives.
RELAY = """
import asyncio, contextlib, sys
async def copy(reader, writer):
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
async def relay(reader, writer):
    there, back = await asyncio.open_unix_connection(sys.argv[2])
    await asyncio.gather(copy(reader, back), copy(there, writer))
async def main():
    async with await asyncio.start_unix_server(relay, sys.argv[1]) as server:
        await server.serve_forever()
asyncio.run(main())
"""


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Give a relay to the engine that listens on `engine` in the test's folder."""
    if not ENGINE.startswith("unix://"):
        missing("the Docker engine is not on this machine")
    listens, engine = tmp_path / "engine", ENGINE.removeprefix("unix://")
    process = subprocess.Popen([sys.executable, "-c", RELAY, listens, engine])
    assert wait_until(listens.exists, timeout=DEADLINE)
    yield process
    process.kill()
    process.wait(DEADLINE)


def assert_management_gone(ended: Ended) -> None:
    """Expect one sentence, also where a connection was reset or ended first and the next one was refused."""
    assert ended.status == 2, ended.printed
    printed = re.sub(r"(is not there) \(\w+\)", r"\1", ended.printed)
    sentence = Ended(ended.status, printed).sentence("warren: http://127.0.0.1:")
    assert "the management API is not there; check that the broker runs" in sentence


def test_broker_goes(person: Person) -> None:
    """A container that is removed under a run ends it with status 2 and one sentence."""
    command = person.begin(
        *("warren", "check", person.manifest("hoards"), "--broker", "docker"),
        *("--database", "sqlite", "--guarantee", "fair-dispatch"),
    )
    person.see(person.has_instance)
    for run in person.runs:
        engine = docker.from_env()
        for container in engine.containers.list(filters={"label": f"warren.run={run}"}):
            container.remove(force=True)
        engine.close()
    assert_management_gone(command.end())
    assert person.left_behind() == []


def test_embedded_broker_is_killed(person: Person) -> None:
    """Kill -9 of the embedded broker in a case ends the run with status 2 and one sentence."""
    command = person.begin(
        *("warren", "check", person.manifest("hoards"), "--broker", "embedded"),
        *("--database", "sqlite", "--guarantee", "fair-dispatch"),
    )
    person.see(person.has_instance)
    person.embedded_broker().kill()
    assert_management_gone(command.end())
    assert person.left_behind() == []


def test_engine_goes(person: Person, relay: subprocess.Popen[bytes]) -> None:
    """A container that cannot be removed is named, and gone at the next start with an engine."""
    command = person.begin(
        *("warren", "smoke", person.manifest("idles"), "--broker", "docker"),
        *("--database", "sqlite"),
        DOCKER_HOST=f"unix://{person.folder / 'engine'}",
    )
    person.see(person.has_instance)
    relay.kill()
    relay.wait(DEADLINE)
    command.tell(signal.SIGINT)
    ended = command.end()
    assert ended.status == 2, ended.printed
    sentence = ended.sentence("Error: container warren-")
    assert "the Docker engine does not remove it" in sentence
    assert "Warren's next start removes it" in sentence
    assert any(line.startswith("container") for line in person.left_behind())
    person.smoke(person.manifest("exits"))
    assert person.left_behind() == []
