"""Units of work whose instances die at given places, one after the other. No case is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.rigs.consumers import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from warren.rigs.consumers import Death, Place, Rig

TRIES = 5
"""How often a place is tried: commits to a file of SQLite may follow each other too quickly to be held."""
MOST_NAMED = 8
"""How many of the places that did not come are named."""


def places(rig: Rig, size: int, *, needs_line: bool) -> list[Place]:
    """Find the places of a unit of work: those right after a commit, for which a line is needed, or all others."""
    if needs_line:
        rig.database.need_line()
    found = [place for place in rig.deaths.find(size) if place.needs_line == needs_line]
    if not found:
        raise Inconclusive("no witness: no instance committed anything")
    return found


def die(
    rig: Rig,
    schedules: Sequence[tuple[Place, ...]],
    once: Callable[[tuple[Place, ...]], Death],
    until: float = float("inf"),
) -> Iterator[Death]:
    """Give the deaths of each schedule in turn, those begun until then, and measure how many there were."""
    came = 0
    passed_over: list[str] = []
    for schedule in schedules:
        if rig.now() >= until:
            break
        death = _caught(schedule, once)
        if len(death.killed) == len(schedule):
            came += 1
            yield death
        elif death.is_undisturbed_harm:
            break
        else:
            passed_over.append(", then ".join(map(str, schedule)))
    if not came and not rig.deaths.losses and not rig.deaths.duplicates:
        raise Inconclusive("no witness: none of the places came again, so nobody was killed")
    rig.measure(
        "deaths",
        killed=came,
        of=len(schedules),
        not_tried=len(schedules) - came - len(passed_over),
        did_not_come=len(passed_over),
        namely=passed_over[:MOST_NAMED],
        seed=rig.deaths.seed,
    )


def _caught(schedule: tuple[Place, ...], once: Callable[[tuple[Place, ...]], Death]) -> Death:
    death = once(schedule)
    for _ in range(TRIES - 1):
        if not death.missed or death.is_undisturbed_harm:
            break
        death = once(schedule)
    return death
