"""A drawing broken into strips, as a score is into systems: each fits a page, and each names its lanes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warren.report.drawing.facts import Event, Kind, is_notable
from warren.report.drawing.lanes import CALLS, DATABASE, Lanes, Span, lanes_of
from warren.report.drawing.marks import MOST_WORDS, Place, missing_words, shapes_of
from warren.report.drawing.scale import Scale, scale_of
from warren.report.drawing.shapes import Box, Line, Path, Shape, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from warren.report.drawing.facts import Drawing

WIDTH: Final = 1000.0
_GUTTER: Final = 140.0
"""Where the names of the lanes stand."""
_LEAD: Final = 22.0
"""Before the first mark of a strip and after the last."""
_USABLE: Final = WIDTH - _GUTTER - 2 * _LEAD
_AXIS, _LABEL = 20.0, 15.0
_QUEUE, _BASE, _ROW, _CALL, _ASKED, _STORE = 40.0, 26.0, 22.0, 10.0, 13.0, 40.0
_MISSING, _MARK = 20.0, 15.0
"""The height of a row of what is missing, and the half width of its mark with some room."""
_LETTER: Final = 5.9
"""The width of a letter of a fault's words, about."""
_NAME: Final = 20
"""Letters of a lane's name that there is room for."""
_TICKS: Final = 64.0
"""What lies between two times on the axis, at least."""


