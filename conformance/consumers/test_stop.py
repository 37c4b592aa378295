"""graceful-stop: what a stop signal does to the message in hand (document 1, chapter 4, step 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.designs import Role
from fixtures.verdict import Violation

if TYPE_CHECKING:
    from fixtures.rig import Rig
    from fixtures.worlds.protocol import Process

pytestmark = pytest.mark.guarantee("graceful-stop")
TEXTS = 3


@pytest.mark.guarantee(
    "graceful-stop", designs=("blocking", "parts", "parts-random", "pipeline", "rpc")
)
@pytest.mark.requirement("graceful-stop.in-hand")
def test_stopped_in_the_middle_of_work(rig: Rig) -> None:
    """A consumer told to stop in the middle of its work finishes it, acks it, and exits with status 0."""
    rig.start_workers(1)
    busy = rig.catch_at_work(TEXTS)
    in_hand = rig.in_hand(busy)
    busy.stop()
    rig.need(
        lambda: busy.exit_status is not None,
        rig.stops_within(busy, rig.work_time(TEXTS)),
        f"{busy.name} did not exit",
    )
    finished = next(d for d in rig.ledger().to(busy.name) if d.at == in_hand.at)
    acked = finished.settlement is not None and finished.settlement.kind == "ack"
    done = rig.effects() > 0
    rig.judge(
        *_bad_exit(busy),
        *([] if acked else [Violation("the message in hand was not acked", (str(finished),))]),
        *([] if done else [Violation("the message in hand left no effect", (str(finished),))]),
    )


@pytest.mark.requirement("graceful-stop.idle")
def test_stopped_idle(rig: Rig) -> None:
    """An idle consumer told to stop exits with status 0."""
    rig.start()
    consumers = [p for p in rig.processes if p.role is not Role.HTTP]
    for process in consumers:
        process.stop()
    for process in consumers:
        rig.need(
            lambda p=process: p.exit_status is not None,  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            rig.stops_within(process, 0),
            f"{process.name} did not exit",
        )
    rig.judge(*(violation for process in consumers for violation in _bad_exit(process)))


def _bad_exit(process: Process) -> list[Violation]:
    if process.exit_status == 0:
        return []
    return [
        Violation(
            f"{process.name} exited with status {process.exit_status}", (process.output()[-400:],)
        )
    ]
