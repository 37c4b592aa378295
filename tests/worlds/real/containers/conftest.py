"""An engine with an image that has Python, a network held open, and containers in it."""

from __future__ import annotations

import contextlib
import signal
import time
from typing import TYPE_CHECKING, Any

import docker
import docker.errors
import pytest

from tests.requisites import missing
from warren.workloads.course.roles import STREAM
from warren.worlds.real.containers import ContainerProcess
from warren.worlds.real.containers import holder as holders
from warren.worlds.real.containers.holder import Holder
from warren.worlds.real.containers.ways import Ways
from warren.worlds.real.databases import UnfollowedLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

IMAGE = "python:3.11-slim"
LABELS = {"warren.test": "containers"}


@pytest.fixture
def client() -> Iterator[DockerClient]:
    """Give an engine that has the image."""
    try:
        client = docker.from_env()
        client.images.get(IMAGE)
    except docker.errors.DockerException:
        missing(f"there is no Docker engine with {IMAGE}; start one, and run .ci/images")
    with contextlib.closing(client):
        yield client


@pytest.fixture(params=[True, False], ids=["entered", "handed over"])
def holder(
    request: pytest.FixtureRequest, client: DockerClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Holder]:
    """Hold a network in which `broker` is known, as root and as anybody else."""
    enters = request.param and holders.may_enter_networks()
    monkeypatch.setattr(holders, "may_enter_networks", lambda: enters)
    with contextlib.closing(
        Holder(client, IMAGE, where="a test", labels=LABELS, names={"broker": "127.0.0.1"})
    ) as held:
        yield held


@pytest.fixture
def start(client: DockerClient, holder: Holder) -> Iterator[Callable[..., ContainerProcess]]:
    """Start a Python script as process 1 of a container; end it after the test."""
    started: list[ContainerProcess] = []

    def do(script: str, secrets: tuple[str, ...] = (), *, init: bool = False) -> ContainerProcess:
        container = client.containers.create(
            IMAGE,
            ["python3", "-uc", script],
            network_mode=holder.network,
            labels=LABELS,
            init=init,
        )
        owned = contextlib.ExitStack()
        owned.callback(holder.close)
        nothing: Any = None
        ways = Ways(holder.network, nothing, UnfollowedLine("none"), nothing, owned)
        try:
            process = ContainerProcess(
                container,
                ways,
                name="stream-1",
                role=STREAM,
                now=time.monotonic,
                secrets=secrets,
                stop_signal=signal.SIGTERM,
            )
        except BaseException:
            container.remove(force=True, v=True)
            raise
        started.append(process)
        return process

    try:
        yield do
    finally:
        for process in started:
            process.close(5.0)
