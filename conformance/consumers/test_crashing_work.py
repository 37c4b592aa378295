"""survives-poison where what fails ends its process: what that had in hand beside comes back as often as the cause.

A quorum queue counts how often each message comes back from a consumer that is lost, and drops what has come back too
often (RabbitMQ 4: more than twenty times), whichever of the messages in hand was to blame. The crash is the case's own:
it kills the process in the middle of its work on one message, each time, and starts it again as a supervisor would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Inconclusive, delivery

from .comebacks import unique_work
from .patience import MOST, patience
from .publishes import published_aside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.rigs.consumers import Process, Rig, Unit

PREFETCH = 5
TEXTS = 3
"""Of the message whose work ends its process; there is a middle of it."""


@pytest.mark.full
@pytest.mark.guarantee("survives-poison", designs=("blocking",))
@pytest.mark.requirement("survives-poison.crashes-beside")
def test_crashes_beside(rig: Rig) -> None:
    """What a worker holds beside a message that ends its process each time is done, or put aside, and not dropped."""
    rig.faults.need_work_that_lasts(TEXTS)
    (worker,) = rig.start.workers(1, prefetch=PREFETCH)
    rig.faults.need_quorum_queue(worker.role)
    holds = rig.faults.hold(delivery, worker)
    cause = unique_work(rig, TEXTS)
    others = [unique_work(rig) for _ in range(PREFETCH - 1)]
    holds.first(rig.deadlines.within(0), "no worker was given a message")
    holds.release()
    crashes = 0
    for _ in range(MOST):
        if not _is_in_its_middle(rig, worker, cause):
            break
        worker.kill()
        crashes += 1
        worker = rig.start.instance(worker.role, prefetch=PREFETCH)
        rig.start.await_ready(worker)
    idle = rig.wait.idle()
    rig.wait.see(lambda: all(map(rig.seen.is_done, others)) or idle(), patience(rig))
    _expect_kept(rig, worker, cause, others)
    if not crashes or rig.seen.is_done(cause):
        raise Inconclusive(
            f"no witness: its work was missed after it had ended {crashes} processes"
        )
    rig.judge()


def _is_in_its_middle(rig: Rig, worker: Process, cause: Unit) -> bool:
    """Wait until a worker is in the middle of its work on a message; False where it is rid of that, or it is gone."""

    def is_held(begun: bool) -> bool:
        own = [d for d in rig.seen.given() if d.instance == worker.name]
        number = next((n for n, d in enumerate(own) if d.message == cause.message_id), None)
        # Whoever works on one at a time, in their order, has begun it when those before it are settled.
        before = own[:number] if begun else []
        return (
            number is not None
            and own[number].settlement is None
            and all(d.settlement is not None for d in before)
        )

    idle = rig.wait.idle()
    rig.wait.see(
        lambda: is_held(begun=True) or (idle() and not is_held(begun=False)), patience(rig)
    )
    middle = rig.faults.least_work(TEXTS) / 2
    rig.wait.see(lambda: not is_held(begun=True), middle)
    return is_held(begun=True)


def _expect_kept(rig: Rig, worker: Process, cause: Unit, others: Sequence[Unit]) -> None:
    """Expect that each innocent message is done or in a queue; what the cause has there is its own."""
    missing = [unit for unit in others if not rig.seen.is_done(unit)]
    bodies = {p.body for p in published_aside(rig, rig.seen.ledger())}
    kept = rig.seen.kept_aside(rig.publish.reply_queue) + rig.seen.ready(worker.role)
    words = f"{len(missing)} of {len(others)} messages that were in hand beside it were not done"
    last = [d for d in rig.seen.given() if d.message in {unit.message_id for unit in missing}]
    rig.expect(
        kept >= len(missing) + (cause.body in bodies),
        f"{words}, and {kept} are in a queue; the process was lost "
        f"{len(rig.instances.workers) - 1} times",
        *map(str, last[-len(missing) :]),
    )
