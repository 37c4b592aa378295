"""graceful-stop: what a stop signal does to the message in hand (document 1, chapter 4, step 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Violation

if TYPE_CHECKING:
    from warren.rigs.consumers import Process, Rig

pytestmark = pytest.mark.guarantee("graceful-stop")
TEXTS = 3
BEHIND = 4
AWAY = 5
"""Document seconds for which the broker is away before the stop: the consumer tries to come back by then."""
UNTOLD = 1
"""Document seconds, on an idle machine, in which a process may work on before the signal has reached it."""


@pytest.mark.guarantee(
    "graceful-stop", designs=("blocking", "parts", "parts-random", "pipeline", "rpc")
)
@pytest.mark.requirement("graceful-stop.in-hand")
def test_stopped_in_the_middle_of_work(rig: Rig) -> None:
    """A consumer told to stop in its work finishes and acks it, leaves what waits behind it, and exits with 0."""
    rig.start.slowly(1)  # one that is kept from running for half its work may not have begun it
    in_hand = rig.faults.catch_at_work(TEXTS, behind=BEHIND)
    busy = rig.instances.named(in_hand.instance)
    busy.stop()
    stopped_at = rig.now()
    bad_exit = _bad_exit(rig, busy, rig.work_time(TEXTS))
    finished = next(d for d in rig.seen.ledger().to(busy.name) if d.at == in_hand.at)
    acked = finished.settlement is not None and finished.settlement.kind == "ack"
    done = rig.seen.has_effect(in_hand)
    rig.expect(acked, "the message in hand was not acked", str(finished))
    rig.expect(done, "the message in hand left no effect", str(finished))
    rig.judge(*bad_exit, *_settled_after(rig, busy, stopped_at))


@pytest.mark.requirement("graceful-stop.idle")
def test_stopped_idle(rig: Rig) -> None:
    """An idle consumer told to stop exits with status 0."""
    rig.start.workers(1)
    consumers = rig.instances.consumers
    for process in consumers:
        process.stop()
    rig.judge(*(violation for process in consumers for violation in _bad_exit(rig, process, 0)))


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement("graceful-stop.broker-away")
def test_stopped_while_the_broker_is_away(rig: Rig) -> None:
    """A consumer told to stop while no broker lets it in ends in its grace time, if it has not ended of the loss."""
    rig.start.workers(1)
    consumers = rig.instances.consumers
    rig.publish.work(1)  # who ends without a broker has shown that it works with one
    rig.wait.need(rig.seen.done, rig.deadlines.within(rig.work_time(1)), "the work was not done")
    for process in consumers:
        process.line.refuse()
    rig.wait.pass_time(AWAY)
    for process in consumers:
        process.stop()
    rig.judge(
        *(
            violation
            for process in consumers
            for violation in rig.wait.overdue(
                lambda p=process: p.exit_status is not None,  # type: ignore[misc]  # mypy cannot infer a lambda with a default
                rig.start.grace(process) + rig.deadlines.stopped,
                f"told to stop while the broker was away, {process.name} did not exit",
                process,
            )
        )
    )


def _settled_after(rig: Rig, process: Process, stopped_at: float) -> list[Violation]:
    """Say which messages an instance settled for good, though they came when it had been told to stop."""
    told_at = stopped_at + rig.deadlines.seconds(UNTOLD) * rig.deadlines.slowness
    return [
        Violation(f"given after the stop, and settled by {d.settlement.kind}", (str(d),))
        for d in rig.seen.ledger().to(process.name)
        if d.settlement is not None
        and not d.settlement.requeue
        and (d.passed_at or 0) > (told_at if d.settlement.kind == "ack" else stopped_at)
    ]


def _bad_exit(rig: Rig, process: Process, work: float) -> tuple[Violation, ...]:
    """Wait for the end of an instance that was told to stop, and say what is wrong with it."""
    still_there = rig.wait.overdue(
        lambda: process.exit_status is not None,
        rig.deadlines.within(work) + rig.start.grace(process),
        f"{process.name} did not exit",
        process,
    )
    if still_there:
        return still_there
    if process.exit_status:
        words = f"{process.name} exited with status {process.exit_status}"
        return (Violation(words, (process.output()[-400:],)),)
    rig.wait.see(lambda: not rig.seen.ledger().consuming(process.name), rig.deadlines.stopped)
    return tuple(
        Violation(f"{process.name} exited, and its connection is still open", (str(consumer),))
        for consumer in rig.seen.ledger().consuming(process.name)
    )
