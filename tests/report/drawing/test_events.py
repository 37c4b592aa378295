"""A record becomes events in the order of time; each goes back to what it belongs to."""

from __future__ import annotations

from dataclasses import replace

from tests.report.drawing.stories import busy, delivery, killed
from warren.evidence.commits import CommitBegun
from warren.evidence.faults import HELD_COMMIT, Fault
from warren.evidence.ledger import Ledger, Published, Settlement
from warren.evidence.record import Record
from warren.evidence.violation import Violation
from warren.report.drawing.events import draw, events_of
from warren.report.drawing.facts import Event, Kind
from warren.report.drawing.thinning import thinned
from warren.simulator.wire import BasicProperties


def of(kind: Kind, events: tuple[Event, ...]) -> list[Event]:
    """Give the events of a kind."""
    return [event for event in events if event.kind is kind]


def test_order_of_time() -> None:
    """Events come as they happened, whatever they are, and all are there."""
    events = events_of(killed())
    assert [e.at for e in events] == sorted(e.at for e in events)
    assert {e.kind for e in events} == set(Kind) - {Kind.FORGED, Kind.REFUSED, Kind.FAILURE}


def published(at: float, order: int) -> Published:
    """Make a publish at its place on the wire."""
    fields = (at, "worker-1", 1, 1, "", "done", True, BasicProperties(), b"x", at)
    return Published(*fields, order=order)


def test_order_on_the_wire() -> None:
    """What has one time comes as it was on the wire, whatever it is."""
    ack = Settlement(1.2, "ack", order=2)
    record = Record(
        2.0,
        Ledger(
            (delivery(1.0, "worker-1", "m-1", settled=ack),),
            (published(1.2, 1), published(1.2, 3)),
        ),
    )
    kinds = [event.kind for event in events_of(record) if event.at == 1.2]
    assert kinds == [Kind.PUBLISH, Kind.SETTLEMENT, Kind.PUBLISH]


def test_held_acks() -> None:
    """An ack that was held stands where it was asked for, and says when it was passed on, or that it was not."""
    waits = Settlement(1.2, "ack", is_held=True)
    passed = replace(waits, passed_at=1.5)
    lost = replace(waits, reached=False)
    acks = [
        of(Kind.SETTLEMENT, events_of(Record(2.0, Ledger((held,)))))[0]
        for held in (delivery(1.0, "worker-1", "m", settled=s) for s in (waits, passed, lost))
    ]
    assert [(e.at, e.how, e.until) for e in acks] == [
        (1.2, "ack held", None),
        (1.2, "ack held", 1.5),
        (1.2, "ack held lost", None),
    ]
    assert acks[0].words.endswith("held since then")
    assert acks[1].words.endswith("held, and passed on at 1.500")


def test_held_commit() -> None:
    """A commit that was held says so; where nobody sees commits being done, nothing is said of the others."""
    asked = tuple(CommitBegun(at, "worker-1", 1) for at in (1.0, 1.5, 2.5))
    fault = Fault(1.501, "worker-1", f"{HELD_COMMIT} worker-1")
    events = of(Kind.COMMIT, events_of(Record(3.0, Ledger(database=asked), faults=(fault,))))
    assert [event.how for event in events] == ["", "held", ""]
    assert "never done" not in events[0].words
    assert events[1].words.endswith("which was held")


def test_what_is_missing_is_named() -> None:
    """Each effect that is missing says which it is."""
    lost = (Violation("a", missing="no row in t"), Violation("b", missing="no publish to x"))
    events = of(Kind.MISSING, events_of(Record(3.0, lost=lost)))
    assert [event.how for event in events] == ["no row in t", "no publish to x"]


def test_redelivery_repeats_its_delivery() -> None:
    """A redelivery goes back to the delivery before it of the same message, and no first delivery does."""
    events = events_of(killed())
    lost, first, again = of(Kind.DELIVERY, events)
    assert (lost.of, first.of, first.how, again.how) == (None, None, "", "again")
    assert again.of is not None
    assert events[again.of] is first
    assert (first.message, again.message) == (2, 2)


