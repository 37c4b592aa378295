"""A pytest plugin for aiormq's and aio-pika's tests: their broker is there, and needs no container of theirs.

Both ask the module `tests.docker_client` for a Docker engine. This module stands in its place, and says where the
broker listens. What aiormq's source distribution lacks of its fixtures is here, too.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import pytest

URL = pytest.importorskip("yarl").URL

sys.modules["tests.docker_client"] = sys.modules[__name__]


@dataclass
class ContainerInfo:
    """Where something listens, by the port inside of the container."""

    id: str
    ports: dict[str, int]
    host: str


class DockerNotAvailableError(Exception):
    """Never raised."""


class DockerHostInfo:
    """Nothing is to be known of it."""


def check_docker_available() -> DockerHostInfo:
    """Say yes."""
    return DockerHostInfo()


class DockerClient:
    """Has started one container, the broker."""

    def __init__(self, *_: object) -> None:
        """Need nothing."""

    def run(self, *_: object, **__: object) -> ContainerInfo:
        """Say where the broker is. Nothing speaks TLS there."""
        return ContainerInfo("broker", {"5672/tcp": 5672, "5671/tcp": 5671}, "127.0.0.1")

    def kill(self, container: str) -> None:
        """Leave it alone."""

    def remove(self, container: str) -> None:
        """Leave it alone."""


@pytest.fixture(scope="session")
def rabbitmq_container() -> ContainerInfo:
    """Give the broker."""
    return DockerClient().run()


@pytest.fixture(scope="session")
def amqp_direct_url(rabbitmq_container: ContainerInfo) -> Any:
    """Say where it is."""
    port = rabbitmq_container.ports["5672/tcp"]
    return URL(f"amqp://guest:guest@{rabbitmq_container.host}:{port}//")
