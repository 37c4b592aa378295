"""What takes the place of a message, for a later try or to be put aside, is there before that message is settled.

survives-poison, survives-database-loss and effect-once where a consumer publishes a message again. Who does not, and
tries again in place or requeues, meets the same faults.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Inconclusive, acks, delivery, publish

from .patience import patience

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.rigs.consumers import Poison, Process, Rig

pytestmark = pytest.mark.full
SIZE = 1
"""Of a unit of work."""
AWAY = 5
"""Document seconds for which a table stays away once work has met that."""
put_aside = ("blocking", "parts", "parts-random", "pipeline", "task")
"""The designs in which no error reply may stand for a copy."""


@pytest.mark.guarantee("survives-poison", designs=put_aside)
@pytest.mark.requirement("survives-poison.killed-keeping")
def test_killed_as_it_puts_aside(rig: Rig) -> None:
    """Work that always fails is put aside, though its consumer is killed while the copy is on its way to the broker."""
    (worker,) = rig.start.workers(1)
    copies = rig.faults.hold(publish, worker)
    poison = rig.publish.poison()
    rig.wait.need(
        lambda: bool(copies.caught()) or _is_rejected(rig, poison),
        patience(rig),
        f"{worker.name} published no copy of what it has to put aside, and did not reject it",
    )
    rig.wait.quiet()  # it may settle the message by another connection
    _kill(worker)
    rig.start.another_worker()
    rig.wait.see(lambda: rig.seen.kept_aside() > 0 or rig.seen.at_rest(), patience(rig))
    given = [str(d) for d in rig.seen.delivered() if poison.mark in d.body]
    words = "it was settled while its copy had not reached the broker, and is in no queue"
    rig.expect(rig.seen.kept_aside() > 0, words, *given)
    rig.judge()


@pytest.mark.guarantee("survives-database-loss", designs=put_aside)
@pytest.mark.requirement("survives-database-loss.killed-retrying")
def test_killed_as_it_tries_again(rig: Rig) -> None:
    """Work whose table is missing is not lost, though its consumer is killed while a copy of it is on its way."""
    (worker,) = rig.start.workers(1)
    with _work_without_tables(rig, worker):
        copies = rig.faults.hold(publish, worker)
        rig.wait.see(lambda: bool(copies.caught()), _time_to_meet_it(rig))
        rig.wait.quiet()  # it may settle the message by another connection
        _kill(worker)
    rig.start.another_worker()
    rig.wait.finish(rig.work_time(SIZE))
    rig.judge(*(() if rig.seen.kept_aside() > 0 else rig.seen.losses()))


@pytest.mark.guarantee("effect-once", designs=put_aside)
@pytest.mark.requirement("effect-once.retried")
def test_ack_lost_after_another_try(rig: Rig) -> None:
    """Work that found its table missing, and was done at last, but whose ack is lost, leaves its effect once."""
    (worker,) = rig.start.workers(1)
    with _work_without_tables(rig, worker):
        rig.wait.see(lambda: worker.exit_status is not None, _time_to_meet_it(rig))
        held = rig.faults.hold(acks, worker)
    if worker.exit_status is not None:
        held.release()
        worker = rig.start.instance(rig.workload.worker)
        held = rig.faults.hold(acks, worker)  # before it is ready: what waits is its at once
        rig.start.await_ready(worker)
    rig.wait.see(lambda: bool(held.caught()) and rig.seen.done(), rig.deadlines.reconnected)
    worker.line.cut()
    held.release()
    rig.wait.see(lambda: bool(rig.seen.ledger().redeliveries()), rig.deadlines.noticed)
    rig.wait.finish(rig.work_time(SIZE))
    rig.wait.rest(rig.work_time(SIZE))
    if not rig.seen.ledger().redeliveries() and not rig.seen.kept_aside():
        raise Inconclusive("no witness: the broker redelivered nothing")
    rig.judge(*rig.seen.duplicates())


@contextlib.contextmanager
def _work_without_tables(rig: Rig, worker: Process) -> Iterator[None]:
    """Let a unit of work, whose making may need the database, meet that its table is missing."""
    holds = rig.faults.hold(delivery, worker)
    rig.publish.work(SIZE)
    holds.first(rig.deadlines.within(0), "no worker was given a message")
    with rig.database.without_tables():
        holds.release()
        yield


def _is_rejected(rig: Rig, poison: Poison) -> bool:
    """Whether it was left to the broker to put aside: the queue's dead-letter exchange has it then."""
    settled = [d.settlement for d in rig.seen.given() if poison.mark in d.body]
    return any(s is not None and s.kind != "ack" and not s.requeue for s in settled)


def _time_to_meet_it(rig: Rig) -> float:
    return rig.deadlines.seconds(rig.work_time(SIZE) + AWAY * rig.deadlines.slowness)


def _kill(worker: Process) -> None:
    """Kill a worker; what is held on its way to the broker is lost with it."""
    worker.kill()
    worker.line.cut()
