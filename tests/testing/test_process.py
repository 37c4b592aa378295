"""A consumer as a process of its own: everything can be done to it."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.testing.programs import COMMAND, WORKER
from warren.errors import DeadlineError, InstanceError

if TYPE_CHECKING:
    from pathlib import Path

    from warren.testing import Broker, Consumers

NAMED = """
import sys, pika
host, port, user, password, vhost = sys.argv[1:]
parameters = pika.ConnectionParameters(host, int(port), vhost, pika.PlainCredentials(user, password))
channel = pika.BlockingConnection(parameters).channel()
channel.queue_declare("orders")
channel.basic_consume("orders", lambda *_: None)
print("its", parameters.credentials.password, "in {braces}", flush=True)
channel.start_consuming()
"""
CHILD = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1]]).wait()"


def test_kill_before_the_ack_arrives(warren_broker: Broker, warren_consumer: Consumers) -> None:
    """An ack that is held has not arrived; killed and lost there, the message is delivered again to the next start."""
    consumer = warren_consumer(COMMAND, queue="orders")
    ack = consumer.hold_ack()
    warren_broker.publish("one", "orders")
    ack.wait()
    assert len(consumer.deliveries) == 1
    assert not consumer.acks
    consumer.kill()
    assert not consumer.is_running
    ack.lose()
    consumer.start()
    consumer.wait(acks=1)
    assert [d.redelivered for d in consumer.deliveries] == [False, True]
    assert [d.redelivered for d in consumer.acks] == [True]
    assert not warren_broker.leftovers()


def test_kill_when_the_ack_is_on_its_way(warren_broker: Broker, warren_consumer: Consumers) -> None:
    """Killed with an ack on its way, which then arrives, the message is not delivered again."""
    consumer = warren_consumer(COMMAND, queue="orders")
    ack = consumer.hold_ack()
    warren_broker.publish("one", "orders")
    ack.wait()
    consumer.kill()
    ack.release()
    consumer.wait(acks=1)
    assert not warren_broker.leftovers()
    consumer.start()
    assert not consumer.redelivered


def test_hold_delivery(warren_broker: Broker, warren_consumer: Consumers) -> None:
    """A delivery that is held has not been given; lost, it is delivered again."""
    consumer = warren_consumer(COMMAND, queue="orders")
    held = consumer.hold_delivery()
    warren_broker.publish("one", "orders")
    held.wait()
    assert not consumer.deliveries
    held.lose()
    consumer.restart()
    consumer.wait(acks=1)
    assert [d.redelivered for d in consumer.deliveries] == [True]


def test_freeze(warren_broker: Broker, warren_consumer: Consumers) -> None:
    """A frozen process is given a message and does nothing with it until it thaws."""
    consumer = warren_consumer(COMMAND, queue="orders")
    consumer.freeze()
    warren_broker.publish("one", "orders")
    consumer.wait(deliveries=1)
    with pytest.raises(DeadlineError):
        consumer.wait(acks=1, within=0.2)
    consumer.thaw()
    consumer.wait(acks=1)


def test_silence(warren_broker: Broker, warren_consumer: Consumers) -> None:
    """Nothing gets through a silent line, a wait says what is held there, and all of it comes when it is restored."""
    consumer = warren_consumer(COMMAND, queue="orders")
    consumer.silence()
    warren_broker.publish("one", "orders")
    consumer.wait_until(lambda: bool(consumer.ledger().deliveries), "nothing comes to be held")
    with pytest.raises(DeadlineError, match=r"not seen: 1 acks within 0\.1 s") as met:
        consumer.wait(acks=1, within=0.1)
    assert "consumes from orders" in str(met.value)
    assert "basic.deliver is held" in str(met.value)
    consumer.restore()
    consumer.wait(acks=1)


def test_stop_and_restart(warren_consumer: Consumers) -> None:
    """Its stop signal ends it as it says itself; a restart makes it consume again."""
    consumer = warren_consumer(COMMAND, queue="orders")
    consumer.stop()
    assert consumer.output().startswith("it ended with status 3")
    consumer.restart()
    consumer.restart()
    assert consumer.is_running
    assert len(consumer.ledger().consumers) == 3


def test_a_stop_signal_that_is_not_heeded(warren_consumer: Consumers) -> None:
    """A process that does not end on its stop signal is told, with the signal, and killed with the test."""
    deaf = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN){WORKER}"
    consumer = warren_consumer([sys.executable, "-c", deaf], stop_signal=signal.SIGINT)
    with pytest.raises(InstanceError, match=r"did not end within 0\.2 s of SIGINT"):
        consumer.stop(within=0.2)
    assert consumer.is_running


def test_cut_without_a_connection(warren_consumer: Consumers) -> None:
    """To cut what is not connected is an error, for it breaks nothing."""
    consumer = warren_consumer(COMMAND)
    consumer.cut()
    consumer.wait_until(lambda: not consumer.is_running, "it did not end")
    with pytest.raises(InstanceError, match="no connection that could be cut"):
        consumer.cut()


def test_addresses(warren_broker: Broker, warren_consumer: Consumers) -> None:
    """Parts of the address are filled into arguments, other braces stay, and what is shown has no password."""
    places = ("{host}", "{port}", "{user}", "{password}", "{vhost}")
    consumer = warren_consumer([sys.executable, "-c", NAMED, *places], queue="orders")
    consumer.wait_until(lambda: "braces" in consumer.output(), "it printed nothing")
    assert "its [redacted] in {braces}" in consumer.output()
    assert warren_broker.password not in repr(consumer)


def test_environment_and_folder(warren_consumer: Consumers, tmp_path: Path) -> None:
    """It gets our environment and its own, with the URL under any name, in the folder that it is given."""
    (tmp_path / "worker.py").write_text(WORKER.replace("AMQP_URL", "ITS_URL"), encoding="utf-8")
    environment = {"ITS_URL": "{amqp_url}?heartbeat=7", "AMQP_URL": ""}
    consumer = warren_consumer([sys.executable, "worker.py"], env=environment, cwd=tmp_path)
    assert set(consumer.ledger().negotiated.values()) == {7}


def test_not_a_consumer(warren_consumer: Consumers) -> None:
    """What ends before it consumes is told with its status and what it printed; what cannot be run, with why."""
    with pytest.raises(InstanceError, match=r"ended before it consumed(.|\n)*status 5(.|\n)*help"):
        warren_consumer([sys.executable, "-c", "print('help'); raise SystemExit(5)"])
    with pytest.raises(InstanceError, match="cannot run '/nowhere'"):
        warren_consumer(["/nowhere"])


def test_another_queue(warren_consumer: Consumers) -> None:
    """Who consumes from another queue than was named is told with the one that it consumes from."""
    consumer = warren_consumer(COMMAND, queue="shop", ready_within=None)
    consumer.wait_until(lambda: bool(consumer.ledger().consumers), "it does not consume")
    with pytest.raises(DeadlineError, match=r"from 'shop'(.|\n)*consumes from orders"):
        consumer.wait_ready(within=0.1)


def test_two(warren_broker: Broker, warren_consumer: Consumers) -> None:
    """Two consumers are told apart: what one loses the other gets."""
    one, two = (warren_consumer(COMMAND, queue="orders", name=name) for name in ("one", "two"))
    held = [consumer.hold_ack() for consumer in (one, two)]
    warren_broker.publish("first", "orders")
    warren_broker.publish("second", "orders")
    for each in held:
        each.wait()
    one.kill()
    held[0].lose()
    held[1].release()
    two.wait(acks=2, redelivered=1)
    assert not one.acks
    with pytest.raises(ValueError, match="'two' already"):
        warren_consumer(COMMAND, name="two")


def test_no_child_is_left(warren_consumer: Consumers) -> None:
    """A kill reaches what the process has started, too: its connection ends."""
    consumer = warren_consumer([sys.executable, "-c", CHILD, WORKER])
    consumer.kill()
    consumer.wait_until(lambda: bool(consumer.ledger().ends), "its child's connection goes on")


def test_nothing_to_wait_for(warren_consumer: Consumers) -> None:
    """A wait for nothing is a mistake and no wait."""
    consumer = warren_consumer(COMMAND)
    with pytest.raises(ValueError, match="say what to wait for"):
        consumer.wait()
