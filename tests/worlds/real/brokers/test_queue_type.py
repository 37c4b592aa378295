"""`--queue-type`: queues that are declared durable and without a type are of that one, on every release."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pika
import pytest

from warren.errors import BrokerUnavailable
from warren.worlds.real import RealWorlds, Servers

if TYPE_CHECKING:
    from collections.abc import Iterator

BROKERS = [
    "embedded:3.10",
    "embedded:4.0",
    "embedded",
    pytest.param("docker:3.10", marks=pytest.mark.docker),
    pytest.param("docker:4.3", marks=pytest.mark.docker),
]


@pytest.fixture(params=BROKERS)
def servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    """Give the servers of a run whose queues are quorum queues."""
    with closing(Servers(request.param, "sqlite", print, queue_type="quorum")) as servers:
        yield servers


def test_quorum(servers: Servers) -> None:
    """A durable queue is a quorum queue, one that does not last or names its type is not; the run says so."""
    assert servers.broker.description.endswith("quorum queues by default")
    with (
        closing(RealWorlds(servers.for_workers(), "tests")) as worlds,
        worlds.place(restarts=False) as place,
        pika.BlockingConnection(pika.URLParameters(place.broker.amqp_url(place.vhost))) as link,
    ):
        channel = link.channel()
        channel.queue_declare("lasts", durable=True)
        channel.queue_declare("lasts", durable=True)  # as whoever comes second
        channel.queue_declare("goes", auto_delete=True)
        channel.queue_declare("named", durable=True, arguments={"x-queue-type": "classic"})
        kinds = {
            name: place.management.send("GET", "queues", place.vhost, name)[1]["type"]
            for name in ("lasts", "goes", "named")
        }
    assert kinds == {"lasts": "quorum", "goes": "classic", "named": "classic"}


def test_a_broker_of_ones_own() -> None:
    """A broker that a case has for itself has them, too."""
    with (
        closing(Servers("embedded", "sqlite", print, queue_type="quorum")) as servers,
        closing(RealWorlds(servers.for_workers(), "tests")) as worlds,
        worlds.place(restarts=True) as place,
    ):
        assert place.management.default_queue_type(place.vhost) == "quorum"


def test_a_broker_that_takes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that goes on with its own type is a sentence, and no run on other queues than were wanted."""
    taken = "warren.worlds.real.brokers.management.Management.default_queue_type"
    monkeypatch.setattr(taken, lambda *_: "undefined")
    with (
        closing(Servers("embedded", "sqlite", print, queue_type="quorum")) as servers,
        closing(RealWorlds(servers.for_workers(), "tests")) as worlds,
        pytest.raises(BrokerUnavailable, match=r"--queue-type: this broker has no default type"),
        worlds.place(restarts=False),
    ):
        pass
