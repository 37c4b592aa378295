"""A broker that fell silent: its connection stays open, and nothing comes of it any more."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl import Settings, Stop
from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.link import Link
from reference_impl.hardened.process import ConsumerProcess
from reference_impl.hardened.settlement import Settlement
from reference_impl.topology import STREAM
from tests.simulator.tcp.embedded import PASSWORD, Embedded
from warren.worlds.real.relay import RealLine, Relay
from warren.worlds.real.relay.log import FrameLog

ENDS_WITHIN = 10.0
"""Seconds; the heartbeat is a minute, so that its silence would be noticed after two."""


@pytest.fixture
def line() -> Iterator[RealLine]:
    """Give a way to a broker that can fall silent."""
    with Embedded.start() as broker, Relay(("127.0.0.1", broker.port), FrameLog()) as relay:
        yield relay.open("stream-1")


@pytest.fixture
def patient(make_settings: Callable[..., Settings], line: RealLine) -> Settings:
    """Give settings with a heartbeat of a minute."""
    return make_settings(amqp_url=f"amqp://guest:{PASSWORD}@127.0.0.1:{line.port}/", heartbeat=60)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for answers than a consumer does."""
    monkeypatch.setattr("reference_impl.hardened.link._FAREWELL_SECONDS", 0.2)
    monkeypatch.setattr("reference_impl.hardened.process._CANCEL_SECONDS", 0.2)


def test_link_closes(patient: Settings, line: RealLine) -> None:
    """A link is closed without the farewell of a broker that gives none."""
    up = threading.Event()
    link = Link(patient, on_channel=lambda _channel: up.set(), patient=False)
    with ThreadPoolExecutor(1) as threads:
        serving = threads.submit(link.run)
        try:
            assert up.wait(ENDS_WITHIN)
            line.half_open()
        finally:
            link.close()
        serving.result(ENDS_WITHIN)


class Handler:
    """Works until it is told to go on."""

    def __init__(self) -> None:
        """Begin with the work ahead."""
        self.begun, self.over = threading.Event(), threading.Event()

    def handle(self, _message: Delivery) -> None:
        """Work."""
        self.begun.set()
        assert self.over.wait(ENDS_WITHIN)


@pytest.mark.parametrize("at_work", [False, True], ids=["idle", "at work"])
def test_consumer_stops(
    patient: Settings, sqlite: sa.Engine, line: RealLine, at_work: bool
) -> None:
    """A consumer that is told to stop ends after the message in hand, whether or not it can be acked."""
    up, stop, handler = threading.Event(), Stop(), Handler()

    def start(channel: BlockingChannel) -> None:
        consumer.start(channel)  # made below: it settles through the link that starts it
        if at_work:
            channel.basic_publish(STREAM.exchange, "", b"{}")
        up.set()

    link = Link(patient, on_channel=start, patient=False)
    consumer = Consumer(patient, stop, STREAM, handler, Settlement(link, STREAM))
    process = ConsumerProcess(link, consumer, sqlite, stop)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(process.run)
        try:
            assert up.wait(ENDS_WITHIN)
            assert not at_work or handler.begun.wait(ENDS_WITHIN)
            line.half_open()
        finally:
            stop.request()
            handler.over.set()
        running.result(ENDS_WITHIN)
