"""What is seen: when an instance was done with a message, and whether anything can still come."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.stand_ins import StandInProcess, StandInWorld
from warren.evidence.frames import ConnectionEnded, ConnectionOpened, Direction, FrameSeen
from warren.evidence.ledger import Delivery
from warren.evidence.rows import TableRows
from warren.rigs.consumers.endings import Inconclusive
from warren.rigs.consumers.instances import Instances
from warren.rigs.consumers.seen import Seen
from warren.rigs.deadlines import Tempo
from warren.rigs.pace import PACES
from warren.simulator.wire import (
    BasicAck,
    BasicDeliver,
    BasicProperties,
    ChannelClose,
    ContentHeader,
    Heartbeat,
)
from warren.workloads import WORKLOADS
from warren.workloads.course.roles import STREAM
from warren.workloads.own import OwnWorkload, Sample, TableEffect, Template, TotalEffect
from warren.workloads.own.message import OwnUnit

if TYPE_CHECKING:
    from warren.simulator.wire import Content
    from warren.workloads.own import Effect

FOR_EVER = float("inf")
TEMPLATE = Template(b'{"ref": "{id}"}')


class Case:
    """A case with one instance, which was given a message at 1.0."""

    def __init__(self, world: Any, process: Any) -> None:
        """Have the message delivered."""
        self.world, self.process = world, process
        workload = WORKLOADS["blocking"]
        self.instances = Instances(workload)
        self.instances.add(process)
        self.seen = Seen(world, workload, Tempo(PACES["fast"]), self.instances, [])
        self.see(1.0, Direction.TO_CLIENT, BasicDeliver("consumer", 1, False, "", "queue"))
        self.see(1.0, Direction.TO_CLIENT, ContentHeader(60, 0))

    def see(self, at: float, direction: Direction, content: Content) -> None:
        """See a frame."""
        self.world.seen.append(FrameSeen(at, "stream-1", 1, direction, 1, content))

    def end(self, at: float, by: Any, connection: int = 1) -> None:
        """See a connection end."""
        self.world.seen.append(ConnectionEnded(at, "stream-1", connection, by, "eof", ""))

    def works_until(self) -> float:
        """Ask when the instance was done with the message."""
        (delivery,) = self.seen.ledger().deliveries
        return self.seen.works_until(delivery).at


@pytest.fixture
def case() -> Case:
    """Give a case."""
    return Case(StandInWorld(), StandInProcess("stream-1", STREAM, {}))


def test_works_until_it_settles(case: Case) -> None:
    """A message is worked on until it is settled."""
    assert case.works_until() == FOR_EVER
    case.see(2.0, Direction.TO_BROKER, BasicAck(1))
    assert case.works_until() == 2.0


def test_proof_of_work(case: Case) -> None:
    """What shows how long an instance worked is its ack or its end, or that it had neither."""
    (delivery,) = case.seen.ledger().deliveries
    still = "stream-1 still ran, and had not settled it, when the case was over"
    assert str(case.seen.works_until(delivery)) == still
    case.process.exit_status, case.process.ended_at = 1, 4.0
    ended = "4.000 stream-1 ended, with exit status 1"
    assert str(case.seen.works_until(delivery)) == ended
    case.see(2.0, Direction.TO_BROKER, BasicAck(1))
    (delivery,) = case.seen.ledger().deliveries
    assert str(case.seen.works_until(delivery)) == "2.000 stream-1 was done with it: ack"


def test_has_spoken_since(case: Case) -> None:
    """What an instance had sent before a moment has been seen once it sent something a heartbeat's time after it."""
    case.world.seen.append(ConnectionOpened(0.5, "stream-1", 1))
    assert not case.seen.has_spoken_since(case.process, 2.0)
    case.see(2.9, Direction.TO_BROKER, Heartbeat())
    assert not case.seen.has_spoken_since(case.process, 2.0)
    case.see(3.1, Direction.TO_CLIENT, Heartbeat())
    assert not case.seen.has_spoken_since(case.process, 2.0)
    case.see(3.1, Direction.TO_BROKER, Heartbeat())
    assert case.seen.has_spoken_since(case.process, 2.0)
    assert not case.seen.has_spoken_since(case.process, 2.5)


def test_works_on_without_its_connection(case: Case) -> None:
    """An instance that lives works on what it was given, though nobody will hear its ack."""
    case.end(1.5, "broker")
    assert case.works_until() == FOR_EVER


@pytest.mark.parametrize(
    ("by", "connection", "until"),
    [("client", 1, 3.0), ("client", 2, 4.0), ("broker", 1, 4.0)],
    ids=["its own", "another", "by the broker"],
)
def test_works_until_its_process_ends(case: Case, by: str, connection: int, until: float) -> None:
    """A process that ended had ended by the time at which its system closed its connection."""
    case.end(3.0, by, connection)
    assert case.works_until() == FOR_EVER
    case.process.exit_status, case.process.ended_at = -9, 4.0
    assert case.works_until() == until


