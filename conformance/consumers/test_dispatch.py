"""fair-dispatch, keeps-prefetch, bounded-run: how many messages a consumer takes (document 1, chapter 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Inconclusive, acks, most_unacked

from .crashes import close_and_consume_again, cut_and_consume_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from warren.rigs.consumers import Consumer, Delivery, Holds, Process, Rig

BOUND = 2


@pytest.mark.guarantee("fair-dispatch", "keeps-prefetch")
@pytest.mark.requirement("fair-dispatch.prefetch")
@pytest.mark.parametrize(
    ("prefetch", "lose", "lost"),
    [
        pytest.param(1, None, "", id="first"),
        pytest.param(
            *(3, cut_and_consume_again, "a-loss"),
            id="after-a-loss",
            marks=pytest.mark.requirement("keeps-prefetch.after-a-loss"),
        ),
        pytest.param(
            *(3, close_and_consume_again, "a-channel-close"),
            id="after-a-channel-close",
            marks=[
                pytest.mark.requirement("keeps-prefetch.after-a-channel-close"),
                pytest.mark.quick(designs=("blocking",)),
            ],
        ),
    ],
)
def test_prefetch(
    rig: Rig, prefetch: int, lose: Callable[[Rig, Process, int], Process] | None, lost: str
) -> None:
    """With work waiting, no consumer holds more unacked messages than its prefetch count, which stays what it was."""
    first = worker = rig.start.workers(1, prefetch=prefetch)[0]
    usual = rig.start.prefetch(first, prefetch)
    if lose:
        rig.warm_up()  # it is at rest: a channel that is closed while it still starts may take its connection along
    lost_at = rig.now()
    if lose:
        worker = lose(rig, first, prefetch)
    # Some begin with less after a loss and ask for more, up to what they had, as their work gets done.
    prefetch = max(usual, rig.start.prefetch(worker, prefetch))
    holds = rig.faults.hold(acks, worker)
    for _ in range(prefetch + 2):
        rig.publish.work(1)
    rig.wait.see(
        lambda: bool(
            _automatic(rig)
            or _too_many(rig, prefetch)
            or (holds.caught() and rig.seen.ready(worker.role))
        ),
        rig.deadlines.within(rig.work_time(2)),
    )
    automatic, held = _automatic(rig), _too_many(rig, prefetch)
    if not automatic and not held:
        _witness(rig, holds)
    for delivery in automatic[:1]:
        rig.violated(f"{delivery.instance} consumes without acks", str(delivery))
    for delivery in held[:1]:
        words = f"{delivery.instance} held {len(held)} unacked messages, not {prefetch}"
        rig.violated(words, *map(str, held))
    rig.judge(requirement="fair-dispatch.prefetch")
    if lose:
        _judge_kept_prefetch(rig, first, lost_at, lost, is_back=worker is first)


def _judge_kept_prefetch(
    rig: Rig, worker: Process, lost_at: float, lost: str, *, is_back: bool
) -> None:
    """Compare what a worker asked for before its loss and after it."""
    loss = lost.replace("-", " ")
    all_of_it = rig.seen.ledger().consumers_of(worker.name)
    began = [c for c in all_of_it if c.queue == worker.role.queue]
    rig.expect(is_back, f"{worker.name} consumed no more after {loss}", *map(str, began))
    before = _counts(c for c in began if c.at <= lost_at)
    after = _counts(c for c in began if c.at > lost_at)
    words = f"{worker.name} had a prefetch count of {before}, after {loss} {after}"
    rig.expect(not is_back or before == after, words, *map(str, began))
    rig.judge(requirement=f"keeps-prefetch.after-{lost}")


def _counts(consumers: Iterable[Consumer]) -> str:
    """Name the prefetch counts, each once: who begins anew may have to consume twice."""
    return " and ".join(
        str(count or "no bound") for count in sorted({c.prefetch for c in consumers})
    )


def _automatic(rig: Rig) -> list[Delivery]:
    return [d for d in rig.seen.ledger().deliveries if d.auto_ack]


def _too_many(rig: Rig, prefetch: int) -> tuple[Delivery, ...]:
    """Give the most deliveries that one instance held at once, where they are more than it may hold."""
    count, held = most_unacked(rig.seen.ledger().deliveries)
    return held if count > prefetch else ()


def _witness(rig: Rig, holds: Holds) -> None:
    """Make sure that the worker could have been given too many: it works and acks, and more was there."""
    if not holds.caught():
        raise Inconclusive("no witness: no consumer acked a message")
    if not rig.seen.ready(rig.workload.worker):
        raise Inconclusive("no witness: no message was waiting while the consumer was at work")


@pytest.mark.guarantee("bounded-run")
@pytest.mark.requirement("bounded-run.stops")
def test_bounded_run(rig: Rig) -> None:
    """Told to do two of three messages, a consumer does two and exits with status 0; the third is ready, not done."""
    worker = rig.workload.worker
    bounded = rig.start.instance(worker, max_messages=BOUND)
    others = [rig.start.instance(r) for r in rig.workload.roles if r != worker and r.consumes]
    rig.start.await_ready(bounded, *others)
    for _ in range(BOUND + 1):
        rig.publish.work(1)
    rig.wait.need(
        lambda: bool(rig.seen.ledger().to(bounded.name)),
        rig.deadlines.within(rig.work_time(1)),
        f"{bounded.name} was given no message",
    )
    still_there = rig.wait.overdue(
        lambda: bounded.exit_status is not None,
        rig.deadlines.within(rig.work_time(BOUND + 1)),
        f"{bounded.name} did not exit",
        bounded,
    )
    if still_there:
        rig.judge(*still_there)
        return
    rig.wait.see(lambda: rig.seen.ready(worker) > 0, rig.deadlines.stopped)
    rig.wait.quiet()
    settled = [
        d
        for d in rig.seen.ledger().to(bounded.name)
        if d.settlement is not None
        and not d.settlement.requeue  # a prefetched one may be given back
    ]
    ready = rig.seen.ready(worker)
    effects = rig.seen.effects()
    delivered = len(rig.seen.ledger().to(bounded.name)) > BOUND
    redelivered = _flag_of_third(rig) if ready else None
    rig.measure("left over", ready=ready, delivered=delivered, redelivered=redelivered)
    status = bounded.exit_status
    rig.expect(status == 0, f"{bounded.name} exited with status {status}")
    words = f"{len(settled)} messages were settled, not {BOUND}"
    rig.expect(len(settled) == BOUND, words, *map(str, settled))
    late = [d for d in settled if d.settlement is not None and d.settlement.after_close]
    why = f": {len(late)} acks came after connection.close" if late else ""
    words = f"{ready} messages are ready, not the one that was left{why}"
    rig.expect(ready == 1, words, *map(str, late or rig.seen.ledger().to(bounded.name)))
    rig.expect(effects == BOUND, f"{effects} messages left an effect, not {BOUND}")
    rig.judge()


def _flag_of_third(rig: Rig) -> bool | None:
    """Let another worker take what was left, and say whether it counts as delivered before; None where none comes."""
    heir = rig.start.another_worker()
    rig.wait.see(lambda: bool(rig.seen.ledger().to(heir.name)), rig.deadlines.within(0))
    first = rig.seen.ledger().to(heir.name)[:1]
    return first[0].redelivered if first else None
