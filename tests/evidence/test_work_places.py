"""Where work goes through: found by what instances declare, bind, dead-letter and publish again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.wire import Wire
from warren.evidence.frames import Direction
from warren.evidence.ledger import Published
from warren.evidence.work_places import Outlet, WorkPlaces, queues_of, work_places
from warren.simulator.wire import (
    BasicProperties,
    ExchangeBind,
    ExchangeDeclare,
    ExchangeDeclareOk,
    QueueBind,
    QueueDeclare,
    QueueDeclareOk,
)

if TYPE_CHECKING:
    from warren.simulator.wire import FieldValue

TO_BROKER, TO_CLIENT = Direction.TO_BROKER, Direction.TO_CLIENT


class Broker(Wire):
    """A broker on which an instance declares."""

    def queue(self, name: str, dlx: str | None = None, key: str | None = None) -> None:
        """Declare a queue with its dead letters."""
        named = {"x-dead-letter-exchange": dlx, "x-dead-letter-routing-key": key}
        arguments: dict[str, FieldValue] = {k: v for k, v in named.items() if v is not None}
        self.frame(TO_BROKER, QueueDeclare(name, durable=True, arguments=arguments))
        self.frame(TO_CLIENT, QueueDeclareOk(name))

    def exchange(self, name: str, kind: str = "topic") -> None:
        """Declare an exchange."""
        self.frame(TO_BROKER, ExchangeDeclare(name, kind))
        self.frame(TO_CLIENT, ExchangeDeclareOk())

    def bind(self, queue: str, exchange: str, key: str = "") -> None:
        """Bind a queue."""
        self.frame(TO_BROKER, QueueBind(queue, exchange, key))

    def places(self, *copies: Published, others: tuple[str, ...] = ()) -> WorkPlaces:
        """Find the places of the work that comes to `jobs` by exchange `shop`."""
        return work_places(
            self.ledger, "jobs", "shop", outlets=OUTLETS, copies=copies, others=others
        )


OUTLETS = (Outlet("billing", "paid"),)


def copy(exchange: str, key: str) -> Published:
    """Give a copy that was published."""
    return Published(1.0, "part-1", 1, 1, exchange, key, False, BasicProperties(), b"", 1.0)


def test_beside_the_work() -> None:
    """What no message of the work comes to is none of its places, though it is bound to its exchange."""
    broker = Broker()
    broker.queue("jobs")
    broker.bind("jobs", "shop", "order.*")
    broker.queue("settings")
    broker.bind("settings", "shop", "settings.changed")
    broker.exchange("events", "fanout")
    broker.queue("events.1")
    broker.bind("events.1", "events")
    places = broker.places()
    assert places.queues == {"jobs"}
    assert places.exchanges == {"shop", "billing"}


def test_dead_letters_and_later_tries() -> None:
    """Work goes to the queue of its dead letters, and comes back from queues for later tries, step by step."""
    broker = Broker()
    broker.queue("dead")
    broker.bind("dead", "aside", "#")
    broker.queue("jobs", "aside", "jobs")
    broker.queue("later.1", "", "jobs")
    broker.queue("later.2", "", "later.1")
    broker.queue("other", "aside")
    places = broker.places()
    assert places.queues == {"jobs", "dead", "later.1", "later.2"}
    assert places.exchanges == {"shop", "billing", "aside"}
    assert places.leading == {"other"}


def test_published_again() -> None:
    """Where a copy is published, work goes on; a result goes to nobody who works on it."""
    broker = Broker()
    broker.queue("jobs")
    broker.queue("failed", "", "buried")
    broker.bind("failed", "failures", "jobs.*")
    broker.queue("invoices")
    broker.bind("invoices", "billing", "paid")
    places = broker.places(copy("failures", "jobs.1"), copy("billing", "paid"))
    assert places.queues == {"jobs", "failed", "buried"}
    assert places.exchanges == {"shop", "billing", "failures"}
    assert queues_of(broker.ledger, OUTLETS) == {"invoices"}


def test_seen_to_come_from() -> None:
    """Work that was seen to come from another queue goes through that, and on to where its dead letters go."""
    broker = Broker()
    broker.queue("jobs.later", "", "jobs.buried")
    assert broker.places().queues == {"jobs"}
    assert broker.places(others=("jobs.later",)).queues == {"jobs", "jobs.later", "jobs.buried"}


def test_exchanges_bound_to_exchanges() -> None:
    """What publishes to the exchange of the work is its way too, and what that hands on goes on through both."""
    broker = Broker()
    broker.frame(TO_BROKER, ExchangeBind("shop", "web", "#"))
    broker.frame(TO_BROKER, ExchangeBind("kept", "failures", "#"))
    broker.bind("failed", "kept", "#")
    places = broker.places(copy("failures", "jobs"))
    assert places.exchanges == {"shop", "web", "billing", "failures", "kept"}
    assert places.queues == {"jobs", "failed"}


@pytest.mark.parametrize(
    ("kind", "pattern", "key", "comes"),
    [
        ("direct", "jobs", "jobs", True),
        ("direct", "jobs", "job", False),
        ("topic", "*.late", "jobs.late", True),
        ("topic", "*.late", "jobs.very.late", False),
        ("topic", "jobs.#", "jobs", True),
        ("topic", "#.jobs", "0.1.jobs", True),
        ("topic", "#.jobs", "0.1.jobs.x", False),
        ("fanout", "x", "jobs", True),
    ],
)
def test_routing(kind: str, pattern: str, key: str, comes: bool) -> None:
    """A copy comes to the queues whose binding takes its routing key."""
    broker = Broker()
    broker.exchange("failures", kind)
    broker.bind("failed", "failures", pattern)
    assert ("failed" in broker.places(copy("failures", key)).queues) == comes
