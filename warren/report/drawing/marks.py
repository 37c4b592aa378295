"""From an event to its shapes: what a delivery, an ack or a fault looks like. Where it stands is told from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warren.report.drawing.facts import Event, Kind
from warren.report.drawing.shapes import Anchor, Box, Circle, Line, Shape, Text, arrow, cross

if TYPE_CHECKING:
    from collections.abc import Callable

_R: Final = 8.0
"""The radius of a message's mark."""
_TICK: Final = 5.0
_WAITS: Final = 14.0
"""How far what is held comes on its way up."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event is drawn: along, and at the heights of its instance, its queue and the database.

    `bottom` is the lower edge of its lane, `label` the height of its words where it has some, `until` where it ends.
    `anchored_left` says that the words are to its right.
    """

    x: float
    lane: float
    queue: float
    database: float
    calls: float
    bottom: float
    label: float
    until: float
    anchored_left: bool = True


def shapes_of(event: Event, place: Place) -> tuple[Shape, ...]:
    """Draw an event."""
    return _DRAWN[event.kind](event, place)


def _number(event: Event, x: float, y: float) -> tuple[Shape, ...]:
    return (Text(x, y + 3.2, str(event.message), "number", "middle"),) if event.message else ()


def _sent(event: Event, p: Place) -> tuple[Shape, ...]:
    into = arrow(p.x, p.queue - 20, p.queue - _R, "sent")
    return (*into, Circle(p.x, p.queue, _R, "sent mark"), *_number(event, p.x, p.queue))


def _publish(event: Event, p: Place) -> tuple[Shape, ...]:
    square = Box(p.x - _R, p.lane - _R, 2 * _R, 2 * _R, "publish mark")
    if event.how == "lost":
        way: tuple[Shape, ...] = _broken(p.x, p.lane - _R, p.queue, "publish")
    else:
        way = arrow(p.x, p.lane - _R, p.queue + 3, "publish")
    answer = () if event.until is None else (Text(p.until, p.lane + 4, "✓", "glyph publish"),)
    return (*way, square, *_number(event, p.x, p.lane), *answer)


def _delivery(event: Event, p: Place) -> tuple[Shape, ...]:
    css = "again" if event.how else "delivery"
    halo = (Circle(p.x, p.lane, _R + 4, "halo"),) if event.told else ()
    ring = (Circle(p.x, p.lane, _R + 2.5, "again ring"),) if event.how else ()
    mark = Circle(p.x, p.lane, _R, f"{css} mark")
    way = arrow(p.x, p.queue, p.lane - _R - 1, css)
    return (*halo, *way, *ring, mark, *_number(event, p.x, p.lane))


_GLYPHS: Final = {"ack": "✓", "auto": "✓", "reject": "✗", "nack": "✗"}


def _settlement(event: Event, p: Place) -> tuple[Shape, ...]:
    kind, _, fate = event.how.partition(" ")
    css = "ack" if kind in ("ack", "auto") else "nack"
    end = Line(p.x, p.lane - 6, p.x, p.lane + 6, f"{css} stop")
    held = (Text(p.x, p.lane + 17, "held", "open", "middle"),) if "held" in fate else ()
    if "lost" in fate:
        return (*_broken(p.x, p.lane, p.queue, css), end, *held)
    if held and event.until is None:
        return (Line(p.x, p.lane, p.x, p.lane - _WAITS, f"{css} lost"), end, *held)
    waits = (Line(p.x, p.lane - _WAITS, p.until, p.lane - _WAITS, f"{css} lost"),) if held else ()
    x = p.until if held else p.x
    glyph = Text(x, p.queue - 5, _GLYPHS.get(kind, "↩"), f"glyph {css}", "middle")
    return (*arrow(x, p.lane - _WAITS * bool(held), p.queue + 2, css), end, glyph, *waits, *held)


def _returned(event: Event, p: Place) -> tuple[Shape, ...]:
    del event
    glyph = Text(p.x, p.queue - 5, "↩", "glyph again", "middle")
    torn = cross(p.x, p.lane, 4.5, "again torn")
    return (*arrow(p.x, p.lane - 5, p.queue + 2, "returned"), torn, glyph)


def _broken(x: float, y1: float, y2: float, css: str) -> tuple[Shape, ...]:
    """Draw what never came to its end."""
    near = y1 + 0.7 * (y2 - y1)
    return Line(x, y1, x, near, f"{css} lost"), cross(x, near, 4.5, "torn")


def _heartbeat(event: Event, p: Place) -> tuple[Shape, ...]:
    up = event.how == "to-broker"
    return (Line(p.x, p.bottom, p.x, p.bottom + (-_TICK if up else _TICK), "beat"),)


def _connected(event: Event, p: Place) -> tuple[Shape, ...]:
    del event
    return (Circle(p.x, p.bottom, 3, "connected"),)


