"""Places: two for each step of an undisturbed unit of work, numbered by role and kind."""

from __future__ import annotations

from warren.evidence.steps import COMMIT, Step
from warren.rigs.consumers.places import Place, Side, places_of
from warren.workloads.course.roles import PART, STREAM

ROLES = {"stream-1": STREAM, "stream-2": STREAM, "part-1": PART}


def test_each_step_has_a_place_on_either_side() -> None:
    """Steps of one kind are counted over all instances of a role; the roles come by name."""
    steps = (
        Step(1.0, "stream-1", "basic.publish"),
        Step(2.0, "part-1", COMMIT),
        Step(3.0, "stream-2", "basic.publish"),
    )
    assert [str(place) for place in places_of(steps, ROLES)] == [
        "before commit 1 of role part",
        "after commit 1 of role part",
        "before basic.publish 1 of role stream",
        "after basic.publish 1 of role stream",
        "before basic.publish 2 of role stream",
        "after basic.publish 2 of role stream",
    ]


def test_no_steps_no_places() -> None:
    """Who does nothing has no place to die at."""
    assert places_of((), ROLES) == ()


def test_what_needs_a_line() -> None:
    """Only the place right after a commit needs a line to the database."""
    steps = (Step(1.0, "part-1", COMMIT), Step(2.0, "part-1", "basic.ack"))
    needing = [place for place in places_of(steps, ROLES) if place.needs_line]
    assert needing == [Place(Side.AFTER, PART, COMMIT, 1)]
