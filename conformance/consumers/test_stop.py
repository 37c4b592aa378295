"""graceful-stop: what a stop signal does to the message in hand (document 1, chapter 4, step 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.claims.verdict import Violation
from warren.workloads.designs import Role

if TYPE_CHECKING:
    from warren.rigs.consumers.rig import Rig
    from warren.worlds.protocol import Process

pytestmark = pytest.mark.guarantee("graceful-stop")
TEXTS = 3
BEHIND = 4
UNTOLD = 1
"""Document seconds, on an idle machine, in which a process may work on before the signal has reached it."""


@pytest.mark.guarantee(
    "graceful-stop", designs=("blocking", "parts", "parts-random", "pipeline", "rpc")
)
@pytest.mark.requirement("graceful-stop.in-hand")
def test_stopped_in_the_middle_of_work(rig: Rig) -> None:
    """A consumer told to stop in its work finishes and acks it, leaves what waits behind it, and exits with 0."""
    rig.start_slowly(1)  # one that is kept from running for half its work may not have begun it
    in_hand = rig.catch_at_work(TEXTS, behind=BEHIND)
    busy = rig.named(in_hand.instance)
    busy.stop()
    stopped_at = rig.world.now()
    bad_exit = _bad_exit(rig, busy, rig.work_time(TEXTS))
    finished = next(d for d in rig.ledger().to(busy.name) if d.at == in_hand.at)
    acked = finished.settlement is not None and finished.settlement.kind == "ack"
    done = rig.has_effect(in_hand)
    rig.judge(
        *bad_exit,
        *([] if acked else [Violation("the message in hand was not acked", (str(finished),))]),
        *([] if done else [Violation("the message in hand left no effect", (str(finished),))]),
        *_settled_after(rig, busy, stopped_at),
    )


@pytest.mark.requirement("graceful-stop.idle")
def test_stopped_idle(rig: Rig) -> None:
    """An idle consumer told to stop exits with status 0."""
    rig.start_workers(1)
    consumers = [p for p in rig.processes if p.role is not Role.HTTP]
    for process in consumers:
        process.stop()
    rig.judge(*(violation for process in consumers for violation in _bad_exit(rig, process, 0)))


def _settled_after(rig: Rig, process: Process, stopped_at: float) -> list[Violation]:
    """Say which messages an instance settled for good, though they came when it had been told to stop."""
    told_at = stopped_at + rig.deadlines.seconds(UNTOLD) * rig.deadlines.slowness
    return [
        Violation(f"given after the stop, and settled by {d.settlement.kind}", (str(d),))
        for d in rig.ledger().to(process.name)
        if d.settlement is not None
        and not d.settlement.requeue
        and (d.passed_at or 0) > (told_at if d.settlement.kind == "ack" else stopped_at)
    ]


def _bad_exit(rig: Rig, process: Process, work: float) -> tuple[Violation, ...]:
    """Wait for the end of an instance that was told to stop, and say what is wrong with it."""
    still_there = rig.overdue(
        lambda: process.exit_status is not None,
        rig.stops_within(process, work),
        f"{process.name} did not exit",
        process,
    )
    if still_there:
        return still_there
    if process.exit_status:
        words = f"{process.name} exited with status {process.exit_status}"
        return (Violation(words, (process.output()[-400:],)),)
    rig.see(lambda: not rig.ledger().consuming(process.name), rig.deadlines.stopped)
    return tuple(
        Violation(f"{process.name} exited, and its connection is still open", (str(consumer),))
        for consumer in rig.ledger().consuming(process.name)
    )
