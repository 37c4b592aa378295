"""The lesson: which queue is the work queue, how a message gets there, and what is written down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.wire import Wire
from warren.claims.implementation import Program
from warren.errors import InstanceError, OptionError
from warren.evidence.frames import Direction
from warren.evidence.rows import TableRows
from warren.learning.changes import NOTHING, Changes, Outside, Tried
from warren.learning.learner import Lesson, Wishes, as_learnt, learn, told_in_words
from warren.learning.observed import Observed, observe
from warren.learning.rehearsal import Beside, Rehearsed, Script
from warren.learning.row_effects import NOBODYS
from warren.learning.sample import LearnSample
from warren.learning.trial import Sent, Stopped
from warren.simulator.wire import (
    BasicAck,
    BasicConsume,
    BasicConsumeOk,
    ExchangeDeclare,
    Method,
    QueueBind,
    QueueDeclare,
    QueueDeclareOk,
)
from warren.workloads.protocol import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.simulator.wire import FieldValue

PROGRAM = Program(("./orders",), Path("/"))
OUT, IN = Direction.TO_BROKER, Direction.TO_CLIENT


class Trial:
    """Stands in for a consumer that shows these frames, and acks what it is sent from its last queue."""

    def __init__(self, *queues: str, declared: tuple[Method, ...] = ()) -> None:
        """Let it declare and consume."""
        self.wire, self.routes = Wire(), list[Route]()
        for method in declared:
            self.wire.frame(OUT, method)
        for queue in queues:
            if queue.startswith("amq.gen"):
                self.wire.frame(OUT, QueueDeclare(""))
                self.wire.frame(IN, QueueDeclareOk(queue))
            self.wire.frame(OUT, BasicConsume(queue))
            self.wire.frame(IN, BasicConsumeOk(f"of {queue}"))
        self.last, self.now = queues[-1], Outside()
        self.rows: tuple[tuple[object, ...], ...] = ()
        self.done = list[str]()

    def start(self) -> Observed:
        """Give what it shows."""
        return self.observed()

    def observed(self) -> Observed:
        """Give what it shows."""
        return observe(self.wire.facts)

    def outside(self) -> Outside:
        """Give nothing."""
        return Outside()

    def send(self, sample: LearnSample, route: Route) -> Sent:
        """Deliver and ack a message, which leaves a file where its body says so; raise for one that cannot be done."""
        if sample.body == b"bad":
            raise InstanceError("it cannot be done")
        self.routes.append(route)
        self.done.append("send")
        self.wire.deliver(len(self.routes), consumer=f"of {self.last}")
        self.wire.frame(OUT, BasicAck(len(self.routes)))
        delivery = self.observed().ledger.deliveries[-1]
        new_id = f"{len(self.routes):036}"
        left = Changes({}, {new_id: b""}, (), ()) if sample.body == b"good" else NOTHING
        tables = {"shop": TableRows(("n",), self.rows)} if self.rows else {}
        before, after = self.now, Outside(tables, {**self.now.files, **left.files})
        self.now = after
        return Sent(Tried(new_id, left), delivery, acks_first=False, before=before, after=after)

    def look_again(self, sent: tuple[Sent, ...]) -> tuple[Sent, ...]:
        """Have nothing more."""
        return sent

    def stop(self) -> Stopped:
        """End in order."""
        self.done.append("stop")
        return Stopped("SIGTERM", 2.0, 0)


@dataclass
class Rehearsal:
    """Stands in for the other runs, which leave nothing; notes when it is asked for what."""

    done: list[str]
    queues: Sequence[str] = ()

    def prepare(self, queues: Sequence[str]) -> None:
        """Note it."""
        self.done.append("prepare")
        self.queues = queues

    def play(self, _script: Script) -> None:
        """Note it."""
        self.done.append("play")

    def rehearsed(self) -> Rehearsed:
        """Let a second one consume."""
        self.done.append("rehearsed")
        return Rehearsed((), NOTHING, NOBODYS, Beside(consumes=True))


def lesson(
    trial: Trial,
    *,
    queue: str | None = None,
    exchange: str | None = None,
    routing_key: str | None = None,
    samples: tuple[LearnSample, ...] = (LearnSample(b"{id}", words="words"),),
    program: Program = PROGRAM,
) -> Lesson:
    """Learn it."""
    wishes, others = Wishes(samples, queue, exchange, routing_key), Rehearsal(trial.done)
    return learn(trial, others, wishes, program, _refuse)  # type: ignore[arg-type]  # stand-ins


def _refuse(question: str, choices: object) -> str:
    raise OptionError(f"{question} {choices}")


@pytest.mark.parametrize(
    ("kind", "key", "route"),
    [
        ("topic", "order.*", ("shop", "order.any")),
        ("direct", "orders", ("shop", "orders")),
        ("fanout", "", ("shop", "")),
        ("headers", "", ("shop", "")),
    ],
)
def test_route(kind: str, key: str, route: tuple[str, str]) -> None:
    """A message goes where the work queue is bound."""
    trial = Trial("work", declared=(ExchangeDeclare("shop", kind), QueueBind("work", "shop", key)))
    found = lesson(trial)
    assert (found.route.exchange, found.route.routing_key) == route
    assert found.route.queue == "work"


@pytest.mark.parametrize(
    ("match", "told", "headers"),
    [
        ("all", {}, {"tenant": "a", "paid": True, "by": "any"}),
        ("all", {"headers": {"tenant": "b"}}, {"tenant": "b", "paid": True, "by": "any"}),
        ("any-with-x", {}, {"tenant": "a", "paid": True, "by": "any", "x-of": 1}),
    ],
)
def test_headers(match: str, told: dict[str, object], headers: dict[str, object]) -> None:
    """A message has the headers that the binding of its work queue asks for, but those that the person said."""
    arguments: dict[str, FieldValue] = {"x-match": match, "x-of": 1, "tenant": "a", "paid": True}
    arguments |= {"by": None, "raw": b""}
    bound = QueueBind("work", "shop", "", arguments=arguments)
    found = lesson(Trial("work", declared=(bound,)), samples=(LearnSample(b"{id}", told),))
    assert found.sample.properties["headers"] == headers
    assert "tenant=a, paid=True" in found.route_words


def test_no_binding() -> None:
    """Without a binding the default exchange leads to the queue."""
    assert lesson(Trial("work")).route == Route("", "work", "work")


def test_told() -> None:
    """What the person says of the route counts; the queue is then the one from which the sample is delivered."""
    trial = Trial("other", "work")
    found = lesson(trial, exchange="shop", routing_key="a")
    assert trial.routes[0] == Route("shop", "", "a")
    assert found.route == Route("shop", "work", "a")


def test_key_told() -> None:
    """A routing key alone takes the place of the made-up one."""
    trial = Trial("work", declared=(QueueBind("work", "shop", "#"),))
    assert lesson(trial, routing_key="a.b").route == Route("shop", "work", "a.b")


def test_several_queues() -> None:
    """Which of several lasting queues is for work is asked, and may be said."""
    with pytest.raises(OptionError, match=r"work queue\? \('one', 'two'\)"):
        lesson(Trial("one", "two"))
    assert lesson(Trial("one", "two"), queue="two").route.queue == "two"
    with pytest.raises(OptionError, match="consumes from one, two, and not from three"):
        lesson(Trial("one", "two"), queue="three")


def test_queue_named_by_the_broker() -> None:
    """A queue that has another name at each start cannot be described, and nothing else is started for it."""
    trial = Trial("amq.gen-1")
    with pytest.raises(InstanceError, match="the broker names its queue"):
        lesson(trial)
    assert trial.done == []


def test_beside_each_other() -> None:
    """The other runs start while the first has its messages, and have theirs while it stops."""
    trial = Trial("work")
    lesson(trial)
    assert trial.done == ["prepare", "send", "send", "play", "stop", "rehearsed"]


@pytest.mark.parametrize(
    ("stopped", "words"),
    [
        (Stopped("SIGQUIT", 0.25, 0), "SIGQUIT ended it in 0.2 s, with exit status 0"),
        (Stopped("SIGTERM", 10.0, None), "SIGTERM did not end it within 10 s"),
    ],
)
def test_stop(stopped: Stopped, words: str) -> None:
    """It is said how it stopped; what mends a deaf process 1 is said of a container alone."""
    assert str(stopped) == words
    mended = "`init: true`" in str(replace(stopped, in_container=True))
    assert mended == (stopped.exit_status is None)


@pytest.mark.parametrize(
    ("bodies", "taken", "sent"),
    [
        ((b"good", b"more"), b"good", 2),
        ((b"idle", b"good"), b"good", 4),
        ((b"idle", b"bad"), b"idle", 2),
        ((b"bad", b"good"), b"good", 2),
    ],
)
def test_ways(bodies: tuple[bytes, ...], taken: bytes, sent: int) -> None:
    """The ways of a sample are tried until something follows the id; without any it is the likeliest that counts."""
    trial = Trial("work")
    found = lesson(trial, samples=tuple(map(LearnSample, bodies)))
    assert (found.sample.body, len(trial.routes)) == (taken, sent)
    assert bool(found.proposed.effects) == (taken == b"good")


def test_no_way() -> None:
    """Where no way can be done, the error is of the likeliest."""
    with pytest.raises(InstanceError, match="it cannot be done"):
        lesson(Trial("work"), samples=(LearnSample(b"bad"), LearnSample(b"idle")))


@pytest.mark.parametrize(
    ("told", "has_row", "unseen"),
    [
        ("{database_url}", False, "no table of the case's database changed"),
        ("{database_url}", True, ""),
        ("/var/lib/shop", False, "it was told of no database"),
    ],
)
def test_database_without_a_change(told: str, has_row: bool, unseen: str) -> None:
    """A database that it was told of, and in which nothing changed, is named among what was not seen."""
    trial = Trial("work")
    trial.rows = ((1,),) if has_row else ()
    found = lesson(trial, program=replace(PROGRAM, environment={"DB": told}))
    sentences = [words for words in told_in_words(found) if unseen and unseen in words]
    assert len(sentences) == bool(unseen)
    about = [words for words in told_in_words(found) if "database" in words]
    assert about == sentences
    assert all(words.startswith("not seen: ") for words in sentences)


def test_written() -> None:
    """The manifest gets what was seen: a second instance, a grace for a slow end, twice the time of its work."""
    found = lesson(Trial("work"))
    learnt = as_learnt(
        found,
        PROGRAM,
        name="a",
        body="b",
        publish=(),
        compose="",
        directory=".",
        schema="",
        migrate=(),
    )
    assert (learnt.instances, learnt.grace, learnt.seconds) == (2, 10.0, 8.0)
    assert learnt.sample == "Words."
    assert learnt.queue == "work"
