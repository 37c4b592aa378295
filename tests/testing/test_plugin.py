"""The plugin in a project of somebody else's: its option, its quiet, and workers of xdist."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest
import requests

from tests.requisites import missing
from warren.errors import BrokerUnavailable
from warren.testing.factory import serve
from warren.testing.shared import SharedRun
from warren.worlds.real.brokers.container import ContainerBroker

if TYPE_CHECKING:
    from pathlib import Path

    from warren.testing import BrokerFactory

SECONDS = 180.0

SEEN = """
import pathlib, pytest

@pytest.mark.parametrize("number", range(4))
def test_sees(warren_broker, testrun_uid, number):
    warren_broker.declare("orders")
    assert warren_broker.queues() == ("orders",)
    seen = f"{warren_broker.port} {warren_broker.vhost} {warren_broker.version}\\n"
    pathlib.Path(f"seen-{number}").write_text(seen)
"""
UNUSED = """
import sys

HEAVY = {"docker", "pika", "psutil", "requests", "filelock", "sqlalchemy", "pydantic", "aio_pika", "asyncio"}

def test_nothing_heavy(pytestconfig):
    names = {name for name in sys.modules if name.partition(".")[0] == "warren"}
    assert names == {"warren", "warren.suite", "warren.suite.rootdir", "warren.testing", "warren.testing.plugin"}
    assert not HEAVY & sys.modules.keys()
"""
FAILS = """
import sys

def test_fails(warren_broker, warren_consumer):
    worker = "import os, pika; print('I am', 'here', flush=True); "
    worker += "c = pika.BlockingConnection(pika.URLParameters(os.environ['AMQP_URL'])).channel(); "
    worker += "c.queue_declare('orders'); c.basic_consume('orders', print); c.start_consuming()"
    consumer = warren_consumer([sys.executable, "-c", worker])
    consumer.wait_until(lambda: "here" in consumer.output(), "it prints nothing")
    assert False
"""


KILLED = """
import os, pathlib, signal

def test_ends_here(warren_broker):
    pathlib.Path("port").write_text(str(warren_broker.port))
    os.kill(os.getpid(), signal.SIGKILL)
"""
ELSEWHERE = """
import sys

def test_elsewhere(monkeypatch, request):
    monkeypatch.setattr(sys, "platform", "plan9")
    request.getfixturevalue("warren_broker")
"""


def run(folder: Path, test: str, *options: str) -> tuple[int, str]:
    """Run a test of a project of its own; return the exit status of pytest and what it printed.

    Its runs are in a register of its own, so that no other run is met.
    """
    own = {"XDG_STATE_HOME": str(folder / "state"), "TMPDIR": str(folder)}
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_other.py").write_text(test, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | own,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return done.returncode, done.stdout


def seen(folder: Path) -> list[list[str]]:
    """Read port, vhost and version of each test that `SEEN` ran."""
    return [path.read_text("utf-8").split() for path in sorted(folder.glob("seen-*"))]


def test_unused(tmp_path: Path) -> None:
    """Where no test asks for a fixture, nothing of Warren's is imported but the plugin, and no heavy library."""
    status, printed = run(tmp_path, UNUSED, "-p", "no:xdist", "-p", "no:timeout")
    assert status == 0, printed


@pytest.mark.parametrize("workers", ["0", "2"])
def test_each_test_has_its_own(tmp_path: Path, workers: str) -> None:
    """Each test has a vhost of its own; so it is in workers of xdist, each with a broker of its own."""
    status, printed = run(tmp_path, SEEN, "-n", workers)
    assert status == 0, printed
    ports, vhosts, versions = (set(column) for column in zip(*seen(tmp_path), strict=True))
    assert len(vhosts) == 4
    assert len(ports) == max(1, int(workers))
    assert all(version.startswith("4.3") for version in versions)


def test_another_release(tmp_path: Path) -> None:
    """The option, or the configuration file, names another release; the option comes first."""
    for options, version in ((("-o", "warren_broker=embedded:3.10"), "3.10"), ((), "4.0")):
        given = options or ("-o", "warren_broker=nonsense", "--warren-broker=embedded:4.0")
        status, printed = run(tmp_path, SEEN, *given)
        assert status == 0, printed
        assert all(found.startswith(version) for _, _, found in seen(tmp_path))


