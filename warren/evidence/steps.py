"""The steps of an instance that show outside: what it publishes and settles, and what it commits.

Between any two of them an instance may die, and nobody but itself knew more than the steps before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warren.evidence.commits import CommitBegun
from warren.evidence.frames import Direction, FrameSeen
from warren.simulator.wire import BasicAck, BasicNack, BasicPublish, BasicReject, TxCommit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.evidence.frames import Fact

COMMIT: Final = "commit"
"""The name of a commit that writes; a frame has that of its method."""
FRAMES: Final = {m.NAME: m for m in (BasicPublish, BasicAck, BasicNack, BasicReject, TxCommit)}
"""The methods by which an instance changes what the broker has, by their names."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that an instance did, or asked for: when it was seen, whose it is, and its name."""

    at: float
    instance: str
    name: str


def steps_of(facts: Iterable[Fact]) -> tuple[Step, ...]:
    """Give the steps among facts, in their order."""
    return tuple(
        Step(fact.at, fact.instance, name)
        for fact in facts
        if isinstance(fact, FrameSeen | CommitBegun) and (name := _name(fact))
    )


def _name(fact: FrameSeen | CommitBegun) -> str:
    if isinstance(fact, CommitBegun):
        return COMMIT
    if fact.direction is not Direction.TO_BROKER:
        return ""
    return next((name for name, kind in FRAMES.items() if isinstance(fact.content, kind)), "")
