"""A consumer in the test's own process: its line can be broken, and it can be restarted; it is not killed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pika
import pytest

from tests.testing.programs import IN_PROCESS, consume
from warren.errors import DeadlineError, FaultUnsupported, InstanceError

if TYPE_CHECKING:
    from warren.testing import Broker, Consumers

forms = pytest.mark.parametrize("form", IN_PROCESS)


@forms
def test_cut(warren_broker: Broker, warren_consumer: Consumers, form: str) -> None:
    """Cut before its ack arrives, and restarted, it is given the message again."""
    consumer = warren_consumer(IN_PROCESS[form], queue="orders")
    ack = consumer.hold_ack()
    warren_broker.publish("one", "orders")
    ack.wait()
    consumer.cut()
    consumer.restart()
    consumer.wait(acks=1)
    assert [d.redelivered for d in consumer.deliveries] == [False, True]
    assert not warren_broker.leftovers()


@forms
def test_silence(warren_broker: Broker, warren_consumer: Consumers, form: str) -> None:
    """Nothing gets through a silent line, and all of it comes when it is restored."""
    consumer = warren_consumer(IN_PROCESS[form], queue="orders")
    consumer.silence()
    warren_broker.publish("one", "orders")
    with pytest.raises(DeadlineError, match="1 acks"):
        consumer.wait(acks=1, within=0.2)
    consumer.restore()
    consumer.wait(acks=1)


@forms
def test_broker_restart(warren_broker: Broker, warren_consumer: Consumers, form: str) -> None:
    """It survives neither its broker's restart nor says so; started again, it is given what was unacked."""
    consumer = warren_consumer(IN_PROCESS[form], queue="orders")
    ack = consumer.hold_ack()
    kept = pika.BasicProperties(delivery_mode=2)
    warren_broker.publish("one", "orders", properties=kept)
    ack.wait()
    warren_broker.restart()
    ack.lose()
    consumer.restart()
    consumer.wait(acks=1, redelivered=1)


@forms
@pytest.mark.parametrize("fault", ["kill", "freeze", "thaw"])
def test_refused(warren_consumer: Consumers, form: str, fault: str) -> None:
    """What would end the test's own process is refused with a sentence that names the process form."""
    consumer = warren_consumer(IN_PROCESS[form])
    with pytest.raises(FaultUnsupported, match=r"test's own process.*warren_consumer\(\[sys\."):
        getattr(consumer, fault)()
    assert consumer.is_running


def test_its_error(warren_consumer: Consumers) -> None:
    """What a function raises before it consumes is told."""

    def fails(_url: str) -> None:
        raise LookupError("no such shop")

    with pytest.raises(InstanceError, match="its function raised LookupError: no such shop"):
        warren_consumer(fails)


def test_stop(warren_consumer: Consumers) -> None:
    """A function that knows an end of its own is stopped by it, and keeps its connection to close it itself."""
    asked = threading.Event()

    def consume_until_asked(url: str) -> None:
        with pika.BlockingConnection(pika.URLParameters(url)) as connection:
            channel = connection.channel()
            channel.queue_declare("orders")
            channel.basic_consume("orders", lambda *_: None)
            while not asked.is_set():
                connection.process_data_events(time_limit=0.01)

    consumer = warren_consumer(consume_until_asked, stop=asked.set)
    consumer.stop()
    assert consumer.output() == "its function returned"
    consumer.wait_until(lambda: bool(consumer.ledger().ends), "its connection has not ended")
    assert [end.how for end in consumer.ledger().ends] == ["close"]


def test_a_function_that_goes_on(warren_consumer: Consumers) -> None:
    """One that does not return when its connection is lost is told what it lacks."""
    asked = threading.Event()

    def consume_and_stay(url: str) -> None:
        with pytest.raises(pika.exceptions.AMQPError):
            consume(url)
        asked.wait(30)

    consumer = warren_consumer(consume_and_stay)
    with pytest.raises(InstanceError, match=r"did not return within 0\.5 s.*stop="):
        consumer.stop(within=0.5)
    with pytest.raises(InstanceError, match="runs already"):
        consumer.start()
    asked.set()
    consumer.restart()


def test_attached(warren_broker: Broker, warren_consumer: Consumers) -> None:
    """What the test itself runs behind the relay is cut and looked at, and neither started nor killed by us."""
    consumer = warren_consumer.attach(queue="orders")
    warren_broker.declare("orders")
    with pika.BlockingConnection(pika.URLParameters(consumer.url)) as connection:
        channel = connection.channel()
        channel.basic_consume("orders", lambda *_: None)
        consumer.wait_ready()
        warren_broker.publish("one", "orders")
        consumer.wait(deliveries=1)
        consumer.cut()
        with pytest.raises(pika.exceptions.AMQPError):
            connection.process_data_events(time_limit=10)
    with pytest.raises(FaultUnsupported, match="test's own process"):
        consumer.kill()
    with pytest.raises(InstanceError, match="the test alone can start it again"):
        consumer.restart()
