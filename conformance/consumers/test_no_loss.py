"""no-loss: a crash, a cut or a freeze of a consumer loses nothing (document 1, chapters 2 and 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import (
    PART,
    STREAM,
    Inconclusive,
    Role,
    acks,
    delivery,
    package_body,
    package_design,
    publish,
)

from .comebacks import unique_work
from .crashes import CRASHES, close_consumers_channels, crashes_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.rigs.consumers import Delivery, Match, Process, Rig, Violation

pytestmark = pytest.mark.guarantee("no-loss")
TEXTS = 3
MANY_TEXTS = 8
"""Of one message. They take less than two heartbeats, so that no connection is closed because of them."""
BEGUN = 2
"""Document seconds after a delivery: the consumer has begun to work then, and most of MANY_TEXTS is still to do."""
OLD_ACKS = 8.0
"""Real seconds after a loss in which an ack of old work may still come: some clients wait five to come back."""
FEW_TEXTS = 2
"""Two, because a consumer that drops the last part of each package would be blameless with one."""


@pytest.mark.parametrize("crash", crashes_at("no-loss", "before-work"))
def test_crash_before_work(rig: Rig, crash: Callable[[Process], object]) -> None:
    """Work whose consumer fails before it has the message is done by another."""
    holds = rig.faults.hold(delivery, *rig.start.workers(2))
    rig.publish.work(FEW_TEXTS)
    caught = holds.first(rig.deadlines.within(0), "no worker was given a message")
    crash(caught.process)
    holds.release()
    _need_shown(rig)
    rig.judge(*rig.seen.losses())


@pytest.mark.guarantee("no-loss", designs=("blocking", "parts", "parts-random", "pipeline"))
@pytest.mark.parametrize("crash", crashes_at("no-loss", "during-work"))
def test_crash_during_work(rig: Rig, crash: Callable[[Process], object]) -> None:
    """Work whose consumer fails in the middle of it is done by another."""
    rig.start.workers(2)
    texts = min(MANY_TEXTS, TEXTS * int(rig.deadlines.slowness))  # in its middle it has been begun

    def once(is_last: bool) -> tuple[Violation, ...] | None:
        caught, before = rig.faults.catch_at_work(texts), len(rig.seen.ledger().redeliveries())
        early = rig.seen.early_effects(caught)
        if early:  # so that the row of work that is lost would stay
            return early
        is_acked = rig.seen.acked_undone(caught)  # then its failure has no other sign
        crash(rig.instances.named(caught.instance))
        if _has_shown(rig, before) or is_acked:
            lost = rig.seen.losses()
            may_hold_a_lock = lost and not is_last and crash is CRASHES["frozen"]
            if not (may_hold_a_lock and _held_the_others_up(rig, caught)):
                return lost
        if not is_last:  # on a busy machine its work was over before it failed: another is caught
            rig.start.another_worker()
        return None

    rig.judge(*rig.wait.attempt(once, "the work of each consumer was over before it failed"))


@pytest.mark.parametrize("crash", crashes_at("no-loss", "before-ack"))
def test_crash_before_ack(rig: Rig, crash: Callable[[Process], object]) -> None:
    """A consumer acks after its effect is there; if it fails before the ack arrives, the effect stays."""
    holds = rig.faults.hold(acks, *rig.start.workers(2))
    rig.publish.work(1)  # so that the first ack of a worker is the last of the work
    caught = holds.first(rig.deadlines.within(rig.work_time(1)), "no worker acked a message")
    if not rig.seen.done():  # read after the ack was seen
        given = rig.seen.given()
        words = f"acked before its effect was there{rig.seen.still_missing(*given)}"
        rig.violated(words, *map(str, given))
        rig.judge()
        return
    crash(caught.process)
    if crash is CRASHES["killed"]:
        caught.lose()  # else the hold would keep a dead consumer's connection open
    holds.release(but=[caught])
    _await_redelivery(rig)
    rig.wait.finish(rig.work_time(1))
    rig.wait.rest(
        rig.work_time(1)
    )  # the effect was there before: what its redelivery does to it shows later
    rig.judge(*rig.seen.losses())


@pytest.mark.guarantee("no-loss", "effect-once", designs=("parts", "parts-random", "pipeline"))
@pytest.mark.requirement("no-loss.splitter-killed", "effect-once.splitter-killed")
def test_splitter_killed(rig: Rig) -> None:
    """A stream consumer killed after it published a part, and before its ack, loses no part and doubles none."""
    rig.start.workers(1)
    stream = rig.instances.of(STREAM)[0]
    # The stream consumer of a pipeline publishes nothing but the first step: there only its ack is left to hold.
    is_chain = package_design(rig).is_chain
    holds = rig.faults.hold(acks if is_chain else _second_part, stream)
    rig.publish.work(TEXTS)
    holds.first(
        rig.deadlines.within(0),
        f"{stream.name} sent no {'ack' if is_chain else 'part of the second text'}",
    )
    rig.wait.need(
        lambda: any(p.passed_at is not None for p in rig.seen.ledger().published_by(stream.name)),
        rig.deadlines.within(0),
        f"{stream.name} published no part",
    )
    stream.kill()
    stream.line.cut()  # what it sent and the hold keeps is lost with it
    rig.start.await_ready(rig.start.instance(STREAM))
    _need_shown(rig)
    rig.wait.rest(rig.work_time(TEXTS))
    rig.judge(*rig.seen.losses(), requirement="no-loss.splitter-killed")
    _await_redelivery(rig)  # where none came, a part was lost, and what is not there is not doubled
    rig.judge(*rig.seen.duplicates(), requirement="effect-once.splitter-killed")


@pytest.mark.guarantee("no-loss", designs=("pipeline",))
@pytest.mark.parametrize(
    "role",
    [
        pytest.param(role, id=slug, marks=pytest.mark.requirement(f"no-loss.killed-before-{slug}"))
        for role, slug in ((STREAM, "first-step"), (PART, "next-step"))
    ],
)
def test_killed_before_step(rig: Rig, role: Role) -> None:
    """A consumer that is killed while the next step is on its way to the broker loses nothing."""
    rig.start.workers(2)
    holds = rig.faults.hold(_next_step, *rig.instances.of(role))
    rig.publish.work(FEW_TEXTS)
    caught = holds.first(
        rig.deadlines.within(rig.work_time(1)), f"no {role} published the next step"
    )
    rig.wait.quiet()  # an ack that does not wait for the next step is through by then
    caught.process.kill()
    caught.process.line.cut()  # what it sent and the hold keeps is lost with it
    holds.release(but=[caught])
    if role == STREAM:
        rig.start.await_ready(rig.start.instance(role))
    _need_shown(rig)
    rig.judge(*rig.seen.losses())


@pytest.mark.guarantee("no-loss", designs=("blocking",))
@pytest.mark.parametrize(
    "lose",
    [
        pytest.param(
            lambda _, busy: busy.line.cut(),
            id="connection",
            marks=pytest.mark.requirement("no-loss.new-connection"),
        ),
        pytest.param(
            close_consumers_channels,
            id="channel",
            marks=[pytest.mark.requirement("no-loss.new-channel"), pytest.mark.full],
        ),
    ],
)
def test_killed_after_old_ack(rig: Rig, lose: Callable[[Rig, Process], object]) -> None:
    """A consumer that loses its channel in its work, is given other work on a new one, and is killed, loses nothing.

    Its channel is lost alone, or with its connection. Delivery tags begin anew with each. Who acks the old work on the
    new one, by its old tag, acks with it the new work, which has only begun.
    """
    rig.start.workers(2)
    rig.faults.need_work_that_lasts(MANY_TEXTS)
    rig.publish.work(MANY_TEXTS)
    rig.wait.need(
        lambda: bool(rig.seen.given()), rig.deadlines.within(0), "no worker was given a message"
    )
    old = rig.seen.given()[0]
    busy = rig.instances.named(old.instance)
    rig.wait.pass_time(BEGUN)
    lost_at = rig.now()
    is_acked = rig.seen.acked_undone(old)
    lose(rig, busy)
    if not is_acked:
        _await_redelivery(rig)  # to the other one, who is at work from now on
    rig.wait.see(
        lambda: busy.exit_status is not None or rig.seen.consumes_since(busy, lost_at),
        rig.deadlines.reconnected,
    )
    if rig.seen.consumes_since(busy, lost_at):
        _work_on(rig, busy, lost_at + OLD_ACKS)
    busy.kill()
    rig.wait.finish(rig.work_time(2 * MANY_TEXTS))
    rig.judge(*rig.seen.losses())


@pytest.mark.guarantee("no-loss", designs=("blocking",))
@pytest.mark.requirement("no-loss.killed-given-again")
def test_killed_given_again(rig: Rig) -> None:
    """A consumer whose connection is cut in its work, which is given that again and is killed, loses nothing.

    There is no other to give it to. Who takes the second delivery for one too many, since the first is still being
    worked on, and acks it, has nothing left to be done when it is killed.
    """
    rig.start.workers(1)
    caught = rig.faults.catch_at_work(MANY_TEXTS)
    busy, lost_at = rig.instances.named(caught.instance), rig.now()
    busy.line.cut()
    rig.wait.see(
        lambda: busy.exit_status is not None or rig.seen.consumes_since(busy, lost_at),
        rig.deadlines.reconnected,
    )
    rig.wait.see(
        lambda: rig.seen.ledger().settled(caught.message) or rig.seen.done(),
        rig.work_time(MANY_TEXTS),
    )
    busy.kill()
    rig.start.another_worker()
    rig.wait.finish(rig.work_time(MANY_TEXTS))
    rig.judge(*rig.seen.losses())


@pytest.mark.guarantee("no-loss", "safe-publishing", designs=("parts", "parts-random", "pipeline"))
@pytest.mark.requirement("no-loss.parts-without-queue", "safe-publishing.routed")
def test_parts_without_queue(rig: Rig) -> None:
    """A package that is split before there is a queue for its parts is kept, and done once there is one."""
    rig.start.all(part=0)
    stream = rig.instances.of(STREAM)[0]
    package = rig.publish.work(TEXTS).message_id
    rig.wait.need(
        lambda: bool(rig.seen.ledger().to(stream.name)),
        rig.deadlines.within(0),
        f"{stream.name} was not given the package",
    )
    rig.wait.quiet(
        lambda: bool(rig.seen.ledger().published_by(stream.name))
    )  # it may look for the queue first
    rig.wait.quiet(lambda: rig.seen.ledger().settled(package))
    settled = rig.seen.ledger().of(package)[-1]
    is_kept = not rig.seen.ledger().settled(package) or rig.wait.see(
        lambda: rig.seen.ready(PART) + rig.seen.kept_aside() > 0, rig.deadlines.stopped
    )
    rig.start.await_ready(rig.start.instance(PART))
    rig.wait.finish(rig.work_time(TEXTS))
    rig.judge(*rig.seen.losses(), requirement="no-loss.parts-without-queue")
    published = rig.seen.ledger().published_by(stream.name)
    if not published and not rig.seen.done():
        raise Inconclusive("no witness: no part was published, before there was a queue or after")
    words = "a package was settled, and its parts reached no queue"
    rig.expect(is_kept, words, str(settled), *map(str, published))
    rig.judge(requirement="safe-publishing.routed")


@pytest.mark.guarantee("no-loss", designs=("blocking", "parts", "parts-random", "pipeline"))
@pytest.mark.requirement("no-loss.equal-bodies")
def test_equal_bodies(rig: Rig) -> None:
    """Two packages with the same bytes and different message ids leave their rows each, also after a redelivery."""
    rig.start.workers(2)
    twins = package_body("text1", "text1")  # two parts that differ by nothing but their place
    rig.publish.body(twins)
    rig.wait.finish(rig.work_time(2))
    holds = rig.faults.hold(delivery, *rig.instances.workers)
    rig.publish.body(twins)
    holds.first(rig.deadlines.within(0), "no worker was given the second").process.kill()
    holds.release()
    _need_shown(rig)
    rig.judge(*rig.seen.losses())


def _second_part() -> Match:
    return _to_part(lambda body: b"text2" in body)


def _next_step() -> Match:
    return _to_part()


def _to_part(body: Callable[[bytes], bool] | None = None) -> Match:
    return publish(exchange=PART.exchange, body=body)


def _work_on(rig: Rig, busy: Process, until: float) -> None:
    """Keep both workers in work until then, and until this one has acked on its new channel.

    Each message is as long as the old one, which so ends within the first. It is over at once where this one acks what
    it has not done, so that its end loses that.
    """
    old = len(rig.seen.ledger().to(busy.name))

    def acked() -> list[Delivery]:
        new = rig.seen.ledger().to(busy.name)[old:]
        return [d for d in new if d.settlement is not None and d.settlement.kind == "ack"]

    def is_over() -> bool:
        is_early = any(not rig.seen.has_effect(d) for d in acked())  # read after the ack was seen
        return is_early or busy.exit_status is not None

    limit = rig.deadlines.within(rig.work_time(MANY_TEXTS + TEXTS))
    texts = MANY_TEXTS  # of the first: it is in work still when old work beside it ends
    while not is_over() and rig.now() < (until if acked() else until + limit):
        ids = [unique_work(rig, texts).message_id for _ in rig.instances.workers]
        rig.wait.see(lambda: is_over() or all(map(rig.seen.ledger().settled, ids)), limit)  # noqa: B023 - it is asked here alone
        texts = TEXTS
    if not acked() and busy.exit_status is None:
        raise Inconclusive(f"no witness: {busy.name} was given nothing on its new channel")


def _await_redelivery(rig: Rig) -> None:
    rig.wait.witness(
        lambda: bool(rig.seen.ledger().redeliveries()),
        rig.deadlines.noticed,
        "the broker redelivered nothing",
    )


def _need_shown(rig: Rig) -> None:
    if not _has_shown(rig):
        _await_redelivery(rig)


def _has_shown(rig: Rig, before: int = 0) -> bool:
    """Whether the failure took effect: there are more than `before` redeliveries, or the effect is missing."""

    def is_redelivered() -> bool:
        return len(rig.seen.ledger().redeliveries()) > before

    rig.wait.see(
        lambda: is_redelivered() or (rig.seen.at_rest() and not _is_owed(rig)),
        rig.deadlines.noticed,
    )
    rig.wait.finish(rig.work_time(TEXTS))
    return bool(rig.seen.losses()) or is_redelivered()


def _is_owed(rig: Rig) -> bool:
    """Whether the broker has a message back that it has not delivered again."""
    last = {d.message: d for d in rig.seen.ledger().deliveries}
    return any(
        d.given_back_at is not None if d.settlement is None else not d.settlement.counts
        for d in last.values()
    )


def _held_the_others_up(rig: Rig, caught: Delivery) -> bool:
    """Whether the effect is missing only because the frozen consumer holds a lock in the database.

    It was frozen too late then: in its transaction, with its work over. A consumer that holds such a lock all through
    its work does so at every try, and is judged by the last.
    """
    if any(d.at == caught.at and d.open_until == float("inf") for d in rig.seen.given()):
        return False  # the broker never took it back
    rig.instances.named(caught.instance).kill()
    rig.wait.finish(rig.work_time(TEXTS))
    return not rig.seen.losses()
