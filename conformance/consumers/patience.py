"""How often work that always fails may be tried, how long that may take, and when it is over. No case is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.rigs.consumers import Delivery, Rig

MOST = 25
"""Deliveries; more than any consumer counts to before it gives up."""
PAUSE = 1
"""Document seconds of pause between two tries that a consumer is given time for."""

LEAST = 60.0
"""Real seconds that it is given all the same: the pauses of a consumer may know nothing of the document's second."""


def patience(rig: Rig) -> float:
    """Give the real seconds in which the smallest work is tried that often, with pauses; a minute at least."""
    return max(LEAST, rig.deadlines.within(MOST * (rig.work_time(1) + PAUSE)))


def is_last(tried: Delivery, *, is_kept: bool) -> bool:
    """Whether a try was settled for good; what is put back is, where a broker's delivery limit has put it aside."""
    settlement = tried.settlement
    return settlement is not None and (is_kept or not settlement.requeue)
