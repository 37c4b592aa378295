"""A restart of the broker, with nothing and with everything under way (document 1, chapter 2, step 10).

One restart serves the requirements of three guarantees, because it is what takes long.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import (
    HTTP,
    PART,
    STREAM,
    Inconclusive,
    Match,
    Unmet,
    Violation,
    acks,
    package_body,
    publish,
)

from .comebacks import new_work, not_back, replace_lost, unique_work

if TYPE_CHECKING:
    from warren.rigs.consumers import Holds, HttpReply, Published, Rig

TEXTS = ("first", "second", "third")
NEW_TEXTS = 2
"""Of the work after the restart, which must differ from all before: some take equal bytes for the same message."""
EACH = 2
"""Instances of each role: one has its ack on the way when the broker restarts, the other is at work."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What is held as the broker restarts, and in words what is missing without which nothing could be lost."""

    holds: tuple[Holds, ...]
    missed: str


@pytest.mark.restarts_broker
@pytest.mark.guarantee("survives-broker-restart", "rpc-times-out", designs=("rpc",))
@pytest.mark.requirement("rpc-times-out.broker-restart", "survives-broker-restart.consumes-again")
def test_answered_at_broker_restart(rig: Rig) -> None:
    """A call whose reply is on its way while the broker restarts ends in time, and the same processes do new work."""
    servers = rig.start.workers(1, http=True)
    replies = rig.faults.hold(partial(publish, exchange=""), *servers)
    call = rig.calls.begin()
    rig.wait.see(lambda: bool(replies.caught()) or call.done(), rig.deadlines.within(2))
    is_replied = bool(replies.caught())
    lost_at = rig.now()
    rig.faults.restart_broker()
    replies.release()  # what was caught is lost
    answer = rig.calls.answers(call)[0]
    if is_replied:
        _expect_end(rig, answer, HTTPStatus.OK)
        rig.judge(requirement="rpc-times-out.broker-restart")
    lost = not_back(rig, lost_at, rig.instances.all) or new_work(rig)
    rig.judge(*lost, requirement="survives-broker-restart.consumes-again")
    if not is_replied:
        raise Inconclusive("no witness: no server replied")


@pytest.mark.restarts_broker
@pytest.mark.guarantee(
    "no-loss",
    "effect-once",
    "survives-broker-restart",
    designs=("blocking", "parts", "parts-random", "pipeline"),
)
@pytest.mark.requirement(
    "survives-broker-restart.consumes-again",
    "no-loss.broker-restart",
    "effect-once.broker-restart",
)
def test_at_work_at_broker_restart(rig: Rig) -> None:
    """Work that waits, is in hand, is published or acked while the broker restarts is done once, and new work too."""
    _start(rig)
    under_way = _put_under_way(rig)
    lost = _restart(rig, *under_way.holds)
    _judge_back(rig, lost)
    _judge_kept(rig, under_way)
    _judge_once(rig)


@pytest.mark.restarts_broker
@pytest.mark.guarantee(
    "no-loss", "effect-once", "survives-broker-restart", "routes-task", designs=("task",)
)
@pytest.mark.requirement(
    "survives-broker-restart.consumes-again",
    "no-loss.broker-restart",
    "effect-once.broker-restart",
    "routes-task.broker-restart",
)
def test_accepted_at_broker_restart(rig: Rig) -> None:
    """As above; and a call whose task is on its way as the broker restarts accepts only what is done in the end."""
    _start(rig)
    under_way = _put_under_way(rig)
    (http,) = rig.instances.of(HTTP)
    publishes = rig.faults.hold(publish, http)
    call = rig.calls.begin()
    is_published = rig.wait.see(lambda: bool(publishes.caught()), rig.deadlines.within(0))
    published = rig.seen.ledger().published_by(http.name)
    lost = _restart(rig, *under_way.holds, publishes)
    _judge_back(rig, lost)
    _judge_kept(rig, under_way)
    if is_published:
        _expect_done_if_accepted(rig, rig.calls.answers(call)[0], published[-1])
        rig.judge(requirement="routes-task.broker-restart")
    _judge_once(rig)
    if not is_published:
        raise Inconclusive("no witness: a call published no task")


def _start(rig: Rig) -> None:
    roles = {role.name.replace("-", "_"): EACH for role in rig.workload.roles if role.consumes}
    rig.start.all(http=True, **roles)


