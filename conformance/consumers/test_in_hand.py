"""Several messages in hand, of which one is worked on: what becomes of the others when their consumer fails or stops.

no-loss, effect-once, graceful-stop and bounded-run at a prefetch count above 1. An ack with `multiple` or of tag 0, and
a stop that settles all it holds, do no harm as long as that is one message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import STREAM, Inconclusive, acks, delivery, publish

from .crashes import CRASHES, cut_and_consume_again

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.rigs.consumers import Delivery, Holds, Process, Rig

TEXTS = 2
"""Of one package."""
LONG = 4
"""Of a package that is given before a shorter one: who works on both at once settles it later."""
BEGUN = 0.5
"""Document seconds after which the next message has been begun, and most of it is still to do."""
BOUND = 2

at_prefetch = pytest.mark.parametrize("prefetch", [3, pytest.param(10, marks=pytest.mark.full)])
packages = ("blocking", "parts", "parts-random", "pipeline")


@at_prefetch
@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("no-loss", designs=packages)
@pytest.mark.parametrize(
    "crash",
    [
        pytest.param(
            CRASHES["killed"],
            id="killed",
            marks=pytest.mark.requirement("no-loss.killed-after-ack"),
        ),
        pytest.param(
            CRASHES["frozen"],
            id="frozen",
            marks=[pytest.mark.requirement("no-loss.frozen-after-ack"), pytest.mark.full],
        ),
    ],
)
def test_crash_after_ack(rig: Rig, crash: Callable[[Process], object], prefetch: int) -> None:
    """A consumer that fails after its first ack, with other messages in hand, loses none of them."""
    worker = rig.start.workers(1, prefetch=prefetch)[0]
    _have_the_first_acked(rig, prefetch)
    crash(worker)
    _need_undone(rig)
    rig.start.another_worker()
    rig.wait.finish(rig.work_time(LONG) * (prefetch + 1))
    if rig.seen.losses() and crash is CRASHES["frozen"] and _is_taken_off(rig, worker):
        worker.kill()  # frozen in its transaction it may hold the others up, by which nothing is lost
        rig.wait.finish(rig.work_time(LONG) * (prefetch + 1))
    rig.judge(*rig.seen.losses())


@at_prefetch
@pytest.mark.full
@pytest.mark.guarantee("no-loss", designs=("parts", "parts-random", "pipeline"))
@pytest.mark.requirement("no-loss.splitter-killed-after-ack")
def test_splitter_killed_after_ack(rig: Rig, prefetch: int) -> None:
    """A stream consumer killed after its first ack, with other packages in hand, loses none of them."""
    rig.start.workers(1, prefetch=prefetch)
    stream = rig.instances.of(STREAM)[0]
    given = rig.faults.hold(lambda: delivery(queue=STREAM.queue), stream)
    first, *_ = [
        rig.publish.work(TEXTS) for _ in range(prefetch)
    ]  # the first is of `text1`, the next of `varchar1`
    rig.wait.see(lambda: len(_to(rig, stream)) == prefetch, rig.deadlines.within(0))
    holds = rig.faults.hold(lambda: publish(body=lambda body: b"varchar1" in body), stream)
    given.release()  # all at once
    holds.first(rig.deadlines.within(0), f"{stream.name} published nothing of its second package")
    if not rig.wait.see(
        lambda: rig.seen.ledger().settled(first.message_id), rig.deadlines.within(0)
    ):
        _let_one_ack_through(rig, stream, holds)
    stream.kill()
    stream.line.cut()  # what it sent and the hold keeps is lost with it
    rig.start.await_ready(rig.start.instance(STREAM))
    rig.wait.finish(rig.work_time(TEXTS) * prefetch)
    rig.judge(*rig.seen.losses())


@at_prefetch
@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("no-loss", "effect-once", designs=packages)
@pytest.mark.requirement("no-loss.cut-after-ack", "effect-once.cut-after-ack")
def test_cut_after_ack(rig: Rig, prefetch: int) -> None:
    """A consumer whose connection is cut after its first ack, with others in hand, loses none and doubles none."""
    worker = rig.start.workers(1, prefetch=prefetch)[0]
    _have_the_first_acked(rig, prefetch)
    before = len(rig.seen.ledger().redeliveries())
    cut_and_consume_again(rig, worker, prefetch)
    rig.wait.finish(rig.work_time(LONG) * (prefetch + 1))
    rig.judge(*rig.seen.losses(), requirement="no-loss.cut-after-ack")
    rig.wait.witness(
        lambda: len(rig.seen.ledger().redeliveries()) > before,
        rig.deadlines.within(0),
        "the broker redelivered nothing",
    )
    rig.wait.rest(rig.work_time(LONG) * prefetch)
    rig.judge(*rig.seen.duplicates(), requirement="effect-once.cut-after-ack")


@at_prefetch
@pytest.mark.full
@pytest.mark.guarantee("no-loss", designs=packages)
@pytest.mark.requirement("no-loss.killed-after-reject")
def test_killed_after_reject(rig: Rig, prefetch: int) -> None:
    """A consumer killed after it put a bad body aside, with other messages in hand, loses none of them."""
    worker = rig.start.workers(1, prefetch=prefetch)[0]
    holds = rig.faults.hold(delivery, worker)  # so that it is given all at once
    rig.publish.work(LONG)
    bad = rig.publish.raw(rig.workload.malformed[0], worker.role)
    for _ in range(prefetch - 1):
        rig.publish.work(LONG)
    rig.wait.see(lambda: len(rig.seen.delivered()) >= prefetch, rig.deadlines.within(0))
    holds.release()
    rig.wait.witness(
        lambda: rig.seen.ledger().settled(bad),
        rig.deadlines.within(rig.work_time(LONG)),
        "it put nothing aside",
    )
    rig.wait.pass_time(BEGUN)
    worker.kill()
    _need_undone(rig)
    rig.start.another_worker()
    rig.wait.finish(rig.work_time(LONG) * prefetch)
    rig.judge(*rig.seen.losses())


@at_prefetch
@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("graceful-stop", designs=(*packages, "rpc"))
@pytest.mark.requirement("graceful-stop.prefetched")
def test_stopped_with_more_in_hand(rig: Rig, prefetch: int) -> None:
    """A consumer told to stop in its work finishes it, and what else it was given is done, by itself or by another."""
    worker = rig.start.workers(1, prefetch=prefetch)[0]
    rig.faults.need_work_that_lasts(TEXTS)

    def have_it_begun() -> None:
        given = len(rig.seen.given())
        for _ in range(prefetch):
            rig.publish.work(TEXTS)
        rig.wait.need(
            lambda: len(rig.seen.given()) > given,
            rig.deadlines.within(0),
            "no worker was given a message",
        )
        rig.wait.pass_time(BEGUN)

    _meet_undone(rig, have_it_begun)
    before = rig.seen.effects()
    worker.stop()
    stopped_at = rig.now()
    still_there = rig.wait.overdue(
        lambda: worker.exit_status is not None,
        rig.deadlines.within(rig.work_time(TEXTS) * prefetch) + rig.start.grace(worker),
        f"{worker.name} did not exit",
        worker,
    )
    if still_there:
        rig.judge(*still_there)
        return
    acked = [d.settlement.at for d in rig.seen.given() if d.settlement]
    finished = rig.seen.effects() > before or any(at > stopped_at for at in acked)
    words = "of what was in hand nothing was finished"
    rig.expect(finished, words, *map(str, rig.seen.given()))
    rig.start.another_worker()
    rig.wait.finish(rig.work_time(TEXTS) * prefetch)
    rig.judge(*rig.seen.losses())


@at_prefetch
@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("bounded-run")
@pytest.mark.requirement("bounded-run.prefetched")
def test_bound_below_prefetch(rig: Rig, prefetch: int) -> None:
    """Told to do two, a consumer that was given more settles two and exits; the others are ready."""
    worker = rig.workload.worker
    bounded = rig.start.instance(worker, max_messages=BOUND, prefetch=prefetch)
    others = [rig.start.instance(r) for r in rig.workload.roles if r != worker and r.consumes]
    rig.start.await_ready(bounded, *others)
    for _ in range(prefetch + 1):
        rig.publish.work(1)
    still_there = rig.wait.overdue(
        lambda: bounded.exit_status is not None,
        rig.deadlines.within(rig.work_time(1) * prefetch),
        f"{bounded.name} did not exit",
        bounded,
    )
    if still_there:
        rig.judge(*still_there)
        return
    left = prefetch + 1 - BOUND
    rig.wait.see(lambda: rig.seen.ready(worker) == left, rig.deadlines.stopped)
    rig.wait.quiet()
    ready, effects = rig.seen.ready(worker), rig.seen.effects()
    evidence = tuple(map(str, rig.seen.ledger().to(bounded.name)))
    rig.expect(
        ready == left, f"{ready} messages are ready, not the {left} that were left", *evidence
    )
    # Who works on several at once may have done more than it has settled: that is left, and will be done again.
    rig.expect(effects >= BOUND, f"{effects} messages left an effect, not {BOUND}", *evidence)
    rig.judge()


def _is_taken_off(rig: Rig, worker: Process) -> bool:
    """Whether the broker has taken back all that a worker held."""
    return all(d.open_until < float("inf") for d in _to(rig, worker))


def _have_the_first_acked(rig: Rig, prefetch: int) -> None:
    """Send more work than a worker may hold, and wait until it has acked some and is at work on others.

    The last of what it may hold is the shortest: who works on all at once acks it first.
    """
    rig.faults.need_work_that_lasts(LONG)

    def have_one_acked() -> None:
        given = len(rig.seen.given())
        for texts in (*[LONG] * (prefetch - 1), 1, TEXTS):
            rig.publish.work(texts)
        rig.wait.need(
            lambda: any(d.settlement for d in rig.seen.given()[given:]),
            rig.deadlines.within(rig.work_time(LONG) * prefetch),  # it may ack several at once
            "no worker acked a message",
        )
        rig.wait.pass_time(BEGUN)

    _meet_undone(rig, have_one_acked)


def _meet_undone(rig: Rig, have_it_begun: Callable[[], None]) -> None:
    """Have work begun until some of it is undone, three times at most: all may be over on a busy machine."""

    def once(_is_last: bool) -> bool | None:
        have_it_begun()
        return None if rig.seen.done() else True

    rig.wait.attempt(once, "all work was done before")


def _let_one_ack_through(rig: Rig, stream: Process, published: Holds) -> None:
    """Let go what was published too early by who works on several packages at once, and of the acks the first alone."""
    held = rig.faults.hold(acks, stream)
    published.release()
    held.first(rig.deadlines.within(0), f"{stream.name} acked nothing")
    rig.faults.hold(acks, stream)  # the next, with all behind it
    held.release()
    rig.wait.witness(
        lambda: any(rig.seen.ledger().settled(d.message) for d in _to(rig, stream)),
        rig.deadlines.within(0),
        f"the broker got no ack of {stream.name}",
    )


def _to(rig: Rig, process: Process) -> tuple[Delivery, ...]:
    return rig.seen.ledger().to(process.name)


def _need_undone(rig: Rig) -> None:
    if rig.seen.done():
        raise Inconclusive("no witness: all work was done before")
