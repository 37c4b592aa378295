"""How often work that always fails may be tried, and how long that may take. No case is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.rigs.consumers import Rig

MOST = 25
"""Deliveries; more than any consumer counts to before it gives up."""
PAUSE = 1
"""Document seconds of pause between two tries that a consumer is given time for."""

LEAST = 60.0
"""Real seconds that it is given all the same: the pauses of a consumer may know nothing of the document's second."""


def patience(rig: Rig) -> float:
    """Give the real seconds in which the smallest work is tried that often, with pauses; a minute at least."""
    return max(LEAST, rig.deadlines.within(MOST * (rig.work_time(1) + PAUSE)))