def test_message_that_was_published_again() -> None:
    """A message with the id of another that the broker does not call redelivered repeats nothing."""
    twice = (delivery(1.0, "worker-1", "m-1"), delivery(2.0, "worker-1", "m-1"))
    events = events_of(Record(3.0, Ledger(twice)))
    assert [(e.message, e.how, e.of) for e in events] == [(1, "", None), (1, "", None)]


def test_ends_of_deliveries() -> None:
    """An ack, and the end of a channel, go back to what they end; what neither ends is in hand for ever."""
    events = events_of(killed())
    (ack,), (back,) = of(Kind.SETTLEMENT, events), of(Kind.RETURNED, events)
    lost, first, again = of(Kind.DELIVERY, events)
    assert ack.of is not None
    assert back.of is not None
    assert (events[ack.of], events[back.of]) == (lost, first)
    assert (lost.until, first.until, again.until) == (1.2, 1.5, None)


def test_effects() -> None:
    """A row has the number of the message in whose body its text stands; what is lost has none and is said so."""
    events = events_of(killed())
    (row,), (missing,) = of(Kind.ROW, events), of(Kind.MISSING, events)
    assert missing.message == 1
    assert missing.at == 3.0
    assert row.message == 0  # both bodies that came hold another text
    assert of(Kind.COMMIT, events)[0].until is None
    assert of(Kind.COMMIT, events)[0].how == "lost"
    assert of(Kind.COMMIT, events)[1].until == 1.92


def test_message_without_anything() -> None:
    """An empty message without a message-id has no number, and is drawn all the same."""
    empty = delivery(1.0, "worker-1", "", body=b"")
    violation = Violation("lost", (str(empty),))
    (event, lost) = events_of(Record(3.0, Ledger((empty,)), lost=(violation,)))
    assert (event.message, lost.message) == (0, 0)


def test_row_of_a_body() -> None:
    """A row's text is found in a body."""
    events = events_of(killed(b'{"texts":["b"]}'))
    assert of(Kind.ROW, events)[0].message == 1


def test_evidence_is_told() -> None:
    """What a violation names as its evidence says so, and nothing else."""
    record = killed()
    named = Violation("given twice", (str(record.ledger.deliveries[2]),))
    told = [e for e in events_of(record, [named]) if e.told]
    assert [(e.kind, e.message) for e in told] == [
        (Kind.DELIVERY, 1),
        (Kind.DELIVERY, 2),
        (Kind.MISSING, 1),
    ]


def test_small_drawing_is_whole() -> None:
    """Of a case that can be drawn nothing is left out."""
    drawing = draw(killed(), "case", "orders", "blocking", [])
    assert drawing.left_out == 0
    assert drawing.events == events_of(killed())


def test_thinned() -> None:
    """Heartbeats go first, then messages that were delivered once and acked; never a fault or what came again."""
    events = events_of(busy(400))
    kept, left_out = thinned(events, most=300)
    assert len(kept) == 300
    assert len(kept) + left_out == len(events)
    assert not of(Kind.HEARTBEAT, kept)
    assert len(of(Kind.FAULT, kept)) == 1
    again = [e for e in of(Kind.DELIVERY, kept) if e.how]
    assert len(again) == 4
    for event in again:
        assert event.of is not None
        assert kept[event.of].message == event.message


def test_thinned_of_heartbeats_alone() -> None:
    """Where it is enough to leave out some heartbeats, nothing else goes."""
    events = events_of(busy(50))
    kept, left_out = thinned(events, most=len(events) - 5)
    assert left_out == 5
    assert len(of(Kind.HEARTBEAT, kept)) == len(of(Kind.HEARTBEAT, events)) - 5
