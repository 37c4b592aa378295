"""Death between any two steps that show outside, and what a unit of work loses or doubles by it.

The places are found, not listed. An undisturbed unit of work shows what its instances publish, settle and commit. In
each of the units that follow, one of them is killed right before, or right after, one of these.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Inconclusive

from .deaths import die, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.rigs.consumers import Place, Rig

SMALLEST, LARGER = 1, 3
BUDGET = 300.0
"""Real seconds in which pairs of places are drawn. It bounds how many are tried, and asserts nothing."""

at_places = pytest.mark.parametrize(
    "after_commits", [False, True], ids=["elsewhere", "after-commits"]
)
"""Right after a commit an instance is held by a line to its database alone; everywhere else it always can be."""


@at_places
@pytest.mark.parametrize("size", [SMALLEST, pytest.param(LARGER, marks=pytest.mark.full)])
@pytest.mark.quick(designs=("blocking",), first=True)
@pytest.mark.guarantee("no-loss", "effect-once")
@pytest.mark.requirement("no-loss.killed-at-any-step", "effect-once.killed-at-any-step")
def test_killed_at_any_step(rig: Rig, size: int, after_commits: bool) -> None:
    """A unit of work of which an instance is killed right before or after any step leaves its effects, once."""
    found = places(rig, size, needs_line=after_commits)
    _die(rig, size, [(place,) for place in found])
    rig.judge(*rig.deaths.losses, requirement="no-loss.killed-at-any-step")
    rig.judge(*rig.deaths.duplicates, requirement="effect-once.killed-at-any-step")


@pytest.mark.full
@pytest.mark.guarantee("no-loss", "effect-once")
@pytest.mark.requirement("no-loss.killed-twice", "effect-once.killed-twice")
def test_killed_twice(rig: Rig) -> None:
    """A unit of work of which two instances are killed, one after the other at any step, leaves its effects, once."""
    _die(rig, SMALLEST, _pairs(rig), until=rig.now() + BUDGET)
    rig.judge(*rig.deaths.losses, requirement="no-loss.killed-twice")
    rig.judge(*rig.deaths.duplicates, requirement="effect-once.killed-twice")


@at_places
@pytest.mark.quick(first=True)
@pytest.mark.guarantee("rpc-request-kept")
@pytest.mark.requirement("rpc-request-kept.killed-at-any-step")
def test_server_killed_at_any_step(rig: Rig, after_commits: bool) -> None:
    """A request whose server is killed right before or after any step is done and answered all the same."""
    found = places(rig, SMALLEST, needs_line=after_commits)
    _die_answering(rig, [(place,) for place in found])
    rig.judge(*rig.deaths.losses)


@pytest.mark.full
@pytest.mark.guarantee("rpc-request-kept")
@pytest.mark.requirement("rpc-request-kept.killed-twice")
def test_server_killed_twice(rig: Rig) -> None:
    """A request whose server is killed at any step, and the next one too, is done and answered all the same."""
    _die_answering(rig, _pairs(rig), until=rig.now() + BUDGET)
    rig.judge(*rig.deaths.losses)


@pytest.mark.full
@at_places
@pytest.mark.guarantee("routes-task")
@pytest.mark.requirement("routes-task.killed-at-any-step")
def test_caller_killed_at_any_step(rig: Rig, after_commits: bool) -> None:
    """A task that was accepted by a role that is killed right before or after any step, its answer too, is done."""
    if after_commits:
        rig.database.need_line()
    found = [place for place in rig.deaths.find_called() if place.needs_line == after_commits]
    if not found:
        raise Inconclusive("no witness: no task was accepted, or nothing was committed for it")
    for _ in die(
        rig, [(place,) for place in found], lambda schedule: rig.deaths.die_called(*schedule)
    ):
        pass
    rig.judge(*rig.deaths.losses)


def _pairs(rig: Rig) -> list[tuple[Place, ...]]:
    """Give all pairs of places that can be held here, in an order that the seed decides."""
    found = rig.deaths.find(SMALLEST)
    held = [place for place in found if rig.database.has_line or not place.needs_line]
    return rig.deaths.shuffled(product(held, repeat=2))


def _die(
    rig: Rig, size: int, schedules: Sequence[tuple[Place, ...]], until: float = float("inf")
) -> None:
    for _ in die(rig, schedules, lambda schedule: rig.deaths.die(size, *schedule), until):
        pass


def _die_answering(
    rig: Rig, schedules: Sequence[tuple[Place, ...]], until: float = float("inf")
) -> None:
    """Die as a server does whose request must be answered in the end, by whoever it is."""
    for death in die(rig, schedules, lambda schedule: rig.deaths.die(SMALLEST, *schedule), until):
        answered = rig.wait.see(
            lambda d=death: bool(rig.publish.replies_to(d.message)),  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            rig.deadlines.stopped,
        )
        evidence = map(str, rig.seen.ledger().of(death.message))
        rig.expect(answered, f"the request got no reply; {death}", *evidence)
