"""How often work that always fails may be tried, and how long that may take. No case is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.rigs.consumers import Rig

MOST = 25
"""Deliveries; more than any consumer counts to before it gives up."""
PAUSE = 1
"""Document seconds of pause between two tries that a consumer is given time for."""


def patience(rig: Rig) -> float:
    """Give the real seconds in which the smallest work is tried that often, with a pause after each."""
    return rig.deadlines.within(MOST * (rig.work_time(1) + PAUSE))
