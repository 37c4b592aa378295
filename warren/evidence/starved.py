"""When instances waited for a processor, and whether that was too much of a time on which a failure rests.

How it is known is the world's matter, and what follows for a verdict is the rig's.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SHARE: Final = 0.5
"""An instance that waited for a processor for that part of a time, or longer, cannot be told by what it did in it."""
LEAST: Final = 1.0
"""Seconds: to have waited less excuses nobody, and is not known so well."""


@dataclass(frozen=True, slots=True)
class Starved:
    """An instance had something to do, and waited for a processor that the machine had given to others."""

    instance: str
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Span:
    """A time on which a failure may rest, and what came at its end; of one instance, or ("") of whichever."""

    began: float
    ended: float
    words: str
    instance: str = ""

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.ended - self.began


def kept_waiting(span: Span, starved: Iterable[Starved]) -> tuple[str, float] | None:
    """Name the instance that waited longest in a time, and how long (s); None where none did for too much of it."""
    periods: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for each in starved:
        if span.instance in ("", each.instance):
            period = max(each.began, span.began), min(each.ended, span.ended)
            periods[each.instance].append(period)
    waited = {instance: covered(found) for instance, found in periods.items()}
    worst = max(waited, key=lambda instance: waited[instance], default=None)
    if worst is None or waited[worst] < max(LEAST, SHARE * span.seconds):
        return None
    return worst, waited[worst]


def covered(periods: Iterable[tuple[float, float]]) -> float:
    """Give how much time some periods cover together; one that ends before it begins covers none."""
    covered, until = 0.0, float("-inf")
    for began, ended in sorted(periods):
        covered += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return covered
