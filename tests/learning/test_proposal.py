"""What is proposed as an effect: what came once for each of two messages and has the id of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.evidence.calls import HttpCall
from warren.evidence.declarations import Binding
from warren.evidence.ledger import Published
from warren.evidence.rows import TableRows
from warren.learning.changes import NOTHING, Outside, changes
from warren.learning.clean_run import CleanRun, Moment
from warren.learning.proposal import key_for, propose
from warren.simulator.wire import BasicProperties
from warren.workloads.own import CallEffect, PathEffect, PublishEffect

if TYPE_CHECKING:
    from warren.workloads.own import Effect

IDS = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def effects(*outsides: Outside) -> list[Effect]:
    """Give what is proposed where two messages left these things, one after the other."""
    return [e.effect for e in propose([run(*outsides)]).effects]


def remarks(*outsides: Outside) -> tuple[str, ...]:
    """Give what else is said."""
    return propose([run(*outsides)]).remarks


def run(*outsides: Outside) -> CleanRun:
    """Give the run of two messages, with what there was after each."""
    moments = [Moment(done, outside) for done, outside in enumerate((Outside(), *outsides))]
    return CleanRun(IDS, moments)


def rows(*all_rows: tuple[object, ...]) -> Outside:
    """Give a table `orders` with a key, a reference and an amount."""
    return Outside({"orders": TableRows(("key", "ref", "amount"), all_rows)})


def test_row_that_is_there_again() -> None:
    """A row like one that was there is new, as often as it is there more."""
    one, same = rows((1, "x", 5)), rows((1, "x", 5), (1, "x", 5))
    assert changes(one, same).tables["orders"].rows == ((1, "x", 5),)


def test_files() -> None:
    """A file whose path has the id is one; of others it is said whether they have the id in them."""
    first = {f"out/{IDS[0]}.json": b"x", "log": IDS[0].encode(), "state": b"1"}
    second = {**first, f"out/{IDS[1]}.json": b"x", "log": " ".join(IDS).encode(), "state": b"2"}
    seen = Outside(files=first), Outside(files=second)
    assert effects(*seen) == [PathEffect("out/{id}.json")]
    assert [r.partition(",")[0] for r in remarks(*seen)] == [
        "the file log has the id in it",
        "the file state changed",
    ]


def test_database_of_its_own() -> None:
    """A file that is a database says how to have it looked into."""
    seen = (
        Outside(files={"a.db": b"SQLite format 3\0a"}),
        Outside(files={"a.db": b"SQLite format 3\0b"}),
    )
    assert "{database_url}" in remarks(*seen)[0]


def test_calls() -> None:
    """A call that has the id is one, with the id in its path where it stands there; one without it is told of."""
    calls = tuple(HttpCall(1.0, "PUT", f"/orders/{i}?x=1", (), b"", 200) for i in IDS)
    health = HttpCall(1.0, "GET", "/health", (), b"", 200)
    seen = Outside(calls=(calls[0], health)), Outside(calls=(calls[0], health, calls[1]))
    assert effects(*seen) == [CallEffect("PUT", "/orders/{id}")]
    assert remarks(*seen) == ("it called GET /health without the id",)


def test_publishes() -> None:
    """A publish that has the id is one; where its routing key has it, any key is taken."""
    first = publish("billing", "paid", IDS[0]), publish("events", f"done.{IDS[0]}", "")
    second = publish("billing", "paid", IDS[1]), publish("events", f"done.{IDS[1]}", "")
    noise = publish("events", "alive", "")
    seen = Outside(publishes=first), Outside(publishes=(*first, *second, noise))
    assert effects(*seen) == [PublishEffect("billing", "paid"), PublishEffect("events", None)]
    assert remarks(*seen) == ('it published to exchange "events" with key "alive" without the id',)


def test_direct_reply() -> None:
    """An answer by direct reply-to is one effect, though the broker adds to its key who has asked."""
    first, second = (
        publish("", f"amq.rabbitmq.reply-to.{asker}.x", i)
        for asker, i in zip("ab", IDS, strict=True)
    )
    seen = Outside(publishes=(first,)), Outside(publishes=(first, second))
    assert effects(*seen) == [PublishEffect("", None)]


def test_keys() -> None:
    """What others know a call or a publish by is a key where it follows the id; one of chance is none."""
    calls = [
        HttpCall(1.0, "POST", "/pay", (("idempotency-key", f"pay-{i}"),), i.encode(), 200)
        for i in IDS
    ]
    told = [publish("billing", "paid", i, i) for i in IDS]
    other = [publish("events", "x", i, name) for i, name in zip(IDS, "ab", strict=True)]
    one = Outside(calls=tuple(calls[:1]), publishes=(told[0], other[0]))
    both = Outside(calls=tuple(calls), publishes=(told[0], other[0], told[1], other[1]))
    found: list[Effect] = [
        CallEffect("POST", "/pay", "Idempotency-Key"),
        PublishEffect("billing", "paid", "message_id"),
        PublishEffect("events", "x"),
    ]
    assert effects(one, both) == found


def test_noise() -> None:
    """What changes without a message as well is not told of; where it has the id it is an effect all the same."""
    table = {"beat": TableRows(("at",), ((1,),))}
    alive = publish("events", "alive", "")
    calls = (HttpCall(1.0, "GET", "/health", (), b"", 200),)
    idle = Outside(table, {"state": b"1"}, calls, (alive,))
    rows = {"beat": TableRows(("at",), ((2,),))}
    one = Outside(
        rows, {"state": b"2"}, calls * 2, (alive, alive, publish("events", "alive", IDS[0]))
    )
    two = Outside(
        rows, {"state": b"3"}, calls * 3, (*one.publishes, publish("events", "alive", IDS[1]))
    )
    assert len(remarks(one, two)) == 4
    found = propose([run(one, two)], changes(Outside(), idle))
    assert [r.partition(" ")[0] for r in found.remarks] == ["beat"]
    assert [e.effect for e in found.effects] == [PublishEffect("events", "alive")]


def test_doubled_publish_is_no_effect() -> None:
    """What comes twice for one message is not proposed: it would be a duplicate."""
    first = (publish("billing", "paid", IDS[0]),) * 2
    assert (
        effects(
            Outside(publishes=first),
            Outside(publishes=(*first, publish("billing", "paid", IDS[1]))),
        )
        == []
    )


def publish(exchange: str, key: str, body: str, message_id: str | None = None) -> Published:
    """Make a publish."""
    properties = BasicProperties(message_id=message_id)
    return Published(1.0, "a-1", 1, 1, exchange, key, False, properties, body.encode(), 1.0)


def test_key_of_a_pattern() -> None:
    """A key is made up for a pattern, with a word for each wildcard."""
    assert key_for(Binding("shop", "order.*.#", "queue", "q")) == "order.any.any"
    assert not Binding("shop", "order.created", "queue", "q").is_pattern


def test_nothing_changed() -> None:
    """Two like moments have no changes."""
    outside = rows((1, [2], 3))
    assert changes(outside, outside) == NOTHING
