"""A user's own consumer in an image, or as a service of a Compose file: wired, isolated, and nothing of it left."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import docker.errors
import pika
import pytest

from tests.requisites import missing
from warren.worlds.real.containers import compose
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docker import DockerClient
    from docker.models.containers import Container

pytestmark = pytest.mark.docker

_NOBODY = 54321  # no process of anybody else runs as this user
BASE = "python:3.11-slim"
MANIFEST = """
protocol = 2
name = "shipped"

[consumers.orders]
{runs}
queue = "shop.orders"
vhost = "shop"

[consumers.orders.message]
body = "order.json"
properties = {{ message_id = "{{id}}" }}

[[consumers.orders.effects]]
{effect}
"""
INVOICE = 'publishes = { exchange = "billing", routing_key = "invoice" }\nkey = "message_id"'
COMPOSE = """
services:
  orders:
    image: {image}
    depends_on: [rabbitmq]
    {more}
  rabbitmq:
    image: rabbitmq:4.3-management
  payments:
    image: shop/payments
"""
SERVICE = 'compose = "compose.yml"\nservice = "orders"'


@pytest.fixture(scope="module")
def client() -> Iterator[DockerClient]:
    """Give an engine that has the image on which the consumer's is built."""
    try:
        client = docker.from_env()
        client.images.get(BASE)
    except docker.errors.DockerException:
        missing(f"there is no Docker engine with {BASE}; start one, and run .ci/images")
    with contextlib.closing(client):
        yield client


@pytest.fixture(scope="module")
def image(client: DockerClient) -> Iterator[str]:
    """Give the consumer's image: Python, pika and one script. Nobody else has it: others may run these tests, too."""
    name, tag = "warren-test-orders", uuid.uuid4().hex
    made = client.containers.create(BASE)
    with contextlib.ExitStack() as stack:
        stack.callback(made.remove)
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w") as archive:
            archive.add(Path(pika.__file__).parent, "app/pika")
            archive.add(Path(__file__).with_name("shipped.py"), "app/shipped.py")
        made.put_archive("/", held.getvalue())
        made.commit(name, tag, conf={"Cmd": ["python3", "/app/shipped.py"], "User": "nobody"})
    yield f"{name}:{tag}"
    client.images.remove(f"{name}:{tag}", force=True)


@pytest.fixture
def write(image: str, tmp_path: Path) -> Callable[..., list[str]]:
    """Write what a manifest says is run, and give the command that tries it on the lightest servers."""

    def do(runs: str, more: str = "", effect: str = INVOICE) -> list[str]:
        (tmp_path / "order.json").write_text('{"ref": "{id}"}')
        (tmp_path / "compose.yml").write_text(COMPOSE.format(image=image, more=more))
        path = tmp_path / "warren.toml"
        path.write_text(MANIFEST.format(runs=runs, effect=effect))
        command = str(Path(sys.executable).parent / "warren"), "smoke", str(path)
        return [*command, "--broker", "embedded", "--database", "sqlite"]

    return do


