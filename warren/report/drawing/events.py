"""From the record of a case to the events of its drawing. Pure: it takes the record and nothing else."""

from __future__ import annotations

import signal
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from warren.evidence.commits import CommitBegun, Committed, DatabaseFailed
from warren.evidence.faults import HELD_COMMIT
from warren.evidence.frames import Direction
from warren.report.drawing import words
from warren.report.drawing.facts import Drawing, Event, Kind
from warren.report.drawing.messages import Messages, lane_of
from warren.report.drawing.thinning import thinned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from warren.evidence.ledger import Delivery, Ledger
    from warren.evidence.record import Record
    from warren.evidence.violation import Violation

_Told = frozenset[str]
"""The lines of evidence of all violations."""


def draw(
    record: Record, case: str, implementation: str, design: str, violations: Iterable[Violation]
) -> Drawing:
    """Make the facts of a drawing of a case, as a report keeps them."""
    events, left_out = thinned(events_of(record, violations))
    return Drawing(case, implementation, design, record.until, events, left_out)


def events_of(record: Record, violations: Iterable[Violation] = ()) -> tuple[Event, ...]:
    """Give all events of a case in the order of time; what a violation names as its evidence says so."""
    everything = (*violations, *record.lost, *record.doubled)
    told = frozenset(line for violation in everything for line in violation.evidence)
    messages = Messages(record)
    found = [
        *chain(
            _sent(record, messages),
            _publishes(record.ledger, messages, told),
            _deliveries(record.ledger, messages, told),
            _connections(record.ledger, told),
            _faults(record),
            _database(record),
            _rows(record, messages, told),
            _calls(record),
        )
    ]
    # An event goes back to another by what that is known by, until both have their place.
    ordered = sorted(found, key=_when)
    places = {one.key: place for place, one in enumerate(ordered) if one.key is not None}
    return tuple(
        replace(
            (event := one.event),
            at=round(event.at, 6),
            of=None if one.back is None else places[one.back],
            passed=None if event.passed is None else round(event.passed, 6),
            until=None if event.until is None else round(event.until, 6),
        )
        for one in ordered
    )


class _Found(NamedTuple):
    """An event; of a delivery its place in the ledger; and that of the delivery to which it goes back.

    `order` is its place on the wire, as far as that is known.
    """

    event: Event
    key: int | None = None
    back: int | None = None
    order: int = 0


_BEFORE_FRAMES = (Kind.SENT, Kind.CONNECTED, Kind.CONSUMING)
"""What comes before the messages that have the same time; any other kind comes after them."""


def _when(found: _Found) -> tuple[float, int, int]:
    """Give the place of an event: by time, then what was done, then as it was on the wire."""
    kind = found.event.kind
    if kind is Kind.FAULT:
        return found.event.at, 0, 0
    if found.order:
        return found.event.at, 2, found.order
    return found.event.at, 1 if kind in _BEFORE_FRAMES else 3, 0


def _sent(record: Record, messages: Messages) -> Iterator[_Found]:
    for sent in record.sent:
        number = messages.number(sent.message)
        event = Event(sent.at, Kind.SENT, words.of_sent(sent), "", lane_of(sent.queue), number)
        yield _Found(event)


def _publishes(ledger: Ledger, messages: Messages, told: _Told) -> Iterator[_Found]:
    for p in ledger.publishes:
        event = Event(
            p.at,
            Kind.PUBLISH,
            words.of_publish(p),
            p.instance,
            messages.queue_of(p),
            messages.number(messages.name(p)),
            how="lost" if p.passed_at is None else p.mode,
            passed=p.passed_at,
            until=p.confirmed_at,
            told=str(p) in told,
        )
        yield _Found(event, order=p.order)


def _deliveries(ledger: Ledger, messages: Messages, told: _Told) -> Iterator[_Found]:
    last: dict[str, int] = {}
    for place, d in enumerate(ledger.deliveries):
        number, queue = messages.number(d.message), messages.queue_from(d)
        again = last.get(d.message) if d.redelivered else None
        last[d.message] = place
        delivery = Event(
            d.at,
            Kind.DELIVERY,
            words.of_delivery(d),
            d.instance,
            queue,
            number,
            how="again" if d.redelivered else "",
            passed=d.passed_at,
            until=None if d.open_until == float("inf") else d.open_until,
            told=str(d) in told,
        )
        yield _Found(delivery, place, again, d.order)
        for end in _end_of(d):
            event = replace(end, queue=queue, message=number)
            yield _Found(event, back=place, order=d.settlement.order if d.settlement else 0)