@dataclass(frozen=True, slots=True)
class Group:
    """The shapes of one event, and what is to be read of it."""

    event: Event
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of the drawing between two times: what lies behind, and the events."""

    height: float
    behind: tuple[Shape, ...]
    groups: tuple[Group, ...]
    begin: float
    end: float
    is_notable: bool
    """Whether there is more in it than deliveries that are acked."""


def strips_of(drawing: Drawing) -> tuple[Strip, ...]:
    """Lay a drawing out; nothing where it has no event."""
    events = drawing.events
    if not events:
        return ()
    scale = scale_of(events, _USABLE)
    lanes = lanes_of(events, scale)
    return tuple(_Strip(events, scale, lanes, part).drawn() for part in _parts(scale))


def _parts(scale: Scale) -> Iterator[range]:
    """Break the events so that each part fits."""
    begin = 0
    for i, place in enumerate(scale.places):
        if place - scale.places[begin] > _USABLE:
            yield range(begin, i)
            begin = i
    yield range(begin, len(scale.places))


class _Strip:
    """One strip as it is laid out: from here on places count from its left edge."""

    def __init__(self, events: Sequence[Event], scale: Scale, lanes: Lanes, part: range) -> None:
        self._events, self._scale, self._lanes, self._part = events, scale, lanes, part
        self._from = scale.places[part.start]
        self._is_last = part.stop == len(events)
        self._to = scale.end if self._is_last else scale.places[part.stop]
        self._labels = dict(self._label_rows())
        self._missing = dict(self._missing_rows())
        self._heights: dict[str, float] = {}
        self._bottoms: dict[str, float] = {}
        y = _AXIS + _LABEL * (max((row for row, _ in self._labels.values()), default=-1) + 1) + 6
        if CALLS in lanes.depths:
            y = self._add(CALLS, y, _CALL + _ASKED * lanes.depths[CALLS])
        used = {events[i].queue for i in part}
        for queue in lanes.queues:
            if queue in used:
                y = self._add(queue, y, _QUEUE)
        self._ground = y
        for name in lanes.instances:
            life = lanes.lives[name]
            if life.begin < self._to and life.end >= self._from:
                y = self._add(name, y, _BASE + _ROW * lanes.depths[name])
        if lanes.database:
            below = max((row for row, _ in self._missing.values()), default=0)
            y = self._add(DATABASE, y, _STORE) + _MISSING * below
        self._height = y + 8

    def _add(self, name: str, y: float, height: float) -> float:
        is_instance = name in self._lanes.lives
        self._heights[name] = y + (_BASE / 2 + 2 if is_instance else height - 14)
        self._bottoms[name] = y + height - (10 if is_instance else 14)
        if name == CALLS:
            self._heights[name] = y + _ASKED / 2
        return y + height

    def drawn(self) -> Strip:
        """Put everything in its place."""
        return Strip(
            self._height,
            (*self._axis(), *self._grounds(), *self._hands(), *self._links()),
            tuple(Group(self._events[i], self._shapes(i)) for i in self._part),
            self._events[self._part.start].at,
            self._events[self._part.stop - 1].at,
            any(is_notable(self._events[i]) for i in self._part),
        )

    # --- where things are --------------------------------------------------------------------------------------

    def _x(self, place: float) -> float:
        inside = min(max(place, self._from), self._to)
        return _GUTTER + _LEAD + inside - self._from

    def _row_height(self, i: int) -> float:
        """Give the height of the row on which a delivery, or a call, lies."""
        event, row = self._events[i], self._lanes.rows.get(i, 0)
        if event.kind is Kind.CALL:
            return self._heights[CALLS] + _ASKED * row
        return self._heights.get(event.lane, self._ground) + _ROW * row

    def _place(self, i: int) -> Place:
        event = self._events[i]
        owner = event.of if event.kind in (Kind.SETTLEMENT, Kind.RETURNED) else i
        row, left = self._labels.get(i, (0, True))
        missing, left = self._missing.get(i, (0, left))
        bottom = self._bottoms.get(event.lane, self._height - 8)
        until = self._scale.places[i] if event.until is None else self._scale.at(event.until)
        return Place(
            x=self._x(self._scale.places[i]),
            lane=self._row_height(i if owner is None else owner),
            queue=self._heights.get(event.queue, self._ground - 14),
            database=self._heights.get(DATABASE, 0) + _MISSING * missing,
            calls=self._row_height(i) if event.kind is Kind.CALL else 0,
            bottom=bottom,
            label=_AXIS + _LABEL * (row + 1) - 3,
            until=self._x(until),
            anchored_left=left,
        )

    def _shapes(self, i: int) -> tuple[Shape, ...]:
        return shapes_of(self._events[i], self._place(i))

    # --- what lies behind --------------------------------------------------------------------------------------

    def _axis(self) -> Iterator[Shape]:
        last = float("-inf")
        for i in self._part:
            x = self._x(self._scale.places[i])
            if x - last >= _TICKS:
                yield Line(x, _AXIS - 4, x, self._height - 8, "tick")
                yield Text(x, _AXIS - 8, f"{self._events[i].at:.3f}", "time", "middle")
                last = x

    def _grounds(self) -> Iterator[Shape]:
        right = self._x(self._to)
        for name in self._heights:
            y = self._bottoms[name]
            if name == CALLS:
                yield Text(_GUTTER - 10, self._heights[name] + 4, name, "name", "end")
                continue
            if name not in self._lanes.lives:
                yield Line(_GUTTER, y, right, y, "store" if name == DATABASE else "queue")
                yield Text(_GUTTER - 10, y + 4, _shortened(name), "name", "end")
                continue
            top = self._heights[name] - 14
            yield Box(_GUTTER, top, right - _GUTTER, y + 8 - top, "lane")
            yield Text(_GUTTER - 10, (top + y) / 2 + 8, _shortened(name), "name instance", "end")
            life = self._lanes.lives[name]
            yield Line(self._x(life.begin), y, self._x(life.end), y, "alive")
            for span in self._lanes.connected[name]:
                if self._is_here(span):
                    yield Line(self._x(span.begin), y, self._x(span.end), y, "connected")

    def _hands(self) -> Iterator[Shape]:
        """Draw what lasts as bars, open at the end where it was not over when the case was."""
        for i, span in self._lanes.hands.items():
            if self._is_here(span):
                yield from self._call(i, span) if self._is_call(i) else self._hand(i, span)

    def _is_call(self, i: int) -> bool:
        return self._events[i].kind is Kind.CALL

    def _hand(self, i: int, span: Span) -> Iterator[Shape]:
        """Draw a delivery in hand: hollow while the rig kept it."""
        event, y = self._events[i], self._row_height(i)
        given = span.end if event.passed is None else self._scale.at(event.passed)
        begin, end = self._x(span.begin), self._x(span.end)
        middle = self._x(min(max(given, span.begin), span.end))
        css = "again" if event.how else "delivery"
        if middle > begin + 1:
            yield Line(begin, y, middle, y, f"hand {css} kept")
        if end > middle:
            yield Line(middle, y, end, y, f"hand {css}{' told' if event.told else ''}")
        if span.open and self._is_last:
            yield Text(end, y - 5, "unsettled", "open", "end")

    def _call(self, i: int, span: Span) -> Iterator[Shape]:
        event, y = self._events[i], self._row_height(i)
        end = self._x(span.end)
        yield Line(self._x(span.begin), y, end, y, "call bar")
        if span.end <= self._to:
            css = "call" if event.how.startswith("2") else "call bad"
            near = end + 60 > WIDTH
            yield Text(
                end - 3 if near else end + 3, y + 4, event.how, css, "end" if near else "start"
            )

    def _links(self) -> Iterator[Shape]:
        """Lead from each delivery to the one that repeats it."""
        for i in self._part:
            event = self._events[i]
            if event.kind is not Kind.DELIVERY or event.of is None:
                continue
            x2, y2 = self._x(self._scale.places[i]), self._row_height(i)
            if event.of in self._part:
                x1, y1 = self._x(self._scale.places[event.of]), self._row_height(event.of)
            else:
                x1, y1 = _GUTTER, y2 + 12
                first = f"first delivered at {self._events[event.of].at:.3f}"
                yield Text(x1 + 2, y1 + 10, first, "again")
            low = max(y1, y2) + 20
            d = f"M{x1:.1f} {y1 + 8:.1f}C{x1 + 14:.1f} {low:.1f} {x2 - 22:.1f} {low:.1f} {x2 - 4:.1f} {y2 + 9:.1f}"
            yield Path(d, "link")

    def _is_here(self, span: Span) -> bool:
        return span.begin < self._to and span.end >= self._from

    def _missing_rows(self) -> Iterator[tuple[int, tuple[int, bool]]]:
        """Find a row below the database's line for each effect that is missing, with its words to its left or right."""
        ends: list[float] = []
        for i in self._part:
            if self._events[i].kind is not Kind.MISSING:
                continue
            x, width = self._x(self._scale.places[i]), len(missing_words(self._events[i])) * _LETTER
            is_right = x - width - _MARK < _GUTTER
            begin, end = (
                (x - _MARK, x + width + _MARK) if is_right else (x - width - _MARK, x + _MARK)
            )
            row = next((n for n, taken in enumerate(ends) if taken <= begin), len(ends))
            ends[row:] = [end, *ends[row + 1 :]]
            yield i, (row + 1, is_right)

    # --- words of faults ---------------------------------------------------------------------------------------

    def _label_rows(self) -> Iterator[tuple[int, tuple[int, bool]]]:
        """Find a row for the words of each fault, to its right or else to its left.

        Nothing else stands there, and what stands below is not crossed by the fault's own line.
        """
        taken: list[tuple[int, float, float]] = []
        for i in self._part:
            if self._events[i].kind is not Kind.FAULT:
                continue
            x = self._x(self._scale.places[i])
            width = min(len(self._events[i].how), MOST_WORDS) * _LETTER + 8
            left = x + width <= WIDTH
            begin, end = (x - 2, x + width) if left else (x - width, x + 2)
            below = max((row for row, a, b in taken if a <= x <= b), default=-1)
            used = {row for row, a, b in taken if a <= end and begin <= b}
            row = next(row for row in range(below + 1, len(taken) + below + 2) if row not in used)
            taken.append((row, begin, end))
            yield i, (row, left)


def _shortened(name: str) -> str:
    """Leave the end of a long name, which tells it from others."""
    return name if len(name) <= _NAME else f"…{name[-_NAME + 1 :]}"
