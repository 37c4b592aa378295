"""fair-dispatch and bounded-run: how many messages a consumer takes (document 1, chapter 2, steps 5 and 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.claims.verdict import Violation
from warren.evidence.ledger import most_unacked
from warren.rigs.consumers.rig import Inconclusive
from warren.workloads.designs import Role
from warren.worlds.line.rules import acks

if TYPE_CHECKING:
    from warren.evidence.ledger import Delivery
    from warren.rigs.consumers.holds import Holds
    from warren.rigs.consumers.rig import Rig
    from warren.worlds.protocol import Process

BOUND = 2


@pytest.mark.guarantee("fair-dispatch")
@pytest.mark.requirement("fair-dispatch.prefetch")
@pytest.mark.parametrize(
    ("prefetch", "after_a_loss"), [(1, False), (3, True)], ids=["first", "after-a-loss"]
)
def test_prefetch(rig: Rig, prefetch: int, after_a_loss: bool) -> None:
    """With work waiting, no consumer holds more unacked messages than its prefetch count, on any of its connections."""
    worker = rig.start_workers(1, prefetch=prefetch)[0]
    if after_a_loss:
        worker = _consume_again(rig, worker, prefetch)
    holds = rig.hold(acks, worker)
    for _ in range(prefetch + 2):
        rig.send_work(1)
    rig.see(
        lambda: bool(
            _automatic(rig)
            or _too_many(rig, prefetch)
            or (holds.caught() and rig.ready(worker.role))
        ),
        rig.deadlines.within(rig.work_time(2)),
    )
    automatic, held = _automatic(rig), _too_many(rig, prefetch)
    if not automatic and not held:
        _witness(rig, holds)
    rig.judge(
        *(Violation(f"{d.instance} consumes without acks", (str(d),)) for d in automatic[:1]),
        *(
            Violation(
                f"{d.instance} held {len(held)} unacked messages, not {prefetch}",
                tuple(map(str, held)),
            )
            for d in held[:1]
        ),
    )


def _consume_again(rig: Rig, worker: Process, prefetch: int) -> Process:
    """Cut a worker's connection, and give who consumes then: itself, or one started in its stead."""
    lost_at = rig.world.now()
    worker.line.cut()
    rig.see(
        lambda: worker.exit_status is not None or rig.consumes_since(worker, lost_at),
        rig.deadlines.reconnected,
    )
    if rig.consumes_since(worker, lost_at):
        return worker
    worker.kill()
    heir = rig.launch(worker.role, prefetch=prefetch)
    rig.await_ready(heir)
    return heir


def _automatic(rig: Rig) -> list[Delivery]:
    return [d for d in rig.ledger().deliveries if d.auto_ack]


def _too_many(rig: Rig, prefetch: int) -> tuple[Delivery, ...]:
    """Give the most deliveries that one instance held at once, where they are more than it may hold."""
    count, held = most_unacked(rig.ledger().deliveries)
    return held if count > prefetch else ()


def _witness(rig: Rig, holds: Holds) -> None:
    """Make sure that the worker could have been given too many: it works and acks, and more was there."""
    if not holds.caught():
        raise Inconclusive("no witness: no consumer acked a message")
    if not rig.ready(rig.design.worker):
        raise Inconclusive("no witness: no message was waiting while the consumer was at work")


@pytest.mark.guarantee("bounded-run")
@pytest.mark.requirement("bounded-run.stops")
def test_bounded_run(rig: Rig) -> None:
    """Told to do two of three messages, a consumer does two and exits with status 0; the third is ready, not done."""
    worker = rig.design.worker
    bounded = rig.launch(worker, max_messages=BOUND)
    others = [rig.launch(r) for r in rig.design.roles if r not in (worker, Role.HTTP)]
    rig.await_ready(bounded, *others)
    for _ in range(BOUND + 1):
        rig.send_work(1)
    rig.need(
        lambda: bool(rig.ledger().to(bounded.name)),
        rig.deadlines.within(rig.work_time(1)),
        f"{bounded.name} was given no message",
    )
    still_there = rig.overdue(
        lambda: bounded.exit_status is not None,
        rig.deadlines.within(rig.work_time(BOUND + 1)),
        f"{bounded.name} did not exit",
        bounded,
    )
    if still_there:
        rig.judge(*still_there)
        return
    rig.see(lambda: rig.ready(worker) > 0, rig.deadlines.stopped)
    rig.quiet()
    settled = [
        d
        for d in rig.ledger().to(bounded.name)
        if d.settlement is not None
        and not d.settlement.requeue  # a prefetched one may be given back
    ]
    ready = rig.ready(worker)
    effects = rig.effects()
    delivered = len(rig.ledger().to(bounded.name)) > BOUND
    redelivered = _flag_of_third(rig) if ready else None
    rig.measure("left over", ready=ready, delivered=delivered, redelivered=redelivered)
    rig.judge(
        *_unless(
            bounded.exit_status == 0, f"{bounded.name} exited with status {bounded.exit_status}"
        ),
        *_unless(
            len(settled) == BOUND,
            f"{len(settled)} messages were settled, not {BOUND}",
            *map(str, settled),
        ),
        *_unless(ready == 1, f"{ready} messages are ready, not the one that was left"),
        *_unless(effects == BOUND, f"{effects} messages left an effect, not {BOUND}"),
    )


def _flag_of_third(rig: Rig) -> bool | None:
    """Let another worker take what was left, and say whether it counts as delivered before; None where none comes."""
    heir = rig.launch(rig.design.worker)
    rig.await_ready(heir)
    rig.see(lambda: bool(rig.ledger().to(heir.name)), rig.deadlines.within(0))
    first = rig.ledger().to(heir.name)[:1]
    return first[0].redelivered if first else None


def _unless(holds: bool, words: str, *evidence: str) -> list[Violation]:
    return [] if holds else [Violation(words, evidence)]
