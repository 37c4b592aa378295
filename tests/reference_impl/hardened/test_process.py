"""How a consumer's process ends."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl import Settings, Stop
from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.link import Link
from reference_impl.hardened.process import ConsumerProcess
from reference_impl.hardened.publisher import Publisher
from reference_impl.hardened.settlement import Settlement
from reference_impl.topology import PART, STREAM
from tests.reference_impl.stand_ins import Broker, delivery


class Handler:
    """Works until it is told to go on, then publishes if it has a publisher."""

    def __init__(self, publisher: Publisher | None) -> None:
        """Begin with the work ahead."""
        self.publisher = publisher
        self.begun, self.over = threading.Event(), threading.Event()

    def handle(self, _message: Delivery) -> None:
        """Work, and publish."""
        self.begun.set()
        assert self.over.wait(10)
        if self.publisher is not None:
            self.publisher.publish(PART.exchange, b"{}")


@pytest.mark.parametrize("publishes", [False, True])
def test_stops_while_the_broker_is_away(
    settings: Settings, sqlite: sa.Engine, monkeypatch: pytest.MonkeyPatch, publishes: bool
) -> None:
    """A consumer whose broker went away during the work ends when asked to, after that work."""
    broker, stop = Broker(), Stop()
    monkeypatch.setattr("pika.BlockingConnection", broker)

    def start(channel: BlockingChannel) -> None:
        consumer.start(channel)  # made below: it settles through the link that starts it

    link = Link(settings, on_channel=start, patient=False)
    handler = Handler(Publisher(link) if publishes else None)
    consumer = Consumer(settings, stop, STREAM, handler, Settlement(link, STREAM))
    process = ConsumerProcess(link, consumer, sqlite, stop)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(process.run)
        consumer._deliveries.put(delivery("{}", broker.channel))
        try:
            assert handler.begun.wait(5)
            broker.leave()
            stop.request()
            handler.over.set()
            running.result(5)
        finally:
            stop.request()
            link.close()
    assert consumer.settled == 0