def test_at_rest_once_a_channel_closed(case: Case) -> None:
    """What was unsettled on a channel that is closed is in nobody's hands."""
    assert not case.seen.at_rest()
    case.see(2.0, Direction.TO_BROKER, ChannelClose())
    assert case.seen.at_rest()


def test_reads_each_fact_once(case: Case) -> None:
    """A ledger is read on from where it was, and not at all where nothing came."""
    before = case.seen.ledger()
    assert case.seen.ledger() is before
    case.see(2.0, Direction.TO_BROKER, BasicAck(1))
    assert [d.settlement is None for d in before.deliveries] == [True]
    assert [d.settlement is None for d in case.seen.ledger().deliveries] == [False]


def test_overlaps(case: Case) -> None:
    """A message that is given to one before another is done with it is worked on by both."""
    second = StandInProcess("stream-2", STREAM, {})
    case.instances.add(second)
    (first,) = case.seen.ledger().deliveries
    assert case.seen.overlaps(first.message) == ()
    deliver = BasicDeliver("consumer", 1, True, "", "queue")
    for content in (deliver, ContentHeader(60, 0)):
        case.world.seen.append(FrameSeen(3.0, "stream-2", 1, Direction.TO_CLIENT, 1, content))
    (overlap,) = case.seen.overlaps(first.message)
    assert overlap.words == "stream-2 was given the message while stream-1 still worked on it"
    assert len(overlap.evidence) == 3
    case.see(2.0, Direction.TO_BROKER, BasicAck(1))
    assert case.seen.overlaps(first.message) == ()


def test_overlap_of_one_instance(case: Case) -> None:
    """An instance that is given again what it still works on is named once."""
    case.see(3.0, Direction.TO_CLIENT, BasicDeliver("consumer", 2, True, "", "queue"))
    case.see(3.0, Direction.TO_CLIENT, ContentHeader(60, 0))
    first, _ = case.seen.ledger().deliveries
    (overlap,) = case.seen.overlaps(first.message)
    assert overlap.words == "stream-1 was given the message again while it still worked on it"


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("", ()),
        ("one\n", ("stream-1 printed last: one",)),
        ("one\ntwo\n\n  three\nfour\n", ("stream-1 printed last: two | three | four",)),
        (f"{'x' * 500}end", (f"stream-1 printed last: …{'x' * 397}end",)),
    ],
)
def test_printed(case: Case, printed: str, shown: tuple[str, ...]) -> None:
    """The last lines that an instance printed are a line of evidence that says so; where there is none, none."""
    case.process.printed = printed
    assert case.seen.printed(case.process) == shown


class OwnCase:
    """A case with a user's own consumer, and one message sent to it."""

    def __init__(self, *effects: Effect) -> None:
        """Send it once what was there before is known."""
        self.world = StandInWorld(tables={"stock": TableRows(("ref", "pieces"), (("old", 100),))})
        workload = OwnWorkload("orders", "queue", "", Sample(TEMPLATE), effects)
        self.unit, units = TEMPLATE.make("abc1", 1), list[OwnUnit]()
        self.seen = Seen(self.world, workload, Tempo(PACES["fast"]), Instances(workload), units)
        self.seen.begin()
        units.append(self.unit)

    def leave(self, *rows: tuple[object, ...]) -> None:
        """Have the consumer leave rows."""
        known = self.world.tables["stock"]
        self.world.tables["stock"] = TableRows(known.columns, (*known.rows, *rows))


def test_totals_are_compared_with_before() -> None:
    """What was there before the first message is none of its effects."""
    case = OwnCase(TotalEffect("stock", (("*", 1), ("pieces", -5))))
    assert not case.seen.done()
    case.leave(("x", -5))
    assert case.seen.done()
    assert case.seen.duplicates() == ()
    case.leave(("x", -5))
    assert len(case.seen.duplicates()) == 1


def test_whose_a_total_is() -> None:
    """By totals alone nobody knows whether a message has left its own: who asks is undecided, and fails nobody."""
    case = OwnCase(TotalEffect("stock", (("*", 1),)))
    case.leave(("x", -5))
    delivery = replace(_of(case.unit), passed_at=1.0)
    with pytest.raises(Inconclusive, match="name an effect that has the id of its message"):
        case.seen.has_effect(delivery)
    beside = OwnCase(TotalEffect("stock", (("*", 1),)), TableEffect("stock", "ref"))
    assert not beside.seen.has_effect(delivery)
    beside.leave(("abc1", 0))
    assert beside.seen.has_effect(delivery)


def test_rows_of_messages_are_seen() -> None:
    """A row that has the id of a message is seen, with its message; no other is."""
    case = OwnCase(TableEffect("stock", "ref"))
    case.leave(("abc1", 5), ("other", 6))
    assert case.seen.done()
    assert [(row.words, row.text) for row in case.seen.rows()] == [
        ('stock: ref="abc1", pieces=5', "abc1")
    ]


def _of(unit: OwnUnit) -> Delivery:
    return Delivery(
        *(1.0, "orders-1", 1, 1, 1, "", "queue", False, BasicProperties(), unit.body),
        passed_at=None,
    )
