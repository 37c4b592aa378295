"""effect-once: each effect is there once, also after a redelivery (document 1, chapter 2, steps 9 and 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import acks

if TYPE_CHECKING:
    from warren.rigs.consumers import Process, Rig

pytestmark = pytest.mark.guarantee("effect-once")
TEXTS = 3
MUCH = 30
"""Units of work: more than are remembered where only the last few are."""
WATCHED = 3
"""Document seconds in which what was done without a fault is watched for a second effect."""


@pytest.mark.requirement("effect-once.undisturbed")
def test_undisturbed(rig: Rig) -> None:
    """Without any fault each effect is there exactly once."""
    rig.start.all()
    rig.publish.work(TEXTS)
    rig.wait.need(
        rig.seen.done, rig.deadlines.within(rig.work_time(TEXTS)), "the work was not done"
    )
    rig.wait.remember_effects()
    rig.wait.pass_time(WATCHED)
    rig.wait.rest(rig.work_time(TEXTS))
    rig.judge(*rig.seen.duplicates())


@pytest.mark.requirement("effect-once.ack-lost")
def test_ack_lost(rig: Rig) -> None:
    """Work whose ack is lost comes again when other work has been done in between, and its effect is not doubled."""
    _lose_ack(rig, 1)


@pytest.mark.full
@pytest.mark.guarantee("effect-once", designs=("blocking",))
@pytest.mark.requirement("effect-once.ack-lost-long-ago")
def test_ack_lost_long_ago(rig: Rig) -> None:
    """Work whose ack is lost comes again when much other work was done in between, and its effect is not doubled."""
    _lose_ack(rig, MUCH)


def _lose_ack(rig: Rig, others: int) -> None:
    """Have an ack lost, and so many other units of work done before its message comes again."""
    holds = rig.faults.hold(acks, *rig.start.workers(2))
    rig.publish.work(TEXTS)
    caught = holds.first(rig.deadlines.within(rig.work_time(TEXTS)), "no worker acked a message")
    rig.wait.need(
        lambda: rig.seen.effects() > 0,
        rig.deadlines.within(rig.work_time(TEXTS)),
        "no effect was left",
    )
    holds.release(but=[caught])
    for _ in range(others):
        rig.publish.work(1)
    rig.wait.see(
        rig.seen.done, rig.deadlines.within(rig.work_time(TEXTS) + others * rig.work_time(1))
    )
    rig.wait.remember_effects()
    caught.lose()
    rig.wait.witness(
        lambda: bool(rig.seen.ledger().redeliveries()),
        rig.deadlines.noticed,
        "the broker redelivered nothing",
    )
    rig.wait.finish(rig.work_time(TEXTS))
    rig.wait.rest(rig.work_time(TEXTS))
    rig.judge(*rig.seen.duplicates())


@pytest.mark.guarantee("effect-once", designs=("blocking", "parts", "parts-random", "pipeline"))
@pytest.mark.requirement("effect-once.thawed")
def test_thawed(rig: Rig) -> None:
    """A consumer that froze in its work, and goes on after another has done it, doubles nothing."""
    rig.start.workers(2)
    frozen = _freeze_at_work(rig)
    frozen.thaw()
    thawed_at = rig.now()
    rig.wait.see(
        lambda: frozen.exit_status is not None or rig.seen.consumes_since(frozen, thawed_at),
        rig.deadlines.within(rig.work_time(TEXTS)),
    )
    rig.wait.pass_time(
        rig.seen.longest_work()
    )  # that may still go on, beside or after a new connection
    rig.wait.rest(rig.work_time(TEXTS))
    rig.judge(*rig.seen.duplicates())


def _freeze_at_work(rig: Rig) -> Process:
    """Freeze a consumer in its work, which another then does, but for one that acked it first; give the frozen one.

    A consumer that freezes a little later, in its transaction, locks the others out of the database; then another
    consumer is caught instead. Raises `Inconclusive` where that goes wrong each time.
    """

    def once(is_last: bool) -> Process | None:
        caught = rig.faults.catch_at_work(TEXTS)
        frozen = rig.instances.named(caught.instance)
        before = len(rig.seen.ledger().redeliveries())
        frozen.freeze()
        if rig.seen.acked_undone(caught):
            rig.wait.pass_time(rig.work_time(TEXTS))
            return frozen
        is_redelivered = rig.wait.see(
            lambda: len(rig.seen.ledger().redeliveries()) > before, rig.deadlines.noticed
        )
        rig.wait.finish(rig.work_time(TEXTS))
        if is_redelivered and rig.seen.done():
            return frozen
        if not is_last:
            frozen.kill()
            rig.start.another_worker()
        return None

    return rig.wait.attempt(once, "no other consumer did the work of a frozen one")
