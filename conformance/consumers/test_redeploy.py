"""survives-redeploy: a new instance takes over while an old one is still there (document 1, chapter 4, step 2).

What an old instance may still have, an exclusive consumer or queue, the rig has in its stead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import refusal

from .comebacks import new_work, not_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.rigs.consumers import Exclusive, Rig, Role

pytestmark = pytest.mark.guarantee("survives-redeploy")
TEXTS = 3
BEHIND = 2
REFUSED = 5.0
"""Real seconds for which the new instance is refused: the usual grace of an old one."""


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee(
    "survives-redeploy", designs=("blocking", "parts", "parts-random", "pipeline", "rpc")
)
@pytest.mark.requirement("survives-redeploy.old-stops")
def test_old_stops(rig: Rig) -> None:
    """An instance that starts while an old one stops in its work consumes, and all work is done."""
    rig.start.workers(1)
    old = rig.instances.named(rig.faults.catch_at_work(TEXTS, behind=BEHIND).instance)
    stopped_at = rig.now()
    old.stop()
    new = rig.start.instance(old.role)
    violations = not_back(rig, stopped_at, [new], rig.start.ready_within)
    rig.wait.finish(rig.work_time(TEXTS) * (1 + BEHIND))
    rig.judge(*(violations or rig.seen.losses()))


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement("survives-redeploy.exclusive-consumer")
def test_exclusive_consumer(rig: Rig) -> None:
    """An instance that is refused while its queue has an exclusive consumer (403) consumes once that has gone."""
    _start_refused(rig, rig.faults.exclusive_consumer)


@pytest.mark.full
@pytest.mark.requirement("survives-redeploy.exclusive-queue")
def test_exclusive_queue(rig: Rig) -> None:
    """An instance that is refused while its queue is exclusive to another (405) consumes once that has gone."""
    _start_refused(rig, rig.faults.exclusive_queue)


def _start_refused(rig: Rig, occupy: Callable[[Role], Exclusive]) -> None:
    """Start a worker whose queue another has to itself, and give work once that is over."""
    worker = rig.workload.worker
    rig.start.declare_own()
    occupied = occupy(worker)
    rig.start.workers(0, http=True)
    new = rig.start.instance(worker)
    refusals = rig.faults.hold(refusal, new)
    rig.wait.witness(
        lambda: bool(refusals.caught()),
        rig.start.ready_within,
        f"the broker did not refuse {new.name}",
    )
    refusals.release()
    rig.wait.see(lambda: new.exit_status is not None, REFUSED)
    given_up_at = rig.now()
    occupied.close()
    rig.judge(*(not_back(rig, given_up_at, [new]) or new_work(rig)))