def _disconnected(event: Event, p: Place) -> tuple[Shape, ...]:
    css = "disconnected by-rig" if event.how == "rig" else "disconnected"
    return (
        Line(p.x - 2, p.bottom - 6, p.x - 2, p.bottom + 6, css),
        Line(p.x + 2, p.bottom - 6, p.x + 2, p.bottom + 6, css),
    )


def _consuming(event: Event, p: Place) -> tuple[Shape, ...]:
    del event
    return (Circle(p.x, p.bottom, 3, "consuming"), Line(p.x, p.queue, p.x, p.bottom, "consuming"))


def _said(event: Event, p: Place) -> tuple[Shape, ...]:
    """Draw what the broker, or the rig in its name, said beside messages."""
    css = "forged" if event.kind is Kind.FORGED else "refused"
    return (*arrow(p.x, p.queue, p.bottom - 1, css), cross(p.x, p.bottom, 4, css))


def _fault(event: Event, p: Place) -> tuple[Shape, ...]:
    words = event.how if len(event.how) <= MOST_WORDS else f"{event.how[: MOST_WORDS - 1]}…"
    left = p.anchored_left
    text = Text(p.x + (5 if left else -5), p.label, words, "fault", "start" if left else "end")
    return (
        Line(p.x, p.label - 8, p.x, p.bottom, "fault"),
        text,
        *((_bolt(p.x, p.bottom),) if event.lane else ()),
    )


MOST_WORDS: Final = 64
"""Characters of a fault that are written beside it."""


def _bolt(x: float, y: float) -> Shape:
    return Box(x - 4.5, y - 4.5, 9, 9, "fault bolt")


def _commit(event: Event, p: Place) -> tuple[Shape, ...]:
    if event.how == "held":
        words = Text(p.x + 7, p.database - 12, "commit asked for, held", "open")
        return (*_asked(event, p), words)
    return _asked(event, p)


def _asked(event: Event, p: Place) -> tuple[Shape, ...]:
    if event.until is None:
        is_known = event.how != ""
        way = _broken if is_known else arrow
        return tuple(way(p.x, p.bottom, p.database - (0 if is_known else 3), "commit"))
    waits = Line(p.x, p.database, p.until, p.database, "commit bar")
    done = Circle(p.until, p.database, 3.5, "commit done")
    return (*arrow(p.x, p.bottom, p.database - 3, "commit"), waits, done)


def _failure(event: Event, p: Place) -> tuple[Shape, ...]:
    del event
    return (*arrow(p.x, p.database, p.bottom + 3, "refused"), cross(p.x, p.database, 4, "torn"))


def _row(event: Event, p: Place) -> tuple[Shape, ...]:
    y = p.database
    halo = (Box(p.x - 11, y - 11, 22, 22, "halo"),) if event.told else ()
    box = Box(p.x - _R, y - _R, 2 * _R, 2 * _R, "row mark")
    return (*halo, box, *_number(event, p.x, y))


def _missing(event: Event, p: Place) -> tuple[Shape, ...]:
    y = p.database
    box = Box(p.x - _R, y - _R, 2 * _R, 2 * _R, "missing")
    side = _R + 5 if p.anchored_left else -_R - 5
    anchor: Anchor = "start" if p.anchored_left else "end"
    words = Text(p.x + side, y + 4, missing_words(event), "open", anchor)
    return (box, *_number(event, p.x, y), words)


def missing_words(event: Event) -> str:
    """Say which effect is missing, so far as there is room."""
    words = event.how or "no effect"
    return words if len(words) <= MOST_MISSING else f"{words[: MOST_MISSING - 1]}…"


MOST_MISSING: Final = 32
"""Characters that are written beside what is missing."""


def _call(event: Event, p: Place) -> tuple[Shape, ...]:
    del event
    return arrow(p.x, p.calls, p.bottom - 3, "call")


def _ended(event: Event, p: Place) -> tuple[Shape, ...]:
    status = Text(p.x + 8, p.bottom - 3, f"ended: {event.how}", "ended")
    return (cross(p.x, p.bottom, 5, "ended"), status)


_DRAWN: Final[dict[Kind, Callable[[Event, Place], tuple[Shape, ...]]]] = {
    Kind.SENT: _sent,
    Kind.PUBLISH: _publish,
    Kind.DELIVERY: _delivery,
    Kind.SETTLEMENT: _settlement,
    Kind.RETURNED: _returned,
    Kind.HEARTBEAT: _heartbeat,
    Kind.CONNECTED: _connected,
    Kind.DISCONNECTED: _disconnected,
    Kind.CONSUMING: _consuming,
    Kind.REFUSED: _said,
    Kind.FORGED: _said,
    Kind.FAULT: _fault,
    Kind.COMMIT: _commit,
    Kind.FAILURE: _failure,
    Kind.ROW: _row,
    Kind.MISSING: _missing,
    Kind.CALL: _call,
    Kind.ENDED: _ended,
}
