"""Places at which an instance may die: right before, and right after, each of its steps that show outside.

A place is known by its role and by which step of its kind it is, counted from when somebody waits there. So the same
place comes again in the next unit of work, whoever plays the role.
"""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warren.evidence.steps import COMMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from warren.evidence.steps import Step
    from warren.workloads import Role

ANSWER: Final = "answer"
"""The step of who answers a call; it is one however much it writes."""


class Side(enum.StrEnum):
    """Whether the step has been done outside when its instance dies; the instance has no word of it."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Place:
    """Right before or after one step of a role; its steps of a kind are numbered from 1."""

    side: Side
    role: Role
    step: str
    number: int

    @property
    def needs_line(self) -> bool:
        """Whether it can be held only where something stands between an instance and its database."""
        return self.step == COMMIT and self.side is Side.AFTER

    def __str__(self) -> str:
        """Name it for a person."""
        return f"{self.side} {self.step} {self.number} of role {self.role}"


def places_of(steps: Iterable[Step], roles: Mapping[str, Role]) -> tuple[Place, ...]:
    """Give the places of an undisturbed unit of work, by its steps; `roles` tells what each instance plays.

    They come role by role: in which order two roles do their steps is chance.
    """
    counted = Counter((roles[step.instance], step.name) for step in steps)
    return tuple(
        Place(side, role, name, number)
        for (role, name), count in sorted(counted.items(), key=lambda item: str(item[0][0]))
        for number in range(1, count + 1)
        for side in Side
    )
