"""What is left out of a drawing that nobody could read: heartbeats first, then messages with which all went well."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from warren.report.drawing.facts import Event, Kind, is_notable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MOST: Final = 1500
"""Events of a drawing."""


def thinned(events: Sequence[Event], most: int = MOST) -> tuple[tuple[Event, ...], int]:
    """Give the events that are drawn, and how many are not."""
    left: set[int] = set()
    for candidates in (_heartbeats(events), _of_calm_messages(events), range(len(events))):
        excess = len(events) - len(left) - most
        if excess > 0:
            calm = [i for i in candidates if i not in left and not is_notable(events[i])]
            left.update(calm[:excess])
    return _without(events, left), len(left)


def _heartbeats(events: Sequence[Event]) -> list[int]:
    return [i for i, e in enumerate(events) if e.kind is Kind.HEARTBEAT]


def _of_calm_messages(events: Sequence[Event]) -> list[int]:
    """Find the events of messages that were delivered once and acked, and of which nothing else is to be said."""
    settled = {e.of for e in events if e.kind is Kind.SETTLEMENT and e.how == "ack"}
    uneasy = {
        e.message
        for i, e in enumerate(events)
        if is_notable(e) or (e.kind is Kind.DELIVERY and (e.passed != e.at or i not in settled))
    }
    return [i for i, e in enumerate(events) if e.message and e.message not in uneasy]


def _without(events: Sequence[Event], left: Collection[int]) -> tuple[Event, ...]:
    kept = [i for i in range(len(events)) if i not in left]
    places: dict[int | None, int] = {old: new for new, old in enumerate(kept)}
    return tuple(replace(events[i], of=places.get(events[i].of)) for i in kept)
