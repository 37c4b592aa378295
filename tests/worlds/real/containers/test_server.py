"""Services of a manifest that are images: real containers, fresh for each case, and gone after it."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import docker.errors
import pytest

from tests.requisites import missing
from warren.claims.implementation import Container, Program
from warren.claims.surroundings import Service
from warren.errors import SetupError
from warren.worlds.real.brokers.container import label_of
from warren.worlds.real.containers import server
from warren.worlds.real.services import Services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real.runs import Run

pytestmark = pytest.mark.docker

IMAGE, DATABASE = "python:3.11-slim", "postgres:15"
# Keeps a word in a file, and says it to whoever connects.
SERVER = """
import os, socket, sys
open("word", "w").write(os.environ["WORD"])
server = socket.create_server(("", int(sys.argv[1])))
while True:
    client, _ = server.accept()
    client.sendall(open("word").read().encode())
    client.close()
"""
RESET = "import sys; open('word', 'w').write('empty ' + sys.argv[1])"


@pytest.fixture(scope="module")
def client() -> Iterator[docker.DockerClient]:
    """Give an engine that has the images."""
    try:
        client = docker.from_env()
        client.images.get(IMAGE), client.images.get(DATABASE)
    except docker.errors.DockerException:
        missing(
            f"there is no Docker engine with {IMAGE} and {DATABASE}; start one, and run .ci/images"
        )
    with contextlib.closing(client):
        yield client


@pytest.fixture
def services(run: Run) -> Iterator[Services]:
    """Give the services of one process of pytest."""
    with contextlib.closing(Services(run, "tests")) as services:
        yield services


def service(
    *argv: str, reset: tuple[str, ...] = (), ready: str = "9000", within: float = 60.0
) -> Service:
    """Describe the service, as a manifest does."""

    def program(*words: str) -> Program:
        source = "services.words"
        return Program(
            words,
            Path("/"),
            {"WORD": "begun on {port}"},
            has_placeholders=True,
            container=Container(IMAGE),
            source=source,
        )

    argv = argv or ("python", "-c", SERVER, "{port}")
    emptied = program(*reset) if reset else None
    return Service("words", program(*argv), ready, within, emptied, source="services.words")


def word(place: tuple[str, int]) -> str:
    """Give what the service says."""
    with socket.create_connection(place, 5) as client:
        return client.recv(100).decode()


def left(client: docker.DockerClient, run: Run) -> int:
    """Count the containers of a run."""
    label = [f"{key}={value}" for key, value in label_of(run).items()]
    return len(client.containers.list(all=True, filters={"label": label}, ignore_removed=True))


def test_fresh_for_each_case(client: docker.DockerClient, services: Services, run: Run) -> None:
    """Without a reset each case has a container of its own on a port of the loopback address; it ends with the case."""
    with services.of_case([service()], ()) as one, services.of_case([service()], ()) as other:
        assert one["words"] != other["words"]
        assert one["words"][0] == "127.0.0.1"
        assert word(one["words"]) == "begun on 9000"
        assert left(client, run) == 2
    assert left(client, run) == 0


def test_reset(client: docker.DockerClient, services: Services, run: Run) -> None:
    """With a reset, which runs in it, one container is kept for the cases of a process, and ends with that."""
    described = service(reset=("python", "-c", RESET, "{port}"))
    with services.of_case([described], ()) as one:
        assert word(one["words"]) == "empty 9000"
    with services.of_case([described], ()) as other:
        assert one == other
        assert left(client, run) == 1
    services.close()
    assert left(client, run) == 0


def test_the_only_port_of_an_image(client: docker.DockerClient, services: Services) -> None:
    """Where the manifest names no port, it is the one that the image has; the server in it is real."""
    del client
    program = Program((), Path("/"), {"POSTGRES_PASSWORD": "x"}, container=Container(DATABASE))
    described = Service("words", program, "{port}", 60.0, source="services.words")
    with (
        services.of_case([described], ()) as places,
        socket.create_connection(places["words"], 5) as connection,
    ):
        connection.sendall(bytes.fromhex("0000000804d2162f"))  # SSLRequest
        assert connection.recv(1) == b"N"


@pytest.mark.parametrize(
    ("described", "sentence"),
    [
        (
            service(ready="{port}"),
            r"its image names no one port \(none\); write the one .* ready = ",
        ),
        (
            service("python", "-c", "import sys; sys.exit('no such option')"),
            "ended with status 1 before it was ready; it printed: no such option",
        ),
        (
            service("sleep", "60", within=0.5),
            "not ready within 0 s: nothing listens on port 9000 in its container; it printed nothing",
        ),
        (
            service(reset=("python", "-c", "import sys; sys.exit('no such key')")),
            "ended with status 1; it printed: no such key; run it in the container",
        ),
        (service(reset=("no-such-tool",)), "no-such-tool"),
    ],
    ids=["no port", "ends", "silent", "reset", "no reset"],
)
def test_not_ready(
    client: docker.DockerClient, services: Services, run: Run, described: Service, sentence: str
) -> None:
    """What cannot be used is a sentence with what it printed; nothing of it is left."""
    with pytest.raises(SetupError, match=sentence), services.of_case([described], ()):
        pass
    services.close()
    assert left(client, run) == 0


def test_reset_does_not_end(
    client: docker.DockerClient, services: Services, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reset that does not end is a sentence, and ends with its container."""
    monkeypatch.setattr(server, "_RESET", 0.5)
    described = service(reset=("sleep", "60"))
    with (
        pytest.raises(SetupError, match="not done within 0 s; make it end by itself"),
        services.of_case([described], ()),
    ):
        pass
    assert left(client, run) == 0


def test_no_such_image(client: docker.DockerClient, services: Services) -> None:
    """Nothing is pulled: an image that is not there is a sentence."""
    del client
    described = service()
    assert described.program is not None
    program = replace(described.program, container=Container("warren-no-such"))
    with (
        pytest.raises(
            SetupError, match=r"the image warren-no-such.* is not on this machine; build it"
        ),
        services.of_case([replace(described, program=program)], ()),
    ):
        pass
