"""The embedded broker as the rig starts, restarts and stops it."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import pika
import pika.exceptions
import psutil
import pytest

from warren.command.cli import main
from warren.errors import BrokerUnavailable
from warren.worlds.real.brokers import Vhosts, choose
from warren.worlds.real.brokers.embedded import EmbeddedBroker
from warren.worlds.real.brokers.own import new_access
from warren.worlds.real.runs.ports import Ports
from warren.worlds.real.runs.processes import marked
from warren.worlds.real.runs.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real.brokers import RunningBroker

DEADLINE = 10.0


@pytest.fixture
def own_run() -> Iterator[Run]:
    """Start a run and end it."""
    run = Run.start()
    yield run
    run.end()


@pytest.fixture
def running(own_run: Run) -> Iterator[RunningBroker]:
    """Start an embedded broker and stop it."""
    broker = choose("embedded").start(own_run)
    yield broker
    broker.stop()


def test_restart_keeps_what_is_durable(running: RunningBroker, own_run: Run) -> None:
    """A restart drops connections; users, vhosts, queues and persistent messages survive it."""
    address = running.address
    with Vhosts(address, own_run) as vhosts:
        parameters = pika.URLParameters(address.amqp_url(vhosts.open()))
        channel = pika.BlockingConnection(parameters).channel()
        channel.queue_declare("kept", durable=True)
        channel.basic_publish("", "kept", b"body", pika.BasicProperties(delivery_mode=2))
        running.restart()
        with pytest.raises(pika.exceptions.ConnectionClosedByBroker, match="CONNECTION_FORCED"):
            channel.queue_declare("kept", passive=True)
        assert running.address == address
        with contextlib.closing(pika.BlockingConnection(parameters)) as connection:
            assert connection.channel().basic_get("kept", auto_ack=True)[2] == b"body"


def test_kill_keeps_what_was_confirmed(running: RunningBroker, own_run: Run) -> None:
    """A kill cuts connections off without a word; what was confirmed survives it."""
    with Vhosts(running.address, own_run) as vhosts:
        parameters = pika.URLParameters(running.address.amqp_url(vhosts.open()))
        channel = pika.BlockingConnection(parameters).channel()
        channel.confirm_delivery()
        channel.queue_declare("kept", durable=True)
        channel.basic_publish("", "kept", b"body", pika.BasicProperties(delivery_mode=2))
        running.kill()
        with pytest.raises(pika.exceptions.StreamLostError):
            channel.queue_declare("kept", passive=True)
        with contextlib.closing(pika.BlockingConnection(parameters)) as connection:
            assert connection.channel().basic_get("kept", auto_ack=True)[2] == b"body"


def test_memory_alarm(running: RunningBroker, own_run: Run) -> None:
    """While its alarm is rung a publisher is told that it is blocked, and afterwards that it is not."""
    with Vhosts(running.address, own_run) as vhosts:
        parameters = pika.URLParameters(running.address.amqp_url(vhosts.open()))
        told: list[str] = []
        with contextlib.closing(pika.BlockingConnection(parameters)) as connection:
            connection.add_on_connection_blocked_callback(lambda *_: told.append("blocked"))
            connection.add_on_connection_unblocked_callback(lambda *_: told.append("unblocked"))
            channel = connection.channel()
            for count, is_on in ((1, True), (2, False)):
                running.set_memory_alarm(is_on)
                deadline = time.monotonic() + DEADLINE
                while len(told) < count and time.monotonic() < deadline:
                    channel.basic_publish("", "nowhere", b"body")
                    connection.process_data_events(0.1)
            assert told == ["blocked", "unblocked"]


def test_stop_leaves_nothing(own_run: Run) -> None:
    """After stop, which may be said twice, no process of the run is left."""
    broker = choose("embedded:3.10").start(own_run)
    assert "semantics of RabbitMQ 3.10.8)" in broker.address.description
    assert len(marked(own_run.id)) == 1
    broker.stop()
    broker.stop()
    assert marked(own_run.id) == []


def test_password_is_no_argument(running: RunningBroker, own_run: Run) -> None:
    """Nobody can read the administrator's password from the list of processes."""
    (process,) = marked(own_run.id)
    assert isinstance(process, psutil.Process)
    assert running.address.password not in " ".join(process.cmdline())


def test_a_broker_that_cannot_start(own_run: Run) -> None:
    """A broker that ends at once is one sentence, with what it printed."""
    with Ports() as ports, pytest.raises(BrokerUnavailable, match="'65536' is no port"):
        EmbeddedBroker.choose("").start(own_run, new_access(ports, port=1 << 16))
    assert marked(own_run.id) == []


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--help"], 0, "--memory-limit"),
        (["--port", "many"], 2, "'many' is no port"),
        (["--tls-cert", "cert.pem"], 2, "--tls-key"),
        (["--fault", "flood:1"], 2, "'flood:1' is no fault"),
        (["--memory-limit", "lots"], 2, "'lots' is no size"),
        (["--consumer-timeout", "soon"], 2, "'soon' is no time"),
    ],
)
def test_command(
    capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, words: str
) -> None:
    """`warren broker` has the broker's own options and says what is wrong with them."""
    with pytest.raises(SystemExit) as ended:
        main(["broker", *arguments], standalone_mode=False)
    printed = capsys.readouterr()
    assert ended.value.code == status
    assert words in printed.out + printed.err