def test_an_address(tmp_path: Path, warren_broker_factory: BrokerFactory) -> None:
    """A broker that runs already is used with its administrator's address, and nothing is left there."""
    address = warren_broker_factory._address
    url = f"amqp://{address.user}:{address.password}@{address.host}:{address.port}"
    option = f"--warren-broker={url}/?management={address.management_url}"
    with warren_broker_factory.open() as ours:
        status, printed = run(tmp_path, SEEN, option, "-n", "2")
        assert status == 0, printed
        assert {port for port, _, _ in seen(tmp_path)} == {str(ours.port)}
        for what, left in (("vhosts", {ours.vhost, "/"}), ("users", {ours.user, address.user})):
            answer = requests.get(
                f"{address.management_url}/api/{what}",
                auth=(address.user, address.password),
                timeout=10,
            )
            assert {found["name"] for found in answer.json()} == left


def test_an_option_that_means_nothing(tmp_path: Path) -> None:
    """A broker that cannot be had is one sentence that names our option, at each test, and no traceback."""
    status, printed = run(tmp_path, SEEN, "--warren-broker=hare")
    assert status == 1
    assert "--warren-broker: 'hare' is no kind of broker; give" in printed
    assert "Traceback" not in printed
    assert "factory.py" not in printed


def test_output_of_a_failed_test(tmp_path: Path) -> None:
    """What a consumer printed is shown where its test has failed."""
    status, printed = run(tmp_path, FAILS)
    assert status == 1
    assert "output of consumers" in printed
    assert "I am here" in printed


def test_after_a_killed_run(tmp_path: Path) -> None:
    """The broker of a session that was killed ends with the start of the next."""
    status, printed = run(tmp_path, KILLED)
    assert status == -signal.SIGKILL, printed
    place = ("127.0.0.1", int((tmp_path / "port").read_text("utf-8")))
    socket.create_connection(place, 5).close()
    status, printed = run(tmp_path, SEEN)
    assert status == 0, printed
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(place, 5)


def test_elsewhere(tmp_path: Path) -> None:
    """On another system than Linux a test that asks for a broker is told so in one sentence."""
    status, printed = run(tmp_path, ELSEWHERE)
    assert status == 1
    assert "warren: these fixtures need Linux; skip their tests elsewhere" in printed
    assert "plugin.py" not in printed


def test_in_the_lists(tmp_path: Path) -> None:
    """`--help` has one option of ours, and `--fixtures` three fixtures with what they are for."""
    _, printed = run(tmp_path, "", "--help")
    assert {word for word in printed.split() if word.startswith("--warren")} == {
        "--warren-broker=BROKER"
    }
    _, printed = run(tmp_path, "", "--fixtures")
    for name in ("warren_broker_factory", "warren_broker", "warren_consumer"):
        assert f"\n{name}" in printed
    assert printed.count("\nwarren_") == 3


def _serve(folder: str, owner: str) -> str:
    """Take part in a shared run, as a worker does that ends before the others; give the place."""
    with serve("embedded", folder, owner) as factory, factory.open() as broker:
        broker.declare("orders")
        return f"{broker.host}:{broker.port}"


def test_workers_share_what_is_heavy() -> None:
    """The first worker starts the broker, it outlives that worker, and it ends with the controller's run."""
    shared = SharedRun()
    with contextlib.ExitStack() as stack:
        stack.callback(shared.end)
        with get_context("spawn").Pool(2, maxtasksperchild=1) as workers:
            calls = [(shared.folder, f"gw{number}") for number in range(4)]
            places = set(workers.starmap(_serve, calls, chunksize=1))
        (place,) = places
        host, port = place.split(":")
        stack.pop_all().close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)), 5).close()


@pytest.mark.docker
def test_docker(tmp_path: Path) -> None:
    """With Docker the workers share one RabbitMQ, which is gone after the run."""
    try:
        ContainerBroker.choose("4.3")
    except BrokerUnavailable as error:
        missing(str(error))
    status, printed = run(tmp_path, SEEN, "-n", "2", "--warren-broker=docker:4.3")
    assert status == 0, printed
    (port,) = {port for port, _, _ in seen(tmp_path)}
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(port)), 5).close()
