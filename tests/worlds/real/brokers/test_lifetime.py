"""Brokers of our own: start, restart, end, and what goes wrong on the way."""

from __future__ import annotations

import contextlib
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import docker
import pika
import psutil
import pytest
from docker.models.containers import Container, ContainerCollection

from tests.requisites import missing
from warren.errors import BrokerUnavailable
from warren.worlds.real.brokers import Vhosts, choose, private
from warren.worlds.real.brokers.container import (
    DEFAULT_IMAGE,
    ContainerBroker,
    RunningContainer,
    label_of,
    remove_leftovers,
)
from warren.worlds.real.brokers.local import server_path
from warren.worlds.real.runs import Run, ports
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from warren.worlds.real.brokers import RunningBroker


@pytest.fixture
def containers(run: Run) -> Iterator[Callable[[], list[Container]]]:
    """Give the question which containers the run has."""
    with contextlib.closing(docker.from_env()) as client:
        yield lambda: client.containers.list(
            all=True, filters={"label": f"warren.run={run.id}"}, ignore_removed=True
        )


@pytest.fixture
def own_run() -> Iterator[Run]:
    """Give a run to one test alone."""
    run = Run.start()
    yield run
    run.end()


def _restart(running: RunningBroker, run: Run) -> dict[str, int]:
    """Restart a broker with a durable and a transient message in it; return what is left."""
    with Vhosts(running.address, run, "restart") as vhosts:
        vhost = vhosts.open()
        url = pika.URLParameters(running.address.amqp_url(vhost))
        connection = pika.BlockingConnection(url)
        channel = connection.channel()
        channel.confirm_delivery()
        for queue, mode in (("durable", 2), ("transient", 1)):
            channel.queue_declare(queue, durable=True)
            channel.basic_publish("", queue, b"x", pika.BasicProperties(delivery_mode=mode))
        address = running.address
        running.restart()
        assert running.address == address
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            connection.sleep(10)
        pika.BlockingConnection(url).close()
        return {queue.name: queue.ready for queue in vhosts.management.queues(vhost)}


@pytest.mark.docker
@pytest.mark.parametrize("version", ["4.3", "3.10"])
def test_container(version: str, own_run: Run) -> None:
    """A restart ends connections, keeps the ports and what is durable; the end leaves nothing."""
    chosen = choose(f"docker:{version}")
    assert choose(chosen.option) == chosen
    assert chosen.can_restart
    with private(chosen.option, own_run) as running:
        assert _restart(running, own_run) == {"durable": 1, "transient": 0}
    running.stop()
    with contextlib.closing(docker.from_env()) as client:
        assert not client.containers.list(all=True, filters={"label": f"warren.run={own_run.id}"})


@pytest.mark.docker
def test_loopback_only(broker: RunningBroker, containers: Callable[[], list[Container]]) -> None:
    """A container's ports are published on the loopback address and nowhere else."""
    places = {
        binding["HostIp"]
        for container in containers()
        for bindings in container.attrs["NetworkSettings"]["Ports"].values()
        for binding in bindings or ()
    }
    assert places == {"127.0.0.1"}, broker.address


@pytest.mark.docker
def test_node_refuses(broker: RunningBroker) -> None:
    """What its node cannot do is told in the node's words."""
    assert isinstance(broker, RunningContainer)
    with pytest.raises(BrokerUnavailable, match="undef"):
        broker._evaluate("no_such:function()")


@pytest.mark.docker
def test_killed_runs_removes_containers(
    own_run: Run, broker: RunningBroker, containers: Callable[[], list[Container]]
) -> None:
    """Containers of a dead run are found by their label and removed, and those of others are not."""
    others = containers()
    with contextlib.closing(docker.from_env()) as client:
        client.containers.create(DEFAULT_IMAGE, labels=label_of(own_run))
        remove_leftovers(own_run.id)
        label = f"warren.run={own_run.id}"
        assert not client.containers.list(all=True, filters={"label": label})
    assert containers() == others, broker.address


