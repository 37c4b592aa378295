"""A user's own consumer in an image, or as a service of a Compose file: wired, isolated, and nothing of it left."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import docker.errors
import pika
import pytest

from tests.requisites import missing
from warren.worlds.real.containers import compose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient

pytestmark = pytest.mark.docker

BASE, IMAGE = "python:3.11-slim", "warren-test-orders"
MANIFEST = """
protocol = 2
name = "shipped"

[consumers.orders]
{runs}
queue = "shop.orders"

[consumers.orders.message]
body = "order.json"
properties = {{ message_id = "{{id}}" }}

[[consumers.orders.effects]]
publishes = {{ exchange = "billing", routing_key = "invoice" }}
key = "message_id"
"""
COMPOSE = f"""
services:
  orders:
    image: {IMAGE}
    depends_on: [rabbitmq]
    # more
  rabbitmq:
    image: rabbitmq:4.3-management
"""
SERVICE = 'compose = "compose.yml"\nservice = "orders"'


@pytest.fixture(scope="module")
def client() -> Iterator[DockerClient]:
    """Give an engine with the consumer's image: Python, pika and one script."""
    try:
        client = docker.from_env()
        client.images.get(BASE)
    except docker.errors.DockerException:
        missing(f"there is no Docker engine with {BASE}; start one, and run .ci/images")
    with contextlib.closing(client):
        made = client.containers.create(BASE)
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w") as archive:
            archive.add(Path(pika.__file__).parent, "app/pika")
            archive.add(Path(__file__).with_name("shipped.py"), "app/shipped.py")
        made.put_archive("/", held.getvalue())
        made.commit(IMAGE, conf={"Cmd": ["python3", "/app/shipped.py"], "User": "nobody"})
        made.remove()
        try:
            yield client
        finally:
            client.images.remove(IMAGE, force=True)


@pytest.fixture
def smoke(client: DockerClient, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `warren smoke` of what the manifest says is run, on the lightest servers."""
    del client

    def run(runs: str, more: str = "") -> subprocess.CompletedProcess[str]:
        (tmp_path / "order.json").write_text('{"ref": "{id}"}')
        (tmp_path / "compose.yml").write_text(COMPOSE.replace("# more", more))
        path = tmp_path / "warren.toml"
        path.write_text(MANIFEST.format(runs=runs))
        command = str(Path(sys.executable).parent / "warren"), "smoke", str(path)
        return subprocess.run(
            [*command, "--broker", "embedded", "--database", "sqlite"],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


def test_image(
    client: DockerClient, smoke: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """An image is told its addresses in its own variables; its containers are gone when it is over."""
    ended = smoke(f'image = "{IMAGE}"\nenvironment = {{ AMQP_URL = "{{amqp_url}}" }}')
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "orders: works: 1 effect(s) of one message" in ended.stdout
    left = client.containers.list(all=True, filters={"ancestor": IMAGE}, ignore_removed=True)
    assert not left


def test_compose(smoke: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """A service whose broker's name, vhost and login are built in works unchanged."""
    needs_compose()
    ended = smoke(SERVICE)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "orders: works: 1 effect(s) of one message" in ended.stdout


def test_refused(smoke: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """A service that reaches out of its case is not started, and a sentence says why."""
    needs_compose()
    ended = smoke(SERVICE, "privileged: true")
    assert ended.returncode == 2
    assert "it is privileged, and could do anything to this machine" in ended.stdout


def test_file_of_a_database(smoke: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """A container that would need a file of this machine as its database is told which one to take."""
    ended = smoke(f'image = "{IMAGE}"\nenvironment = {{ DB = "{{database_url}}" }}')
    assert ended.returncode == 2
    assert "run it with --database postgresql or mysql" in ended.stdout


def needs_compose() -> None:
    """Skip where there is no Compose."""
    if not any(map(compose.is_there, compose.COMMANDS)):
        missing("there is no Compose; install Docker's plugin or docker-compose")
