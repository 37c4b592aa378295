"""Operators' tools on the embedded broker: the rabbitmqadmin of each RabbitMQ, Celery's inspect, Flower.

The first is taken from RabbitMQ's images, the others from the folder of programs that `WARREN_TOOLS` names, as
`.ci/weekly` makes it. Where that is set nothing may be missing; any other run skips what it has not.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import docker
import docker.errors
import pytest
import requests

from tests.simulator.tcp.embedded import PASSWORD, Embedded, until
from warren.worlds.real.runs.ports import Ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker.models.containers import Container

TOOLS = os.environ.get("WARREN_TOOLS", "")
TIMEOUT = 120.0  # a start of Celery takes seconds, on a busy machine many
APPLICATION = """
from celery import Celery

app = Celery("shop")


@app.task(name="shop.add")
def add(first, second):
    return first + second
"""
POLICY = '{"max-length": 3}'
OLD = (
    "declare queue name=q durable=true",
    "declare exchange name=x type=topic",
    "declare binding source=x destination=q destination_type=queue routing_key=k",
    f"declare policy name=p pattern=^q apply-to=queues definition={shlex.quote(POLICY)}",
    "publish exchange=x routing_key=k payload=apple",
)
NEW = (
    "declare queue --name q --durable true",
    "declare exchange --name x --type topic",
    "declare binding --source x --destination q --destination-type queue --routing-key k",
    f"declare policy --name p --pattern ^q --apply-to queues --definition {shlex.quote(POLICY)}",
    "publish message --exchange x --routing-key k --payload apple",
)
GET, UNBIND, EXPORT, IMPORT = 0, 1, 2, 3
OLD_LATER = (
    "get queue=q ackmode=ack_requeue_true",
    "delete binding source=x destination_type=q destination=q properties_key=k",
    "export /tmp/definitions.json",
    "import /tmp/definitions.json",
)
NEW_LATER = (
    "get messages --queue q --count 1 --ack-mode ack_requeue_true",
    "delete binding --source x --destination q --destination-type queue --routing-key k",
    "definitions export --file /tmp/definitions.json",
    "definitions import --file /tmp/definitions.json",
)


def _missing(words: str) -> NoReturn:
    if TOOLS:
        pytest.fail(f"WARREN_TOOLS is set, but {words}", pytrace=False)
    pytest.skip(words)


# RabbitMQ's own


@contextlib.contextmanager
def _started(image: str) -> Iterator[Container]:
    """Keep a container of an image in the network of this machine, where nothing but `sleep` runs."""
    try:
        client = docker.from_env()
    except docker.errors.DockerException:
        _missing("there is no Docker engine to take rabbitmqadmin from")
    with contextlib.closing(client):
        try:
            client.images.get(image)
        except docker.errors.ImageNotFound:
            _missing(f"there is no image {image} to take rabbitmqadmin from")
        container = client.containers.run(
            image,
            ["600"],
            entrypoint="sleep",
            network_mode="host",
            # 4.3's starts no HTTP client without authorities to trust, though it asks by http.
            volumes=["/etc/ssl/certs:/etc/ssl/certs:ro"],
            detach=True,
        )
        try:
            yield container
        finally:
            container.remove(force=True, v=True)


@pytest.mark.docker
@pytest.mark.parametrize("version", ["3.10", "4.0", "4.3"])
def test_rabbitmqadmin(version: str) -> None:
    """It declares, publishes, gets, unbinds, exports, imports, sets policies, lists channels, consumers and nodes."""
    is_new = version == "4.3"
    verbs, later = (NEW, NEW_LATER) if is_new else (OLD, OLD_LATER)
    with (
        Embedded.start(f"--semantics={version}") as broker,
        _started(f"rabbitmq:{version}-management") as container,
        broker.connect() as connection,
    ):
        port = broker.ready["management_port"]
        said = f"rabbitmqadmin -H 127.0.0.1 -P {port} -u guest -p {PASSWORD}"

        def run(words: str) -> str:
            status, output = container.exec_run(["sh", "-c", f"{said} {words}"])
            assert isinstance(output, bytes)  # not a stream
            text = output.decode()
            assert status == 0, f"{words}: {text}"
            return text

        for words in verbs:
            run(words)
        assert "apple" in run(later[GET])
        connection.channel().basic_consume("q", lambda *_: None, consumer_tag="till")
        for what, shown in {
            "channels": "(1)",
            "consumers": "till",
            "nodes": broker.api("GET", "nodes").json()[0]["name"],
            "policies": "max-length",
        }.items():
            assert shown in run(f"list {what}"), what
        run(later[EXPORT])
        run(later[UNBIND])
        bindings = "exchanges/%2F/x/bindings/source"
        assert broker.api("GET", bindings).json() == []
        broker.api("DELETE", "policies/%2F/p")
        run(later[IMPORT])
        assert [each["routing_key"] for each in broker.api("GET", bindings).json()] == ["k"]
        assert broker.api("GET", "policies/%2F/p").json()["definition"] == {"max-length": 3}


# Celery's


@contextlib.contextmanager
def _running(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[None]:
    with (folder / f"{command[-1]}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield
        finally:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(url, timeout=TIMEOUT).ok
    return False


def test_celery_and_flower(tmp_path: Path) -> None:
    """A worker answers inspect's questions, and Flower shows it, and how many messages its queues have."""
    if not TOOLS:
        _missing("WARREN_TOOLS names no folder with the programs of Celery and Flower")
    (tmp_path / "shop.py").write_text(APPLICATION, "utf-8")
    ports = Ports()
    with contextlib.closing(ports), Embedded.start() as broker:
        environment = os.environ | {
            "CELERY_BROKER_URL": f"amqp://guest:{PASSWORD}@127.0.0.1:{broker.port}//",
            "FLOWER_UNAUTHENTICATED_API": "true",
        }
        celery = [str(Path(TOOLS) / "celery"), "-A", "shop"]

        def inspect(question: str) -> object:
            said = subprocess.run(
                [
                    *celery,
                    "inspect",
                    question,
                    f"--timeout={TIMEOUT}",
                    "--destination=w@here",
                    "--json",
                ],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=2 * TIMEOUT,
                check=True,
            )
            return json.loads(said.stdout)["w@here"]

        flower = f"http://127.0.0.1:{ports.free()}"
        api = f"http://guest:{PASSWORD}@127.0.0.1:{broker.ready['management_port']}/api/"
        worker = [*celery, "worker", "--pool=solo", "-Q", "celery", "-n", "w@here"]
        shows = [*celery, "flower", f"--broker-api={api}", "--address=127.0.0.1"]
        with (
            _running(worker, tmp_path, environment),
            _running([*shows, f"--port={flower.rpartition(':')[2]}"], tmp_path, environment),
        ):
            until(lambda: len(broker.api("GET", "consumers").json()) > 1, TIMEOUT)
            assert inspect("ping") == {"ok": "pong"}
            assert inspect("active") == []
            assert inspect("registered") == ["shop.add"]
            stats = inspect("stats")
            assert isinstance(stats, dict)
            assert stats["broker"]["port"] == broker.port
            until(lambda: _answers(f"{flower}/api/workers?refresh=1"), TIMEOUT)
            until(
                lambda: "w@here" in requests.get(f"{flower}/api/workers", timeout=TIMEOUT).json(),
                TIMEOUT,
            )
            later = [
                "call",
                "shop.add",
                "--args=[1, 2]",
                "--countdown=600",
            ]  # with the worker until then
            subprocess.run(
                [*celery, *later], cwd=tmp_path, env=environment, timeout=TIMEOUT, check=True
            )
            until(lambda: broker.queue("celery")["messages_unacknowledged"] == 1, TIMEOUT)
            lengths = requests.get(f"{flower}/api/queues/length", timeout=TIMEOUT).json()
            assert [(each["name"], each["messages"]) for each in lengths["active_queues"]] == [
                ("celery", 1)
            ]