@pytest.mark.docker
def test_removed_by_two_at_once(own_run: Run) -> None:
    """Whoever ends a container while another removes it waits until it is gone."""
    running = choose("docker").start(own_run)
    with ThreadPoolExecutor() as threads, contextlib.closing(docker.from_env()) as client:
        label = f"warren.run={own_run.id}"
        (container,) = client.containers.list(filters={"label": label})
        other = threads.submit(container.remove, force=True, v=True)
        wait_until(other.running, timeout=5)
        remove_leftovers(own_run.id)
        running.stop()
        assert not client.containers.list(all=True, filters={"label": label}, ignore_removed=True)


@pytest.mark.docker
def test_interrupted_before_the_engine_answers(
    own_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that is told to end while the engine makes its container takes that back."""
    create = ContainerCollection.create

    def create_and_interrupt(self: ContainerCollection, *args: Any, **kwargs: Any) -> Container:
        made = create(self, *args, **kwargs)
        signal.raise_signal(signal.SIGINT)
        return made

    monkeypatch.setattr(ContainerCollection, "create", create_and_interrupt)
    # A shell ignores it for what it runs in the background.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            choose("docker").start(own_run)
    finally:
        signal.signal(signal.SIGINT, before)
    with contextlib.closing(docker.from_env()) as client:
        assert not client.containers.list(all=True, filters={"label": f"warren.run={own_run.id}"})


@pytest.mark.docker
def test_port_taken(
    broker: RunningBroker,
    run: Run,
    containers: Callable[[], list[Container]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A port that somebody takes meanwhile is called so, and no container stays."""
    before = len(containers())
    with socket.create_server((ports.LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports.Ports, "free", lambda _self: port)
        with pytest.raises(BrokerUnavailable, match="a port was taken while it started; run again"):
            choose("docker").start(run)
    assert len(containers()) == before, broker.address


@pytest.mark.docker
def test_container_that_ends(
    run: Run, containers: Callable[[], list[Container]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that ends at once is shown with the end of its log, and no container stays."""
    before = len(containers())
    create = ContainerCollection.create

    def create_bad(self: ContainerCollection, image: str, **options: Any) -> Container:
        return create(self, image, ["sh", "-c", "echo bad settings; exit 3"], **options)

    monkeypatch.setattr(ContainerCollection, "create", create_bad)
    with pytest.raises(BrokerUnavailable, match=r"the broker ended in its first .* bad settings"):
        choose("docker").start(run)
    assert len(containers()) == before


def test_local_node(own_run: Run) -> None:
    """A node of our own restarts like any, listens on loopback only, and leaves no epmd behind."""
    if server_path() is None:
        missing("no rabbitmq-server is on PATH: install `rabbitmq-server`")
    with private("local", own_run) as running:
        assert _restart(running, own_run) == {"durable": 1, "transient": 0}
        assert "(local, " in running.address.description
        names, listening = _names_and_addresses(own_run)
        assert listening <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
        assert any("epmd" in name for name in names)
    assert _marked(own_run) == []


def _names_and_addresses(run: Run) -> tuple[set[str], set[str]]:
    """Give the names of a run's processes, and where they listen; a node's helpers come and go."""
    names, listening = set(), set()
    for process in _marked(run):
        with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError):
            names.add(process.name())
            links = process.net_connections("inet")
            listening |= {link.laddr.ip for link in links if link.status == psutil.CONN_LISTEN}
    return names, listening


def _marked(run: Run) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("WARREN_RUN") == run.id:
                found.append(process)
    return found


@pytest.mark.docker
def test_worker_takes_the_same_choice() -> None:
    """What the controller chose is chosen again from its option, without another word."""
    assert choose("docker:3.10") == ContainerBroker("rabbitmq:3.10-management")
    assert choose("docker:3.10").option == "docker:rabbitmq:3.10-management"
