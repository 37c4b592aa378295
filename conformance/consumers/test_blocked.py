"""survives-blocked: a broker that is short of memory says so, and reads publishers no more until it has some again.

A connection that has published nothing is read as before, and RabbitMQ does not even tell it; another broker may. What
the broker says and does is forged, but where it is the case's own and has a real alarm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import delivery

from .comebacks import ended, new_work

if TYPE_CHECKING:
    from warren.rigs.consumers import HttpReply, Rig

TEXTS = 3
CALLS = 2
"""The broker reads the first publish of each connection, so that it is the second that waits."""


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("survives-blocked", designs=("blocking", "parts", "parts-random", "task"))
@pytest.mark.requirement("survives-blocked.acks")
def test_blocked_while_it_acks(rig: Rig) -> None:
    """A consumer that publishes nothing works and acks while memory is short, and afterwards."""
    rig.start.workers(1, http=True)
    workers = rig.instances.workers
    rig.faults.block(*workers, tells_all=True)
    rig.publish.work(1)
    rig.wait.finish(rig.work_time(1))
    violations = [*ended(rig, workers), *rig.seen.losses()]
    rig.faults.unblock(*workers)
    rig.judge(*(violations or new_work(rig) or ended(rig, workers)))


@pytest.mark.quick(designs=("parts",))
@pytest.mark.guarantee(
    "survives-blocked", designs=("parts", "parts-random", "pipeline", "task", "rpc")
)
@pytest.mark.requirement("survives-blocked.publishes")
def test_blocked_while_it_publishes(rig: Rig) -> None:
    """Who is blocked in the middle of its publishes, for longer than two heartbeats, goes on when memory is there."""
    rig.start.workers(1, http=True)
    instances = rig.instances.all
    rig.faults.block(*instances)
    for _ in range(CALLS):
        rig.publish.work(TEXTS)
    answers = _call(rig)
    rig.wait.need(
        lambda: bool(ended(rig, instances)) or _have_published(rig),
        rig.deadlines.within(rig.work_time(TEXTS)),
        "nobody published while memory was short",
    )
    rig.wait.see(lambda: bool(ended(rig, instances)), rig.deadlines.noticed)
    rig.faults.unblock(*instances)
    _judge_afterwards(rig, answers)


@pytest.mark.full
@pytest.mark.restarts_broker
@pytest.mark.guarantee("survives-blocked")
@pytest.mark.requirement("survives-blocked.memory-alarm")
def test_memory_alarm(rig: Rig) -> None:
    """While the broker itself is short of memory, longer than two heartbeats, nobody ends; then all work is done."""
    rig.start.workers(1, http=True)
    instances = rig.instances.all
    holds = rig.faults.hold(delivery, *rig.instances.consumers)
    for _ in range(CALLS):
        rig.publish.work(TEXTS)
    holds.first(rig.deadlines.within(0), "nobody was given a message")
    with rig.faults.short_of_memory():
        holds.release()
        answers = _call(rig)
        rig.wait.see(lambda: bool(ended(rig, instances)), rig.deadlines.noticed)
    _judge_afterwards(rig, answers)


def _have_published(rig: Rig) -> bool:
    ledger = rig.seen.ledger()
    return any(ledger.published_by(process.name) for process in rig.instances.all)


def _call(rig: Rig) -> list[HttpReply]:
    """Call while memory is short, where there is somebody to call; an answer may be an error."""
    if rig.workload.caller is None:
        return []
    return rig.calls.answers(*[rig.calls.begin() for _ in range(CALLS)])


def _judge_afterwards(rig: Rig, answers: list[HttpReply]) -> None:
    """Wait until all is done that was sent, and what was accepted meanwhile; then give new work."""
    rig.wait.finish(rig.work_time(CALLS * TEXTS))
    violations = [*ended(rig, rig.instances.all), *rig.seen.losses()]
    if answers:
        _judge_answers(rig, answers)
    rig.judge(*(violations or new_work(rig)))


def _judge_answers(rig: Rig, answers: list[HttpReply]) -> None:
    """Note what was accepted, and is not done; a row that was not accepted may be done, or not."""
    caller = rig.workload.caller
    accepted = sum(caller is not None and answer.status in caller.statuses for answer in answers)

    def done() -> int:
        completed = sum(row.completed_at is not None for row in rig.seen.task_rows())
        return completed - rig.seen.effects()

    rig.wait.see(lambda: done() >= accepted, rig.deadlines.within(rig.work_time(CALLS)))
    words = f"{accepted} tasks were accepted while memory was short, and {done()} of them done"
    rig.expect(done() >= accepted, words, *rig.seen.last())
