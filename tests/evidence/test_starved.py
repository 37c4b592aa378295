"""How much of a time an instance waited for a processor, and whether that was too much."""

from __future__ import annotations

import pytest

from warren.evidence.starved import Span, Starved, kept_waiting

FOUR_SECONDS = Span(10.0, 14.0, "its deadline")


@pytest.mark.parametrize(
    ("waits", "kept"),
    [
        pytest.param([(10.0, 12.0)], 2.0, id="half of it"),
        pytest.param([(10.0, 11.9)], None, id="less than half"),
        pytest.param([(10.0, 11.0), (13.0, 14.0)], 2.0, id="at two times"),
        pytest.param([(10.0, 13.0), (11.0, 12.0), (12.5, 13.5)], 3.5, id="no moment counts twice"),
        pytest.param([(0.0, 10.0), (14.0, 20.0)], None, id="before it and after it"),
        pytest.param([(5.0, 12.0), (13.5, 20.0)], 2.5, id="only what lies in it"),
        pytest.param([], None, id="never"),
    ],
)
def test_considerable(waits: list[tuple[float, float]], kept: float | None) -> None:
    """Who waited for half of a time, or longer, had too little of it."""
    found = kept_waiting(FOUR_SECONDS, [Starved("part-1", *wait) for wait in waits])
    assert (found and found[0]) == (None if kept is None else "part-1")
    assert (found and found[1]) == (None if kept is None else pytest.approx(kept))


def test_short() -> None:
    """A wait that is hardly one is not considerable, however short the time is."""
    span = Span(10.0, 10.4, "its deadline")
    assert kept_waiting(span, [Starved("part-1", 10.0, 10.4)]) is None


def test_whose() -> None:
    """Of several the one that waited longest is named; where the time is an instance's own, no other counts."""
    starved = [Starved("part-1", 10.0, 12.5), Starved("part-2", 10.5, 14.0)]
    assert kept_waiting(FOUR_SECONDS, starved) == ("part-2", 3.5)
    assert kept_waiting(Span(10.0, 14.0, "", "part-1"), starved) == ("part-1", 2.5)
    assert kept_waiting(Span(10.0, 14.0, "", "part-3"), starved) is None
    both = [Starved("part-1", 10.0, 11.5), Starved("part-2", 11.5, 13.0)]
    assert kept_waiting(FOUR_SECONDS, both) is None
