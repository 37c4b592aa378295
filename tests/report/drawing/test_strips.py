"""A drawing is laid out in strips in which everything has a place of its own."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import pytest

from tests.report.drawing.stories import busy, delivery, killed
from warren.evidence.commits import CommitBegun
from warren.evidence.faults import HELD_COMMIT, Fault
from warren.evidence.ledger import Ledger, Settlement
from warren.evidence.record import Record
from warren.evidence.violation import Violation
from warren.report.drawing.events import draw, events_of
from warren.report.drawing.facts import Kind
from warren.report.drawing.lanes import lanes_of
from warren.report.drawing.legend import legend_of
from warren.report.drawing.scale import scale_of
from warren.report.drawing.shapes import Box, Circle, Line, Path, Text
from warren.report.drawing.strips import WIDTH, Group, Strip, strips_of

MARK = 16.0
"""The width of a mark with a number."""
LETTER = 5.0
"""The least width of a letter."""


def strips(record: Record) -> tuple[Strip, ...]:
    """Lay out the drawing of a record."""
    return strips_of(draw(record, "case", "orders", "blocking", []))


@pytest.mark.parametrize("record", [killed(), busy(300)], ids=["small", "large"])
def test_every_event_once(record: Record) -> None:
    """Each event is in one strip, in the order of time, and has something to be seen."""
    groups = [group for strip in strips(record) for group in strip.groups]
    assert tuple(group.event for group in groups) == events_of(record)
    assert all(group.shapes for group in groups)


def test_inside_the_strip() -> None:
    """A thousand events fit: no mark stands outside of its strip, and none hides another of its lane."""
    drawn = strips(busy(333))
    assert sum(len(strip.groups) for strip in drawn) >= 1000
    for strip in drawn:
        shapes = [s for group in strip.groups for s in group.shapes]
        points = [
            (s.x, s.y) if isinstance(s, Circle | Text | Box) else (s.x2, s.y2)
            for s in shapes
            if not isinstance(s, Path)
        ]
        assert all(0 <= x <= WIDTH and 0 <= y <= strip.height for x, y in points)
        marks = [s for s in shapes if isinstance(s, Circle) and "mark" in s.css]
        for lane in {mark.y for mark in marks}:
            places = sorted(mark.x for mark in marks if mark.y == lane)
            assert all(right - left >= MARK for left, right in pairwise(places))


def test_long_waits_are_longer() -> None:
    """What comes a second later stands further away than what comes a millisecond later, but not a thousand times."""
    events = events_of(killed())
    scale = scale_of(events, wanted=0)
    ways = {
        round(after.at - before.at, 3): right - left
        for (before, left), (after, right) in pairwise(zip(events, scale.places, strict=True))
    }
    long, short = ways[max(ways)], ways[min(ways)]
    assert short < long < 20 * short


@pytest.mark.parametrize(("share", "width"), [(0.9, 0.9), (0.5, 1.0), (1.3, 1.3), (9.0, 1.6)])
def test_width(share: float, width: float) -> None:
    """What is a little too wide or too narrow is made as wide as is wanted; else it keeps its measure."""
    events = events_of(killed())
    own = scale_of(events, wanted=0).end
    assert scale_of(events, wanted=own * share).end == pytest.approx(own * width)


def test_hands_do_not_overlap() -> None:
    """Deliveries that an instance has in hand at once lie on rows of their own; a row is used again when it is free."""
    done = {1.0: 1.5, 1.1: 1.3, 1.2: 2.0, 1.4: 1.6}
    record = Record(
        2.0,
        Ledger(
            tuple(
                delivery(at, "worker-1", f"m-{at}", settled=Settlement(until, "ack"))
                for at, until in done.items()
            )
        ),
    )
    events = events_of(record)
    lanes = lanes_of(events, scale_of(events, wanted=0))
    rows = {events[i].at: row for i, row in lanes.rows.items()}
    assert rows == {1.0: 0, 1.1: 1, 1.2: 2, 1.4: 1}
    assert lanes.depths["worker-1"] == 3


def test_what_is_unsettled_shows() -> None:
    """What was never settled is said to be so at the end, and only there."""
    words = [
        s.text
        for strip in strips(killed())
        for s in strip.behind
        if isinstance(s, Text) and s.css == "open"
    ]
    assert words == ["unsettled"]


def test_faults_are_written_apart() -> None:
    """The words of faults that come together do not stand on each other, nor on the line of another."""
    faults = tuple(Fault(1.4 + n / 1000, "worker-1", f"cut it, number {n}") for n in range(6))
    groups = [g for s in strips(replace(killed(), faults=faults)) for g in s.groups]
    of_faults = [g.shapes for g in groups if g.event.kind is Kind.FAULT]
    texts = [s for shapes in of_faults for s in shapes if isinstance(s, Text)]
    lines = [s for shapes in of_faults for s in shapes if isinstance(s, Line)]
    assert len(texts) == len(lines) == 6
    for one, other in pairwise(texts):
        assert one.y != other.y or one.x + LETTER * len(one.text) < other.x
    for text in texts:
        width = LETTER * len(text.text)
        crossed = [s for s in lines if text.x + 5 < s.x1 < text.x + width and s.y1 < text.y < s.y2]
        assert not crossed or text.anchor == "end"


def test_legend() -> None:
    """The legend explains what is there and nothing else."""
    events = events_of(busy(1))
    words = [entry.words for entry in legend_of(events)]
    assert "acked" in words
    assert "redelivered" not in words
    assert "redelivered" in [entry.words for entry in legend_of(events_of(killed()))]


def test_nothing_to_draw() -> None:
    """A case in which nothing happened has no strip."""
    assert strips(Record(1.0)) == ()


def test_missing_effects_are_written_apart() -> None:
    """Words and marks of effects that are missing stand neither on each other nor on a row."""
    names = ("no row in scans", "no publish to notifications", "", "no out/{id}.json") * 3
    lost = tuple(Violation(f"lost {n}", missing=name) for n, name in enumerate(names))
    seen = 0
    for strip in strips(replace(killed(), lost=lost)):
        places = [_room_of(g) for g in strip.groups if g.event.kind in (Kind.MISSING, Kind.ROW)]
        seen += sum(g.event.kind is Kind.MISSING for g in strip.groups)
        for (y, left, right), (other_y, other_left, other_right) in combinations(places, 2):
            assert abs(y - other_y) > MARK or right < other_left or other_right < left
    assert seen == len(names)


def _room_of(group: Group) -> tuple[float, float, float]:
    """Give the height of a mark, and from where to where it and its words reach."""
    mark = next(s for s in group.shapes if isinstance(s, Box) and s.css != "halo")
    ends = [mark.x, mark.x + mark.width]
    for text in (s for s in group.shapes if isinstance(s, Text) and s.css == "open"):
        assert text.text == (group.event.how or "no effect")
        width = LETTER * len(text.text)
        ends += [text.x, text.x - width if text.anchor == "end" else text.x + width]
    return mark.y, min(ends), max(ends)


def test_held_ack_and_commit_are_labelled() -> None:
    """A held ack does not come up to its queue before it is passed on; it and a held commit say what they wait for."""
    held = Settlement(1.2, "ack", is_held=True)
    record = Record(
        2.0,
        Ledger(
            (delivery(1.0, "worker-1", "m", settled=held),),
            database=(CommitBegun(1.3, "worker-1", 1),),
        ),
        faults=(Fault(1.3, "worker-1", f"{HELD_COMMIT} worker-1"),),
    )
    shapes = [s for strip in strips(record) for g in strip.groups for s in g.shapes]
    labels = [s.text for s in shapes if isinstance(s, Text) and s.css == "open"]
    assert labels == ["held", "commit asked for, held"]
    assert not [s for s in shapes if isinstance(s, Text) and s.text == "✓"]
