"""What the marks of a drawing mean: one entry for each that is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from warren.report.drawing.facts import Event, Kind
from warren.report.drawing.shapes import Box, Circle, Line, Shape, Text, arrow, cross

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Entry:
    """A mark, drawn around (10, 10), and its meaning."""

    shapes: tuple[Shape, ...]
    words: str


def legend_of(events: Iterable[Event]) -> tuple[Entry, ...]:
    """Give the entries for what is among the events."""
    events = tuple(events)
    return tuple(entry for applies, entry in _entries() if any(map(applies, events)))


def _of(kind: Kind, how: str | None = None) -> Callable[[Event], bool]:
    return lambda event: event.kind is kind and (how is None or event.how == how)


def _entries() -> Iterator[tuple[Callable[[Event], bool], Entry]]:
    number = Text(10, 13.2, "1", "number", "middle")
    yield _of(Kind.SENT), Entry((Circle(10, 10, 8, "sent mark"), number), "published by the rig")
    delivery = (Circle(10, 10, 8, "delivery mark"), number)
    yield _of(Kind.DELIVERY, ""), Entry(delivery, "delivered")
    again = (Circle(10, 10, 8, "again mark"), Circle(10, 10, 10, "again ring"), number)
    yield _of(Kind.DELIVERY, "again"), Entry(again, "redelivered")
    yield (
        lambda e: e.kind is Kind.DELIVERY and e.passed != e.at,
        Entry((Line(1, 10, 19, 10, "hand delivery kept"),), "kept by the rig"),
    )
    yield (
        lambda e: e.kind is Kind.DELIVERY and e.passed is not None,
        Entry((Line(1, 10, 19, 10, "hand delivery"),), "in hand"),
    )
    yield (
        lambda e: e.kind is Kind.SETTLEMENT and e.how in ("ack", "ack held"),
        Entry(arrow(10, 18, 2, "ack"), "acked"),
    )
    yield (
        lambda e: e.kind is Kind.SETTLEMENT and e.how.startswith(("nack", "reject")),
        Entry(arrow(10, 18, 2, "nack"), "rejected"),
    )
    yield _of(Kind.RETURNED), Entry(arrow(10, 18, 2, "returned"), "back in the queue, unsettled")
    yield (
        lambda e: (
            ("lost" in e.how and e.kind in (Kind.SETTLEMENT, Kind.PUBLISH))
            or (e.kind is Kind.COMMIT and e.until is None and e.how != "")
        ),
        Entry((Line(10, 18, 10, 8, "lost"), cross(10, 7, 4.5, "torn")), "did not arrive"),
    )
    square = (Box(2, 2, 16, 16, "publish mark"), number)
    yield _of(Kind.PUBLISH), Entry(square, "published by an instance")
    yield _of(Kind.HEARTBEAT), Entry((Line(10, 6, 10, 14, "beat"),), "heartbeat, up or down")
    ending = (Line(8, 4, 8, 16, "disconnected"), Line(12, 4, 12, 16, "disconnected"))
    yield _of(Kind.DISCONNECTED), Entry(ending, "connection ended")
    yield _of(Kind.FAULT), Entry((Box(5.5, 5.5, 9, 9, "fault bolt"),), "what the rig did")
    commit = (*arrow(10, 1, 15, "commit"), Circle(10, 16, 3, "commit done"))
    yield (
        lambda e: e.kind is Kind.COMMIT and e.until is not None,
        Entry(commit, "commit, asked for and done"),
    )
    yield _of(Kind.ROW), Entry((Box(2, 2, 16, 16, "row mark"), number), "its row, when first seen")
    yield (
        lambda e: e.told,
        Entry((Circle(10, 10, 9, "halo"),), "evidence of the violation"),
    )