def _put_under_way(rig: Rig) -> UnderWay:
    """Have an ack on its way to the broker, a worker with work in hand, a publish on its way, and work that waits.

    The acks of all consumers are held: where one splits packages, its ack waits after all parts of the first package
    were published, and the publish of another waits in the middle of the second. What is held goes with its connection.
    """
    splits = rig.workload.entry != rig.workload.worker
    holds = rig.faults.hold(acks, *rig.instances.consumers)
    publishes = rig.faults.hold(_second_text, *(rig.instances.of(STREAM) if splits else ()))
    within = rig.deadlines.within(rig.work_time(1))
    rig.publish.work(1)
    rig.wait.see(lambda: bool(holds.caught()) and rig.seen.done(), within)
    rig.wait.remember_effects()
    if splits:
        rig.publish.body(package_body(*TEXTS))
    else:
        unique_work(rig, len(TEXTS))
    rig.wait.see(lambda: bool(publishes.caught()) if splits else len(rig.seen.given()) > 1, within)
    rig.publish.work(1)
    rig.wait.see(lambda: rig.seen.ready(rig.workload.entry) > 0, rig.deadlines.stopped)
    is_unsettled = bool(holds.caught()) or any(
        d.open_until == float("inf") for d in rig.seen.given()
    )
    missed = "" if is_unsettled else "nothing was in hand, and no ack on its way"
    if splits and not publishes.caught():
        missed = "no publish was on its way"
    return UnderWay((holds, publishes), missed)


def _second_text() -> Match:
    return publish(exchange=PART.exchange, body=lambda body: b'"second"' in body)


def _restart(rig: Rig, *under_way: Holds) -> list[Violation]:
    """Restart the broker, see the work done, by others where some do not come back, and say who does not."""
    lost_at = rig.now()
    rig.faults.restart_broker()
    for holds in under_way:  # what they caught is lost; on new connections they catch nothing
        holds.release()
    lost = not_back(rig, lost_at, rig.instances.all)
    replace_lost(rig, lost_at)
    rig.wait.finish(rig.work_time(len(TEXTS)))
    return lost


def _judge_back(rig: Rig, lost: list[Violation]) -> None:
    rig.judge(*(lost or _new_effect(rig)), requirement="survives-broker-restart.consumes-again")


def _judge_kept(rig: Rig, under_way: UnderWay) -> None:
    """Judge that nothing was lost, where something could have been."""
    rig.wait.rest(rig.work_time(len(TEXTS)))
    losses = rig.seen.losses()
    if under_way.missed and not losses:
        raise Inconclusive(f"no witness: as the broker restarted {under_way.missed}")
    rig.judge(*losses, requirement="no-loss.broker-restart")


def _judge_once(rig: Rig) -> None:
    """Judge that nothing was doubled, where something was done and then given again.

    A broker need not mark what it gives again after its restart.
    """
    if not rig.seen.effects():
        raise Unmet("no effect was left that could be doubled")
    given = [d.message for d in rig.seen.given()]
    if len(set(given)) == len(given):
        raise Inconclusive("no witness: nothing was given again after the restart")
    rig.judge(*rig.seen.duplicates(), requirement="effect-once.broker-restart")


def _new_effect(rig: Rig) -> tuple[Violation, ...]:
    """Send new work, and say whether it was done: what becomes of the old is asked by other requirements."""
    before = rig.seen.effects()
    rig.publish.work(NEW_TEXTS)
    if rig.wait.see(
        lambda: rig.seen.effects() > before, rig.deadlines.within(rig.work_time(NEW_TEXTS))
    ):
        return rig.calls.until_done()
    return (Violation("new work left no effect after the restart", rig.seen.last()),)


def _expect_end(rig: Rig, answer: HttpReply, good: HTTPStatus) -> None:
    """Expect that a call was answered as it is when all is well, or by an error of the server's."""
    words = f"a call that waited as the broker restarted was answered {answer.status} after {answer.seconds:.1f} s"
    is_right = answer.status == good or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    rig.expect(
        is_right, f"{words} {answer.error}".rstrip(), *rig.seen.last(rig.instances.of(HTTP)[0])
    )


def _expect_done_if_accepted(rig: Rig, answer: HttpReply, published: Published) -> None:
    """Expect that the task of a call was done, or that its caller was told of a failure."""
    _expect_end(rig, answer, HTTPStatus.ACCEPTED)
    if answer.status != HTTPStatus.ACCEPTED:
        return
    task = rig.workload.read(published.body, "")
    is_done = rig.wait.see(lambda: rig.seen.is_done(task), rig.deadlines.within(1))
    words = "the task of a call that was accepted as the broker restarted was never completed"
    rig.expect(is_done, words, str(published), *rig.seen.last())
