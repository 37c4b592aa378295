"""Who has a lane, in which order, and on which row of it each delivery lies while it is in hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warren.report.drawing.facts import Event, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.report.drawing.scale import Scale

CALLS: Final = "http calls"
DATABASE: Final = "database"
_ROWS: Final = 6
"""Rows of a lane; what an instance has in hand beyond that lies on the last one."""
_GAP: Final = 14.0
"""What must lie between two deliveries on one row."""

_AT_DATABASE: Final = (Kind.COMMIT, Kind.FAILURE, Kind.ROW, Kind.MISSING)


@dataclass(frozen=True, slots=True)
class Span:
    """From where to where something lasts; `open` where it was not over at the end."""

    begin: float
    end: float
    open: bool = False


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes of a drawing by name, in their order."""

    queues: tuple[str, ...]
    instances: tuple[str, ...]
    database: bool
    hands: dict[int, Span]
    """How long each delivery was in hand, and each call under way, by the place of its event."""
    rows: dict[int, int]
    """On which row of its lane each of them lies."""
    depths: dict[str, int]
    """How many rows each instance needs, and the calls."""
    lives: dict[str, Span]
    """From the first that is known of an instance to its end."""
    connected: dict[str, tuple[Span, ...]]
    """When each had a connection."""


def lanes_of(events: Sequence[Event], scale: Scale) -> Lanes:
    """Find the lanes of events, each at its place on the scale."""
    queues = dict.fromkeys(e.queue for e in events if e.queue)
    instances = dict.fromkeys(e.lane for e in events if e.lane)
    hands = _hands(events, scale)
    holders = {i: CALLS if events[i].kind is Kind.CALL else events[i].lane for i in hands}
    rows: dict[int, int] = {}
    for name in dict.fromkeys(holders.values()):
        rows |= _rows({i: s for i, s in hands.items() if holders[i] == name})
    depths = dict.fromkeys(instances, 1)
    for place, row in rows.items():
        depths[holders[place]] = max(depths.get(holders[place], 1), row + 1)
    return Lanes(
        tuple(queues),
        tuple(instances),
        any(e.kind in _AT_DATABASE for e in events),
        hands,
        rows,
        depths,
        {name: _life(name, events, scale) for name in instances},
        {name: tuple(_connected(name, events, scale)) for name in instances},
    )


def _hands(events: Sequence[Event], scale: Scale) -> dict[int, Span]:
    ends = {
        e.of: scale.places[i]
        for i, e in enumerate(events)
        if e.kind in (Kind.SETTLEMENT, Kind.RETURNED) and e.of is not None
    }
    ends |= {
        i: scale.at(e.until)
        for i, e in enumerate(events)
        if e.kind is Kind.CALL and e.until is not None
    }
    return {
        i: Span(scale.places[i], ends.get(i, scale.end), i not in ends)
        for i, e in enumerate(events)
        if e.kind in (Kind.DELIVERY, Kind.CALL)
    }


def _rows(hands: dict[int, Span]) -> dict[int, int]:
    """Put each delivery on the first row that is free; those that overlap lie beneath each other."""
    free: list[float] = []
    rows = {}
    for place, span in hands.items():
        row = next((r for r, until in enumerate(free) if until + _GAP <= span.begin), len(free))
        row = min(row, _ROWS - 1)
        free[row:] = [span.end, *free[row + 1 :]]
        rows[place] = row
    return rows


def _life(name: str, events: Sequence[Event], scale: Scale) -> Span:
    own = [(scale.places[i], e.kind) for i, e in enumerate(events) if e.lane == name]
    ended = [place for place, kind in own if kind is Kind.ENDED]
    return Span(own[0][0], ended[-1] if ended else scale.end, not ended)


def _connected(name: str, events: Sequence[Event], scale: Scale) -> list[Span]:
    """Give the times with at least one connection."""
    spans, count, since = [], 0, 0.0
    for place, event in zip(scale.places, events, strict=True):
        if event.lane != name:
            continue
        if event.kind is Kind.CONNECTED:
            since = since if count else place
            count += 1
        elif event.kind is Kind.DISCONNECTED and count:
            count -= 1
            if not count:
                spans.append(Span(since, place))
    return [*spans, Span(since, scale.end, open=True)] if count else spans