@dataclass(frozen=True)
class Somebody:
    """A user of this machine who may use the Docker engine, and nothing else that root may."""

    user: int
    groups: tuple[int, ...]
    home: Path

    def runs(self, command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a command on what `folder` has."""
        shutil.copytree(folder, self.home / "project", symlinks=True)
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, self.user, self.user)
        at = str(folder), str(self.home / "project")
        return subprocess.run(
            [word.replace(*at) for word in command],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            cwd=self.home,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.home)},
            user=self.user,
            group=self.user,
            extra_groups=self.groups,
        )


@pytest.fixture
def somebody() -> Iterator[Somebody]:
    """Give a user who is not root."""
    if os.getuid() != 0:
        pytest.skip("without root all tests of containers are this one")
    engine = Path("/var/run/docker.sock")
    if not engine.is_socket() or not engine.stat().st_gid:
        pytest.skip("the socket of the Docker engine belongs to no group but root's")
    looks = ["env", sys.executable, "-c", "import warren"]
    if subprocess.run(looks, user=_NOBODY, stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("another user cannot read this installation")
    with tempfile.TemporaryDirectory(prefix="warren-test-") as home:
        user = Somebody(_NOBODY, (_NOBODY, engine.stat().st_gid), Path(home))
        Path(home).chmod(0o755)
        yield user


@pytest.fixture
def smoke(write: Callable[..., list[str]]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `warren smoke`."""

    def run(
        *what: str, environment: dict[str, str] | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            write(*what, **more),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env=environment,
        )

    return run


def test_two_vhosts(smoke: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """One in two vhosts of its broker, each of which has its own `shop.orders`, finds two."""
    url = "amqp://shop:secret@rabbitmq:5672"
    variables = f'AMQP_URL = "{url}/shop", BILLING = "{url}/billing"'
    ended = smoke(f"{SERVICE}\nenvironment = {{ {variables} }}")
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    assert "orders: works" in ended.stdout


def test_image(
    client: DockerClient, image: str, smoke: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """An image is told its addresses in its own variables; its containers are gone when it is over."""
    ended = smoke(f'image = "{image}"\nenvironment = {{ AMQP_URL = "{{amqp_url}}" }}')
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "orders: works: 1 effect of one message" in ended.stdout
    assert not of_image(client, image)


@pytest.mark.parametrize(
    "effect", [INVOICE, 'path = "out/today/{id}.json"'], ids=["alone", "mounted"]
)
def test_without_root(
    write: Callable[..., list[str]], somebody: Somebody, tmp_path: Path, effect: str
) -> None:
    """Who may use the engine, and is not root, judges a container in a network as closed as root's; nothing is left."""
    needs_compose()
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o777)
    out = "/app/mine/out/today"
    more = f"environment: {{OUT: {out}, LARGE: /app/shipped.py}}" if "path" in effect else ""
    command = write(SERVICE, f"volumes: ['./:/app/mine']\n    {more}", effect=effect)
    ended = somebody.runs(command, tmp_path)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    assert "orders: works: 1 effect of one message" in ended.stdout
    assert {left.name for left in somebody.home.glob("warren-*/*")} <= {"register"}


def test_killed_run(
    client: DockerClient,
    image: str,
    smoke: Callable[..., subprocess.CompletedProcess[str]],
    write: Callable[..., list[str]],
    tmp_path: Path,
) -> None:
    """The containers of a run that is killed are removed by the next."""
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    command = write(f'image = "{image}"\ncommand = ["sleep", "600"]')
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as killed:
        assert wait_until(lambda: len(of_image(client, image)) >= 2, timeout=60.0)
        killed.kill()
    smoke(f'image = "{image}"\ncommand = ["false"]', environment=environment)
    assert not of_image(client, image)


def test_compose(smoke: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """A service works unchanged whose broker's name, vhost and login, and whose API's, are built in."""
    needs_compose()
    more = "environment: {CHARGE: 'http://payments:8081/charge'}"
    ended = smoke(SERVICE, more, effect='http = "POST /charge"')
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "orders: works: 1 effect of one message" in ended.stdout


SERVERS = {
    "a process": f'command = ["{sys.executable}", "-m", "http.server", "{{port}}"]',
    "an image": f"""
image = "{BASE}"
command = ["sh", "-c", "touch order.json && exec python -m http.server {{port}}"]
ready = {{ tcp = "9000" }}
""",
}


@pytest.mark.parametrize("kind", SERVERS)
def test_service(
    image: str, smoke: Callable[..., subprocess.CompletedProcess[str]], kind: str
) -> None:
    """A service of the manifest is reached where its placeholders say, and by its name at a port that is built in."""
    environment = 'AMQP_URL = "{amqp_url}", RATES = "{rates_host}:{rates_port} rates:8080"'
    ended = smoke(
        f'image = "{image}"\nenvironment = {{ {environment} }}',
        effect=f"{INVOICE}\n\n[services.rates]\n{SERVERS[kind]}",
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "orders: works: 1 effect of one message" in ended.stdout


def test_mounted_folder(
    smoke: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """What a service writes into its project's folder is looked for in the case's copy, and the user's own stays."""
    needs_compose()
    (tmp_path / "out").mkdir()
    os.chown(tmp_path / "out", 65534, 65534)  # the image's user
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "text").write_bytes(bytes(5 << 20))
    more = "environment: {OUT: /app/mine/out, LARGE: /app/mine/large/text}"
    ended = smoke(
        SERVICE, f"volumes: ['./:/app/mine']\n    {more}", effect='path = "out/{id}.json"'
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "orders: works: 1 effect of one message" in ended.stdout
    assert not list((tmp_path / "out").iterdir())


def test_refused(smoke: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """A service that reaches out of its case is not started, and a sentence says why."""
    needs_compose()
    ended = smoke(SERVICE, "privileged: true")
    assert ended.returncode == 2
    assert "it is privileged, and could do anything to this machine" in ended.stdout


def test_file_of_a_database(
    image: str, smoke: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """A container that would need a file of this machine as its database is told which one to take."""
    ended = smoke(f'image = "{image}"\nenvironment = {{ DB = "{{database_url}}" }}')
    assert ended.returncode == 2
    assert "run it with --database postgresql or mysql" in ended.stdout


def test_learn_image(client: DockerClient, image: str, tmp_path: Path) -> None:
    """An image is learnt by its name, which the manifest has in place of a command; its containers are gone then."""
    ended = learn(tmp_path, "--image", image, "--env", "AMQP_URL={amqp_url}")
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    (slug, consumer), *_ = tomllib.loads((tmp_path / "warren.toml").read_text())[
        "consumers"
    ].items()
    assert (slug, consumer["image"], "command" in consumer) == ("warren-test-orders", image, False)
    assert consumer["effects"][0]["publishes"] == {"exchange": "billing", "routing_key": "invoice"}
    assert f"{slug}: works: 1 effect of one message" in ended.stdout
    assert not of_image(client, image)


def test_learn_compose(image: str, tmp_path: Path) -> None:
    """A service is learnt by its Compose file alone, whose addresses lead to the case; the one consumer is found."""
    needs_compose()
    services = COMPOSE.format(image=image, more="")
    services = services.replace("payments:", "payments-db:").replace("shop/payments", "postgres:15")
    (tmp_path / "compose.yml").write_text(services)
    ended = learn(tmp_path, "--compose", "compose.yml", "--database", "sqlite")
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    assert "its consumer is the service orders\n" in ended.stdout
    assert "Start it so?" not in ended.stdout
    consumer = tomllib.loads((tmp_path / "warren.toml").read_text())["consumers"]["orders"]
    assert (consumer["compose"], consumer["service"]) == ("compose.yml", "orders")
    assert "environment" not in consumer
    assert "orders: works: 1 effect of one message" in ended.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--image", "warren-no-such"), "--image: the image warren-no-such"),
        (("--compose", "compose.yml", "--service", "order"), "name one of orders, payments, rabb"),
        (("--compose", "compose.yml"), "Which service is the consumer? (orders, payments)"),
    ],
)
def test_learn_nothing(
    client: DockerClient, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    """Which image there is not, and which services there are, is said before anything is started."""
    del client
    needs_compose()
    (tmp_path / "compose.yml").write_text(COMPOSE.format(image="shop/orders", more=""))
    ended = learn(tmp_path, *options)
    assert ended.returncode == 2
    assert words in ended.stdout + ended.stderr
    assert "broker:" not in ended.stdout


def learn(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `warren learn` in a folder with a sample."""
    (folder / "order.json").write_text('{"ref": "order-17"}')
    command = str(Path(sys.executable).parent / "warren"), "learn", "--yes"
    return subprocess.run(
        [*command, "--message", "order.json", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def of_image(client: DockerClient, image: str) -> list[Container]:
    """Find the containers of an image, holders too."""
    return client.containers.list(all=True, filters={"ancestor": image}, ignore_removed=True)


def needs_compose() -> None:
    """Skip where there is no Compose."""
    if not any(map(compose.is_there, compose.COMMANDS)):
        missing("there is no Compose; install Docker's plugin or docker-compose")
