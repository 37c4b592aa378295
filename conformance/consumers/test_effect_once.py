"""effect-once: each effect is there once, also after a redelivery (document 1, chapter 2, steps 9 and 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers.rig import Inconclusive
from warren.worlds.line.rules import acks

from .crashes import TRIES

if TYPE_CHECKING:
    from warren.rigs.consumers.rig import Rig
    from warren.worlds.protocol import Process

pytestmark = pytest.mark.guarantee("effect-once")
TEXTS = 3
WATCHED = 3
"""Document seconds in which what was done without a fault is watched for a second effect."""


@pytest.mark.requirement("effect-once.undisturbed")
def test_undisturbed(rig: Rig) -> None:
    """Without any fault each effect is there exactly once."""
    rig.start()
    rig.send_work(TEXTS)
    rig.need(rig.done, rig.deadlines.within(rig.work_time(TEXTS)), "the work was not done")
    rig.remember_effects()
    rig.pass_time(WATCHED)
    rig.settle(rig.work_time(TEXTS))
    rig.judge(*rig.duplicates())


@pytest.mark.requirement("effect-once.ack-lost")
def test_ack_lost(rig: Rig) -> None:
    """Work whose ack was lost is redelivered after other work was done, and its effect is not doubled."""
    holds = rig.hold(acks, *rig.start_workers(2))
    rig.send_work(TEXTS)
    caught = holds.first(rig.deadlines.within(rig.work_time(TEXTS)), "no worker acked a message")
    rig.need(rig.any_effect, rig.deadlines.within(rig.work_time(TEXTS)), "no effect was left")
    holds.release(but=[caught])
    rig.send_work(1)
    rig.see(rig.done, rig.deadlines.within(rig.work_time(TEXTS + 1)))
    rig.remember_effects()
    caught.held.lose()
    caught.process.line.cut()
    rig.witness(
        lambda: bool(rig.ledger().redeliveries()),
        rig.deadlines.noticed,
        "the broker redelivered nothing",
    )
    rig.finish(rig.work_time(TEXTS))
    rig.settle(rig.work_time(TEXTS))
    rig.judge(*rig.duplicates())


@pytest.mark.guarantee("effect-once", designs=("blocking", "parts", "parts-random", "pipeline"))
@pytest.mark.requirement("effect-once.thawed")
def test_thawed(rig: Rig) -> None:
    """A consumer that froze in its work, and goes on after another has done it, doubles nothing."""
    rig.start_workers(2)
    frozen = _freeze_at_work(rig)
    frozen.thaw()
    thawed_at = rig.world.now()
    rig.see(
        lambda: frozen.exit_status is not None or rig.consumes_since(frozen, thawed_at),
        rig.deadlines.within(rig.work_time(TEXTS)),
    )
    rig.pass_time(rig.longest_work())  # that may still go on, beside or after a new connection
    rig.settle(rig.work_time(TEXTS))
    rig.judge(*rig.duplicates())


def _freeze_at_work(rig: Rig) -> Process:
    """Freeze a consumer in its work, which another then does; give the frozen one.

    One that froze a little later, in its transaction, keeps the others from the database: another
    is caught in its stead. Raises `Inconclusive` where none will do.
    """
    for tries_left in reversed(range(TRIES)):
        frozen = rig.named(rig.catch_at_work(TEXTS).instance)
        before = len(rig.ledger().redeliveries())
        frozen.freeze()
        is_redelivered = rig.see(
            lambda b=before: len(rig.ledger().redeliveries()) > b,  # type: ignore[misc]  # mypy cannot infer it
            rig.deadlines.noticed,
        )
        rig.finish(rig.work_time(TEXTS))
        if is_redelivered and not rig.losses():
            return frozen
        if tries_left:
            frozen.kill()
            rig.await_ready(rig.launch(rig.design.worker))
    raise Inconclusive("no witness: no other consumer did the work of a frozen one")
