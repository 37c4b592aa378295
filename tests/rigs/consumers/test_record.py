"""What the rig reads of a case: what is in hand, what was acked undone, and the whole record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.rigs.consumers.stand_in_rig import rig_of
from tests.wire import Wire
from warren.errors import InstanceError
from warren.evidence.frames import Direction
from warren.evidence.rows import MessageRow
from warren.evidence.violation import Violation
from warren.simulator.wire import (
    BasicAck,
    BasicDeliver,
    BasicProperties,
    ContentHeader,
)

if TYPE_CHECKING:
    import pytest

    from tests.stand_ins import StandInWorld


def deliver(world: StandInWorld, tag: int, body: bytes) -> None:
    """Have the world deliver a body to stream-1."""
    wire = Wire(world.seen)
    method = BasicDeliver("c", tag, False, "", "q")
    wire.frame(Direction.TO_CLIENT, method, instance="stream-1")
    header = ContentHeader(60, len(body), BasicProperties())
    wire.frame(Direction.TO_CLIENT, header, instance="stream-1")
    wire.frame(Direction.TO_CLIENT, body, instance="stream-1")


def test_in_hand(world: StandInWorld) -> None:
    """An instance works on the first of what it was given that has left no effect, acked or not."""
    rig = rig_of(world)
    rig.start.all()
    bodies = [rig.publish.work(size).body for size in (1, 2)]
    for tag, body in enumerate(bodies, 1):
        deliver(world, tag, body)
    Wire(world.seen).frame(Direction.TO_BROKER, BasicAck(1), instance="stream-1")
    buffered = rig.seen.given()[1]
    assert rig.seen.in_hand(buffered).body == bodies[0]
    world.rows = [MessageRow(1, bodies[0].decode())]
    assert rig.seen.in_hand(buffered).body == bodies[1]


def test_acked_undone(world: StandInWorld) -> None:
    """A delivery that is acked and has no effect was acked too early; asked later, nothing can be said."""
    rig = rig_of(world)
    rig.start.all()
    body = rig.publish.work(1).body
    deliver(world, 1, body)
    (given,) = rig.seen.given()
    assert rig.seen.acked_undone(given) == ()
    Wire(world.seen).frame(Direction.TO_BROKER, BasicAck(1), instance="stream-1")
    (violation,) = rig.seen.acked_undone(given)
    assert violation.words == "stream-1 acked it before its effect was there"
    world.rows = [MessageRow(1, body.decode())]
    assert rig.seen.acked_undone(given) == ()


def test_still_missing(world: StandInWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """What says that an effect was not there yet names it, of the deliveries that are meant alone."""
    rig = rig_of(world)
    rig.start.all()
    deliver(world, 1, rig.publish.work(1).body)
    (given,) = rig.seen.given()
    own = [Violation(name, (str(given),), missing=name) for name in ("no row in t", "no b.json")]
    other = Violation("lost", ("another delivery",), missing="no publish to x")
    monkeypatch.setattr(type(rig.seen), "losses", lambda _: (*own, other, own[0]))
    assert rig.seen.still_missing(given) == ": no row in t and no b.json yet"
    assert rig.seen.still_missing() == ""


def test_record(world: StandInWorld) -> None:
    """A record has what the rig published, when it saw each row first, and what is lost by now."""
    rig = rig_of(world)
    unit, other = rig.publish.make_unique(1), rig.publish.make_unique(1)
    rig.publish.send(unit)
    world.rows.append(MessageRow(1, rig.seen.tally().packages[0].texts[0]))  # type: ignore[attr-defined]  # of the course
    rig.seen.done()
    first = world.time
    world.time += 5
    rig.publish.send(other)
    rig.seen.done()
    record = rig.record()
    assert [(sent.message, sent.at) for sent in record.sent] == [
        (unit.message_id, first),
        (other.message_id, first + 5),
    ]
    assert [row.at for row in record.rows] == [first]
    assert record.until == world.time
    assert record.lost
    assert record.faults == ()


def test_record_of_a_call(world: StandInWorld) -> None:
    """A call is in the record with its answer, and one without an answer too."""
    rig = rig_of(world, "rpc")
    rig.start.instance(rig.workload.caller.role)  # type: ignore[union-attr]  # rpc has one
    rig.calls.begin()
    world.http_status = 0
    rig.calls.begin()
    assert [(call.path, call.status, call.until) for call in rig.record().calls] == [
        ("/task", 200, world.time),
        ("/task", 0, None),
    ]


def test_record_where_rows_cannot_be_read(
    world: StandInWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the database is away, the rest is known all the same."""
    rig = rig_of(world)
    rig.publish.work(1)

    def away() -> tuple[MessageRow, ...]:
        raise InstanceError("the table is away", where="message_log")

    monkeypatch.setattr(world, "message_rows", away)
    record = rig.record()
    assert (len(record.sent), record.rows, record.lost) == (1, (), ())