def _end_of(d: Delivery) -> Iterator[Event]:
    if d.settlement is not None:
        s = d.settlement
        fate = " held" * s.is_held + " lost" * (not s.counts)
        how = "auto" if d.auto_ack else f"{s.kind}{'-requeue' * s.requeue}{fate}"
        line = words.of_settlement(d, s)
        yield Event(s.at, Kind.SETTLEMENT, line, d.instance, how=how, until=s.passed_at)
    elif d.given_back_at is not None:
        at = d.given_back_at
        yield Event(at, Kind.RETURNED, words.of_return(d, at), d.instance)


def _connections(ledger: Ledger, told: _Told) -> Iterator[_Found]:
    for opened in ledger.opened:
        line = f"{opened.at:.3f} {opened.instance} opened connection {opened.connection}"
        yield _Found(Event(opened.at, Kind.CONNECTED, line, opened.instance))
    known = (
        (Kind.CONSUMING, ledger.consumers),
        (Kind.DISCONNECTED, ledger.ends),
        (Kind.REFUSED, ledger.refusals),
        (Kind.FORGED, ledger.forged),
    )
    for kind, facts in known:
        for fact in facts:
            queue = lane_of(getattr(fact, "queue", ""))
            how = getattr(fact, "by", "")
            line = str(fact)
            event = Event(fact.at, kind, line, fact.instance, queue, how=how, told=line in told)
            yield _Found(event)
    for beat in ledger.heartbeats:
        up = beat.direction is Direction.TO_BROKER
        way = f"from {beat.instance}" if up else f"to {beat.instance}"
        line = f"{beat.at:.3f} heartbeat {way} (connection {beat.connection})"
        yield _Found(Event(beat.at, Kind.HEARTBEAT, line, beat.instance, how=beat.direction))


def _faults(record: Record) -> Iterator[_Found]:
    for fault in record.faults:
        yield _Found(Event(fault.at, Kind.FAULT, str(fault), fault.to, how=fault.words))
    for end in record.ends:
        how = signal.Signals(-end.status).name if end.status < 0 else str(end.status)
        yield _Found(Event(end.at, Kind.ENDED, str(end), end.instance, how=how))


def _database(record: Record) -> Iterator[_Found]:
    """Give each commit at the time when it was asked for, until it was done.

    Who locks a file sees no commit being done: then nothing is said of those that nobody held.
    """
    facts = record.ledger.database
    done: dict[tuple[str, int], list[float]] = {}
    for fact in facts:
        if isinstance(fact, Committed):
            done.setdefault((fact.instance, fact.connection), []).append(fact.at)
    held = set(_held_commits(record))
    for fact in facts:
        line = str(fact)
        if isinstance(fact, DatabaseFailed):
            yield _Found(Event(fact.at, Kind.FAILURE, line, fact.instance))
        elif isinstance(fact, CommitBegun):
            later = done.get((fact.instance, fact.connection), [])
            until = later.pop(0) if later else None
            how = "held" if fact in held else ""
            if until is not None:
                line += f"{', held' if how else ''}, done at {until:.3f}"
            elif how:
                line += ", which was held"
            elif done:
                how, line = "lost", f"{line}, which was never done"
            yield _Found(Event(fact.at, Kind.COMMIT, line, fact.instance, how=how, until=until))


def _held_commits(record: Record) -> Iterator[CommitBegun]:
    """Find the commit that each hold caught: the last one that was asked for by then."""
    asked = [fact for fact in record.ledger.database if isinstance(fact, CommitBegun)]
    for fault in record.faults:
        if fault.words.startswith(HELD_COMMIT):
            yield from [f for f in asked if f.instance == fault.to and f.at <= fault.at][-1:]


def _rows(record: Record, messages: Messages, told: _Told) -> Iterator[_Found]:
    found: set[int] = set()
    for row in record.rows:
        number = messages.of_effect(row.text)
        found.add(number)
        line = f"{row.at:.3f} or before: {row.words}"
        event = Event(row.at, Kind.ROW, line, message=number, told=row.words in told)
        yield _Found(event)
    for violation in record.lost:
        numbers = messages.told_by(violation) or {0}
        for number in sorted(numbers):
            line = f"{record.until:.3f} {violation.words}"
            how = violation.missing
            event = Event(record.until, Kind.MISSING, line, message=number, how=how, told=True)
            yield _Found(event)


def _calls(record: Record) -> Iterator[_Found]:
    for call in record.calls:
        event = Event(
            call.at,
            Kind.CALL,
            words.of_call(call),
            call.instance,
            how=str(call.status or "no answer"),
            until=call.until,
        )
        yield _Found(event)
