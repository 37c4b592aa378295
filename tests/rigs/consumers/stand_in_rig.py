"""A rig on a stand-in world, with two requirements to judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.stand_ins import StandInWorld, implementation
from warren.claims.catalogue import Level, Requirement
from warren.rigs.consumers import Rig
from warren.rigs.pace import PACES
from warren.workloads import WORKLOADS

if TYPE_CHECKING:
    from warren.rigs.consumers.starts import KnownStart

MUST = Requirement("no-loss.crash", Level.MUST, "It comes again.", "document 1")


SHOULD = Requirement("no-loss.kept", Level.SHOULD, "It is kept.", "document 1")


def rig_of(
    world: StandInWorld, design: str = "blocking", *, known: KnownStart | None = None
) -> Rig:
    """Make a rig on one design."""
    return Rig(
        world,
        implementation(design),
        WORKLOADS[design],
        PACES["fast"],
        (MUST, SHOULD),
        known=known,
    )
