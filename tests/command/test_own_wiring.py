"""What `warren smoke` says of a user's own consumer that is wired wrongly: expected, seen, and the line to write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest

from tests.wire import Wire
from warren.claims.implementation import Program
from warren.command.own_wiring import undelivered, undone, unread, unrouted
from warren.errors import UnreadEffect, UnroutedError
from warren.evidence.frames import Direction
from warren.evidence.ledger import Delivery, Settlement
from warren.learning.observed import observe
from warren.simulator.wire import (
    BasicConsume,
    BasicConsumeOk,
    BasicProperties,
    ExchangeDeclare,
    QueueBind,
    QueueDeclare,
    QueueDeclareOk,
)
from warren.workloads.own import (
    CallEffect,
    OwnTally,
    OwnWorkload,
    PathEffect,
    PublishEffect,
    RowEffect,
    Sample,
    TableEffect,
    Template,
    TotalEffect,
)
from warren.workloads.own.found import Found
from warren.workloads.own.message import OwnUnit

if TYPE_CHECKING:
    from warren.learning.observed import Observed
    from warren.workloads.own import Effect

OUT, IN = Direction.TO_BROKER, Direction.TO_CLIENT
ROWS = RowEffect("SELECT count(*) FROM orders WHERE ref = :id")
NOT_THERE = Found(0, ("what there is",))


def own(exchange: str, key: str) -> OwnWorkload:
    """Give a workload whose messages go that way."""
    return OwnWorkload("orders", "work", exchange, Sample(Template(b"{id}", routing_key=key)), ())


def seen(*, bound: bool = True) -> Observed:
    """Give a consumer of `work`, which it has bound to `shop` by a pattern, or not."""
    wire = Wire()
    wire.frame(OUT, ExchangeDeclare("shop", "topic", durable=True))
    wire.frame(OUT, QueueDeclare("work", durable=True))
    wire.frame(IN, QueueDeclareOk("work"))
    if bound:
        wire.frame(OUT, QueueBind("work", "shop", "order.*"))
    wire.frame(OUT, BasicConsume("work"))
    wire.frame(IN, BasicConsumeOk("worker"))
    return observe(wire.facts)


LOST = UnroutedError("the rig's message reached no queue", 'exchange "x", routing key "y"')


@pytest.mark.parametrize(
    ("exchange", "key", "bound", "words"),
    [
        ("shopp", "order.a", True, 'write exchange = "shop" and the routing key'),
        ("shop", "ordered", True, 'write a routing_key that "order.*" lets through'),
        ("shop", "order.a", False, "leave `exchange` and `routing_key` out"),
    ],
)
def test_no_queue(exchange: str, key: str, bound: bool, words: str) -> None:
    """A message that reaches no queue is told with what the consumer has bound, and what to write."""
    said = unrouted(own(exchange, key), seen(bound=bound), LOST)
    assert said.startswith(str(LOST).removesuffix("."))
    assert words in said
    has_bound = 'it has bound work to exchange "shop" with key "order.*"'
    assert (has_bound if bound else 'it has bound work to nothing and declared "shop"') in said


def test_no_delivery() -> None:
    """A message that went to another queue is told with the route, and with what is consumed."""
    said = undelivered(own("", "other"), seen())
    assert (
        'nothing was delivered from "work" of what went to exchange "" with routing key "other"'
        in said
    )
    assert 'it consumes from "work", and it has bound work to exchange "shop"' in said


DELIVERED = Delivery(
    1.0,
    "orders-1",
    1,
    1,
    1,
    "shop",
    "a",
    False,
    BasicProperties(),
    b"{}",
    1.0,
    False,
    Settlement(2.0, "ack"),
)


def said_of(
    effect: Effect, found: Found = NOT_THERE, *, calls: Any = (), published: Any = (), **told: str
) -> str:
    """Give what is said where that effect is missing; the program has an environment."""
    unit = OwnUnit("1", b"1", Template(b"").properties, "")
    rig = Mock()
    rig.seen.tally.return_value = OwnTally((effect, ROWS), (unit,), ((found, Found(1)),))
    rig.seen.ledger.return_value.deliveries = [DELIVERED]
    rig.seen.calls.return_value, rig.seen.published.return_value = calls, published
    return undone(rig, Program(("./orders",), Path(), told), "SQLite 3.40")


@pytest.mark.parametrize("kind", ["reject", "nack"])
def test_refused(kind: str) -> None:
    """Of a message that was refused the first advice is to see why, and whether it is a right one."""
    unit = OwnUnit("1", b"1", Template(b"").properties, "")
    rig = Mock()
    rig.seen.tally.return_value = OwnTally((ROWS,), (unit,), ((Found(0),),))
    refused = replace(DELIVERED, settlement=Settlement(2.0, kind))
    rig.seen.ledger.return_value.deliveries = [refused]
    said = undone(rig, Program(("./orders",), Path()), "SQLite 3.40")
    assert said.startswith(
        f"the message was delivered ({refused}); it refused the message: see what it printed, and whether the sample "
        "is what its publisher sends; sql "
    )


UNREAD = UnreadEffect("its effect cannot be read: no scans", "'SELECT 1' in tracker", "mend it")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("x.db", "and the consumer is told of none: write {database_url} or the like where"),
        (
            "{database_name}",
            "told {database_name} alone, which leads to no server: one that writes to",
        ),
        ("{database_url}/{database_name}", "see whether the consumer makes these tables there"),
    ],
)
def test_effect_that_cannot_be_read(told: str, words: str) -> None:
    """The database of the run is named, and what the consumer was told of it."""
    said = unread(UNREAD, Program(("./orders",), Path(), {"DB": told}), "PostgreSQL 15.14")
    assert said.startswith(
        "'SELECT 1' in tracker: its effect cannot be read: no scans; the database of this run is PostgreSQL 15.14"
    )
    assert words in said


def test_file_of_sqlite_is_enough() -> None:
    """On SQLite a path is all that there is to tell."""
    said = unread(UNREAD, Program(("./orders",), Path(), {"DB": "{database_path}"}), "SQLite 3.40")
    assert "see whether the consumer makes these tables there" in said


def test_no_effect() -> None:
    """An effect that is missing is told with what became of its message, and what there was of its kind."""
    rows = RowEffect("SELECT 1 WHERE :id")
    said = said_of(rows)
    assert said.startswith(f"the message was delivered ({DELIVERED}); sql 'SELECT 1 WHERE :id' was")
    assert "write {database_url} or the like" in said
    assert "whether the statement finds the row" in said_of(rows, DB="{jdbc_url}")
    call = CallEffect("POST", "/charge")
    assert "was asked nothing; it is told of no HTTP service: write {http_stub_url}" in said_of(
        call
    )
    asked = said_of(call, calls=["GET /rates"], API="{http_stub_url}/v1")
    assert "was asked GET /rates; write the method and path" in asked
    publish = PublishEffect("billing")
    assert said_of(publish).endswith("it published nothing")
    assert "write exchange and routing_key" in said_of(publish, published=["publishes to shop"])
    assert "one in its directory" in said_of(PathEffect("out/{id}"))
    assert "orders WHERE ref" not in said_of(rows)


def test_no_row_of_a_table() -> None:
    """Of a table it is said in which database it was looked for, where in it, and what to compare."""
    said = said_of(TableEffect("orders", "ref"), DB="{database_url}")
    assert said.endswith(
        "table orders by ref was expected of it, and never came; in the case's database (SQLite 3.40): what there is; "
        "see whether it writes to the database that it is told of, and whether ref has the {id} of the message"
    )
    words = "is there for 0 messages, and 1 were sent"
    said = said_of(TotalEffect("stock", (("*", 1),)), Found(0, ("+0",), words=words), DB="{dsn}")
    assert f"the total of table stock was expected of it, and {words}; in the case's" in said
    assert said.endswith("and whether `adds` is what one message adds")
