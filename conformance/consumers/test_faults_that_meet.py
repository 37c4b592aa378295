"""Faults that meet, or come often: what one leaves in a consumer (a flag, a place taken, a count), the next finds.

survives-connection-loss, survives-blocked and survives-database-loss, where each fault alone does no harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import STREAM, delivery, publish

from .comebacks import ended, new_work, not_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.rigs.consumers import Process, Rig

TEXTS = 2
BOUND = 2
MANY = 10
AWAY = 3
"""Document seconds in which work that is over has met that its table is missing."""
LONG = 33.0
"""Real seconds for which a table is missing: longer than people let a message wait before they ack it all the same."""
LARGE = 1_000_000
"""Octets of a package, and of its part still more: all together are more than the buffers of a connection hold."""


@pytest.mark.full
@pytest.mark.guarantee(
    "survives-blocked", designs=("parts", "parts-random", "pipeline", "task", "rpc")
)
@pytest.mark.requirement("survives-blocked.lost-meanwhile")
def test_cut_while_blocked(rig: Rig) -> None:
    """Who loses its connection while that is blocked publishes on the new one, which is not."""
    rig.start.workers(1, http=True)
    instances = rig.instances.all
    rig.faults.block(*instances)
    for _ in range(2):  # the broker reads the first publish of each connection
        rig.publish.work(TEXTS)
    calls = [rig.calls.begin() for _ in range(2)] if rig.workload.caller is not None else []
    rig.wait.need(
        lambda: bool(ended(rig, instances)) or _have_published(rig, instances),
        rig.deadlines.within(rig.work_time(TEXTS)),
        "nobody published while memory was short",
    )
    rig.wait.see(lambda: bool(ended(rig, instances)), rig.deadlines.noticed)
    lost_at = rig.now()
    for process in instances:
        process.line.cut()
        process.line.unblock()
    violations = not_back(rig, lost_at, instances)
    rig.calls.answers(*calls)
    rig.wait.finish(rig.work_time(2 * TEXTS))
    rig.judge(*(violations or rig.seen.losses() or new_work(rig)))


@pytest.mark.full
@pytest.mark.guarantee("survives-connection-loss")
@pytest.mark.requirement("survives-connection-loss.keeps-bound")
def test_cut_within_its_bound(rig: Rig) -> None:
    """Told to do two, a consumer whose connection is cut after the first does one more; the third is ready."""
    worker = rig.workload.worker
    bounded = rig.start.instance(worker, max_messages=BOUND)
    others = [rig.start.instance(r) for r in rig.workload.roles if r != worker and r.consumes]
    rig.start.await_ready(bounded, *others)
    first = rig.publish.work(1)
    rig.wait.need(
        lambda: rig.seen.is_done(first) and rig.seen.at_rest(),
        rig.deadlines.within(rig.work_time(1)),
        "the first message was not done",
    )
    lost_at = rig.now()
    bounded.line.cut()
    violations = not_back(rig, lost_at, [bounded])
    if not violations:
        for _ in range(BOUND):
            rig.publish.work(1)
        violations += rig.wait.overdue(
            lambda: bounded.exit_status is not None,
            rig.deadlines.within(rig.work_time(BOUND)),
            f"{bounded.name} did not exit",
            bounded,
        )
    if not violations:
        is_left = rig.wait.see(lambda: rig.seen.ready(worker) == 1, rig.deadlines.stopped)
        words = f"{rig.seen.ready(worker)} messages are ready, not the one beyond its bound"
        rig.expect(is_left, words, *map(str, rig.seen.ledger().to(bounded.name)))
    rig.judge(*violations)


@pytest.mark.full
@pytest.mark.guarantee("survives-connection-loss", designs=("parts", "pipeline"))
@pytest.mark.requirement("survives-connection-loss.writing")
def test_cut_while_writing(rig: Rig) -> None:
    """Who loses its connection while that takes no more of ten large messages publishes them on the new one."""
    rig.start.workers(1, prefetch=MANY)
    (stream,) = rig.instances.of(STREAM)
    holds = rig.faults.hold(
        publish, stream
    )  # and what follows: the line reads a megabyte of it, and then no more
    for _ in range(MANY):
        rig.publish.sized(LARGE)
    rig.wait.see(lambda: bool(ended(rig, [stream])), rig.deadlines.noticed)
    lost_at = rig.now()
    stream.line.cut()
    holds.release()
    violations = not_back(rig, lost_at, [stream])
    rig.wait.finish(rig.work_time(1) * MANY)
    rig.judge(*(violations or rig.seen.losses() or new_work(rig)))


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("survives-database-loss")
@pytest.mark.requirement("survives-database-loss.stopped")
def test_stopped_without_tables(rig: Rig) -> None:
    """Work whose table is missing when its consumer is told to stop is done by the next one, or kept in a queue."""

    def stop(worker: Process) -> None:
        worker.stop()
        rig.wait.see(
            lambda: worker.exit_status is not None, rig.start.grace(worker) + rig.deadlines.stopped
        )

    _leave_without_tables(rig, rig.work_time(1) + AWAY * rig.deadlines.slowness, stop)


@pytest.mark.full
@pytest.mark.guarantee("survives-database-loss", designs=("blocking",))
@pytest.mark.requirement("survives-database-loss.killed-waiting")
def test_killed_after_a_long_wait(rig: Rig) -> None:
    """Work whose table is missing for half a minute, and whose consumer is killed then, is done by another, or kept."""
    waiting = LONG / rig.deadlines.seconds(1)
    _leave_without_tables(rig, waiting, lambda worker: worker.kill())


def _leave_without_tables(rig: Rig, waiting: float, end: Callable[[Process], object]) -> None:
    """Have a worker meet that its table is missing, and end it; another takes over when the table is there again."""
    (worker,) = rig.start.workers(1)
    holds = rig.faults.hold(delivery, worker)
    rig.publish.work(1)
    holds.first(rig.deadlines.within(0), f"{worker.name} was given no message")
    with rig.database.without_tables():
        holds.release()
        rig.wait.see(lambda: worker.exit_status is not None, rig.deadlines.seconds(waiting))
        end(worker)
        worker.kill()  # if it is still there
    rig.start.another_worker()
    rig.wait.finish(rig.work_time(1))
    rig.judge(*(() if rig.seen.kept_aside() > 0 else rig.seen.losses()))


def _have_published(rig: Rig, instances: list[Process]) -> bool:
    ledger = rig.seen.ledger()
    return any(ledger.published_by(process.name) for process in instances)
