"""How long a consumer's work takes, where its manifest does not say: seen once in a run, on one message.

Nothing is in its way. It is done in a world of its own before the first case. Deadlines of all cases follow it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from warren.errors import WarrenError
from warren.rigs.consumers.rig import Rig
from warren.workloads.own import OwnWorkload

if TYPE_CHECKING:
    from warren.claims.implementation import Implementation
    from warren.rigs.consumers.recording import Worlds
    from warren.rigs.pace import Pace
    from warren.workloads import Workload

_WITHIN: Final = 30.0
"""Seconds in which the message must be done, for its time to be known."""


def with_seconds(
    worlds: Worlds, implementation: Implementation, workload: Workload, pace: Pace
) -> Workload:
    """Give a workload that knows how long its work takes. One that is never done stays as it is: its cases tell why."""
    if not isinstance(workload, OwnWorkload) or workload.is_timed:
        return workload
    own = workload

    def make() -> dict[str, Any]:
        try:
            return {"seconds": _seen(worlds, implementation, own.unstretched(), pace)}
        except WarrenError:
            return {"seconds": None}

    made = worlds.once(f"seconds of {own.slug} in {implementation.path}", make)
    return own.timed(made["seconds"])


def _seen(
    worlds: Worlds, implementation: Implementation, workload: OwnWorkload, pace: Pace
) -> float | None:
    """Give the time from a delivery to its effect and its ack, whichever is later; None where one never came."""
    around = implementation.designs[workload.slug].surroundings
    with worlds.world(implementation.migrate, around, restarts=False) as world:
        rig = Rig(world, implementation, workload, pace, ())
        rig.start.workers(1)
        unit = rig.publish.work(1)

        def is_over() -> bool:
            return rig.seen.ledger().settled(unit.message_id) and rig.seen.done()

        if not world.wait_for(is_over, _WITHIN):
            return None
        return world.now() - rig.seen.ledger().of(unit.message_id)[0].at
