"""Real brokers in Docker, started once for all tests here; where no engine answers CI fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pika
import pytest

from tests.requisites import missing
from warren.errors import BrokerUnavailable
from warren.worlds.real.brokers import Management, Vhosts, choose
from warren.worlds.real.runs import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pika.adapters.blocking_connection import BlockingChannel

    from warren.worlds.real.brokers import RunningBroker


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers of what a test needs."""
    config.addinivalue_line("markers", "docker: needs a Docker engine with RabbitMQ's image")


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """Give one run to all tests here."""
    run = Run.start()
    yield run
    run.end()


@pytest.fixture(scope="session", params=["4.3", "3.10"])
def broker(request: pytest.FixtureRequest, run: Run) -> Iterator[RunningBroker]:
    """Give a broker of each version."""
    try:
        chosen = choose(f"docker:{request.param}")
    except BrokerUnavailable as error:
        missing(str(error))
    running = chosen.start(run)
    yield running
    running.stop()


@pytest.fixture
def management(broker: RunningBroker) -> Iterator[Management]:
    """Give the administrator's client."""
    with Management.at(broker.address) as management:
        yield management


@pytest.fixture
def vhosts(broker: RunningBroker, run: Run) -> Iterator[Vhosts]:
    """Give the vhosts of one worker."""
    with Vhosts(broker.address, run, "test") as vhosts:
        yield vhosts


@pytest.fixture
def vhost(vhosts: Vhosts) -> str:
    """Give an empty vhost."""
    return vhosts.open()


@pytest.fixture
def channel(broker: RunningBroker, vhost: str) -> Iterator[BlockingChannel]:
    """Give the case user's channel in the vhost, with publisher confirms."""
    connection = pika.BlockingConnection(pika.URLParameters(broker.address.amqp_url(vhost)))
    channel = connection.channel()
    channel.confirm_delivery()
    yield channel
    if connection.is_open:
        connection.close()
