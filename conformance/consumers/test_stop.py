"""graceful-stop: what a stop signal does to the message in hand, and to the connection (document 1, chapter 4, step 2).

Whether an end is orderly is told by the wire: what was in hand is acked, then comes connection.close (AMQP 0-9-1). The
exit status alone says nothing: a program may lose its work and exit with 0, and a JVM that ends in order has 143.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Violation, delivery

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from warren.rigs.consumers import Process, Rig

pytestmark = pytest.mark.guarantee("graceful-stop")
TEXTS = 3
BEHIND = 4
AWAY = 5
"""Document seconds for which the broker, or a table, is away before the stop: the consumer tries again by then."""
UNTOLD = 1
"""Document seconds, on an idle machine, in which a process may work on before the signal has reached it."""


@pytest.mark.guarantee(
    "graceful-stop", designs=("blocking", "parts", "parts-random", "pipeline", "rpc")
)
@pytest.mark.requirement("graceful-stop.in-hand")
def test_stopped_in_the_middle_of_work(rig: Rig) -> None:
    """A consumer told to stop in its work finishes and acks it, leaves what waits behind it, and closes in order."""
    rig.start.slowly(1)  # one that is kept from running for half its work may not have begun it
    in_hand = rig.faults.catch_at_work(TEXTS, behind=BEHIND)
    busy = rig.instances.named(in_hand.instance)
    stopped_at = rig.now()
    busy.stop()
    told_at = rig.now()
    bad_end = _bad_end(rig, busy, stopped_at, rig.work_time(TEXTS))
    finished = next(d for d in rig.seen.ledger().to(busy.name) if d.at == in_hand.at)
    settled = finished.settlement
    acked = settled is not None and settled.kind == "ack" and not settled.after_close
    done = rig.seen.has_effect(in_hand)
    rig.expect(acked, "the message in hand was not acked", str(finished))
    rig.expect(done, "the message in hand left no effect", str(finished))
    rig.judge(*bad_end, *_settled_after(rig, busy, told_at))


@pytest.mark.requirement("graceful-stop.idle", "graceful-stop.status")
def test_stopped_idle(rig: Rig) -> None:
    """An idle consumer told to stop closes its connection in order, and exits, with status 0 if it can."""
    rig.start.workers(1)
    consumers = rig.instances.consumers
    stopped_at = rig.now()
    for process in consumers:
        process.stop()
    bad = [v for process in consumers for v in _bad_end(rig, process, stopped_at, 0)]
    rig.judge(*bad, requirement="graceful-stop.idle")
    for process in consumers:
        status = process.exit_status
        ended = "did not exit" if status is None else f"exited with status {status}"
        rig.expect(status == 0, f"{process.name} {ended}", *rig.seen.printed(process))
    rig.judge(requirement="graceful-stop.status")


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
    rig.judge(*_overdue(rig, consumers, "the broker was away"))


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("graceful-stop", designs=("blocking", "task"))
@pytest.mark.requirement("graceful-stop.blocked")
def test_stopped_while_blocked(rig: Rig) -> None:
    """A consumer that only acks, told to stop while it is told that memory is short, ends in its grace time."""
    rig.start.workers(1)
    consumers = rig.instances.consumers
    rig.publish.work(1)
    rig.wait.need(rig.seen.done, rig.deadlines.within(rig.work_time(1)), "the work was not done")
    rig.faults.need_acks_alone(*consumers)
    rig.faults.block(*consumers, tells_all=True)
    rig.publish.work(1)
    rig.wait.see(rig.seen.done, rig.deadlines.within(rig.work_time(1)))
    for process in consumers:
        process.stop()
    rig.judge(*_overdue(rig, consumers, "the broker was short of memory"))


@pytest.mark.full
@pytest.mark.requirement("graceful-stop.database-away")
def test_stopped_while_a_table_is_away(rig: Rig) -> None:
    """A consumer told to stop while its work finds no table ends in its grace time, if it has not ended of that."""
    workers = rig.start.workers(1)
    rig.publish.work(1)
    rig.wait.need(rig.seen.done, rig.deadlines.within(rig.work_time(1)), "the work was not done")
    holds = rig.faults.hold(delivery, *workers)
    rig.publish.work(1)
    holds.first(rig.deadlines.within(0), "no worker was given a message")
    with rig.database.without_tables():
        holds.release()
        rig.wait.pass_time(rig.work_time(1) + AWAY)
        for process in workers:
            process.stop()
        late = _overdue(rig, workers, "its table was away")
    rig.judge(*late)


def _overdue(rig: Rig, processes: Sequence[Process], meanwhile: str) -> list[Violation]:
    """Wait until the processes, which were told to stop, have ended; say who does not in its grace time."""
    return [
        violation
        for process in processes
        for violation in rig.wait.overdue(
            lambda p=process: p.exit_status is not None,  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            rig.start.grace(process) + rig.deadlines.stopped,
            f"told to stop while {meanwhile}, {process.name} did not exit",
            process,
        )
    ]


def _settled_after(rig: Rig, process: Process, stopped_at: float) -> list[Violation]:
    """Say which messages an instance settled for good, though they came when it had been told to stop."""
    told_at = stopped_at + rig.deadlines.seconds(UNTOLD) * rig.deadlines.slowness
    late = [
        (d, d.passed_at, d.settlement.kind)
        for d in rig.seen.ledger().to(process.name)
        if d.settlement is not None and d.passed_at is not None and not d.settlement.requeue
    ]
    found = []
    for d, given_at, kind in late:
        if given_at > (told_at if kind == "ack" else stopped_at):
            rig.wait.rests_on(stopped_at, given_at, "it was given another message", process.name)
            found.append(Violation(f"given after the stop, and settled by {kind}", (str(d),)))
    return found


def _bad_end(rig: Rig, process: Process, stopped_at: float, work: float) -> tuple[Violation, ...]:
    """Wait for the end of an instance that was told to stop, and say what is wrong with it."""
    still_there = rig.wait.overdue(
        lambda: process.exit_status is not None,
        rig.deadlines.within(work) + rig.start.grace(process),
        f"{process.name} did not exit",
        process,
    )
    if still_there:
        return still_there
    rig.wait.see(lambda: not rig.seen.everything().open_of(process.name), rig.deadlines.stopped)
    return tuple(_bad_connections(rig, process, stopped_at))


def _bad_connections(rig: Rig, process: Process, stopped_at: float) -> Iterator[Violation]:
    """Say which connections an instance left open, or ended without connection.close."""
    for connection in rig.seen.everything().open_of(process.name):
        yield Violation(
            f"{process.name} exited, and its connection is still open", (str(connection),)
        )
    for end in rig.seen.ledger().ends:
        in_order = end.by == "client" and end.how == "close"
        if end.instance == process.name and end.at > stopped_at and not in_order:
            words = f"{process.name} ended connection {end.connection} without connection.close"
            yield Violation(words, (str(end),))
