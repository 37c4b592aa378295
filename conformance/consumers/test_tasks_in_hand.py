"""Several tasks or requests in hand, of which one is acked: what becomes of the others when their consumer fails.

As in `test_in_hand`. The work on a task is over at once, so one whose commit waits stands for one that is worked on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Inconclusive, Moment, delivery

from .comebacks import unique_work
from .crashes import CRASHES, cut_and_consume_again

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.rigs.consumers import HeldCommits, Process, Rig, Unit

pytestmark = [pytest.mark.full, pytest.mark.parametrize("prefetch", [3, 10])]
TRIES = 15
"""How often a commit is tried to be held that is too quick for that now and then."""
BEGUN = 0.5
"""Document seconds after which the next request has been begun, and most of it is still to do."""


@pytest.mark.guarantee("no-loss", designs=("task",))
@pytest.mark.requirement("no-loss.killed-after-ack")
def test_killed_after_ack(rig: Rig, prefetch: int) -> None:
    """A consumer killed after its first ack, with other tasks in hand, loses none of them."""
    worker = _start(rig, prefetch)
    commits = _hold_behind_an_ack(rig, worker, prefetch)
    worker.kill()
    _judge_kept(rig, commits, prefetch)


@pytest.mark.guarantee("no-loss", designs=("task",))
@pytest.mark.requirement("no-loss.frozen-after-ack")
def test_frozen_after_ack(rig: Rig, prefetch: int) -> None:
    """A consumer that freezes after its first ack, with other tasks in hand, loses none of them."""
    rig.database.need_line()  # frozen in its commit it keeps a file locked for all
    worker = _start(rig, prefetch)
    commits = _hold_behind_an_ack(rig, worker, prefetch)
    worker.freeze()
    _judge_kept(rig, commits, prefetch)


@pytest.mark.guarantee("no-loss", "effect-once", designs=("task",))
@pytest.mark.requirement("no-loss.cut-after-ack", "effect-once.cut-after-ack")
def test_cut_after_ack(rig: Rig, prefetch: int) -> None:
    """A consumer whose connection is cut after its first ack, with others in hand, loses none and doubles none."""
    worker = _start(rig, prefetch)
    commits = _hold_behind_an_ack(rig, worker, prefetch)
    before = len(rig.seen.ledger().redeliveries())
    worker.line.cut()
    commits.release()
    cut_and_consume_again(rig, worker, prefetch)
    rig.wait.finish(rig.work_time(1) * prefetch)
    rig.judge(*rig.seen.losses(), requirement="no-loss.cut-after-ack")
    rig.wait.witness(
        lambda: len(rig.seen.ledger().redeliveries()) > before,
        rig.deadlines.within(0),
        "the broker redelivered nothing",
    )
    rig.wait.rest(rig.work_time(1) * prefetch)
    rig.judge(*rig.seen.duplicates(), requirement="effect-once.cut-after-ack")


@pytest.mark.guarantee("rpc-request-kept")
@pytest.mark.parametrize(
    "crash",
    [
        pytest.param(
            crash, id=how, marks=pytest.mark.requirement(f"rpc-request-kept.{how}-after-ack")
        )
        for how, crash in CRASHES.items()
    ],
)
def test_server_fails_after_ack(
    rig: Rig, crash: Callable[[Process], object], prefetch: int
) -> None:
    """Requests that a server has in hand as it fails, after it has acked one of them, are done and answered."""
    worker = _start(rig, prefetch)
    requests: list[Unit] = []

    def once(_is_last: bool) -> bool | None:
        given = len(rig.seen.given())
        requests.extend(rig.publish.work() for _ in range(prefetch + 1))
        rig.wait.need(
            lambda: any(d.settlement for d in rig.seen.given()[given:]),
            rig.deadlines.within(rig.work_time(1) * prefetch),  # it may ack several at once
            "no server acked a request",
        )
        rig.wait.pass_time(BEGUN)
        return None if rig.seen.done() else True

    rig.wait.attempt(once, "all requests were done before")
    crash(worker)
    rig.start.another_worker()
    rig.wait.finish(rig.work_time(1) * (prefetch + 1))
    if rig.seen.losses() and crash is CRASHES["frozen"] and _is_taken_off(rig, worker):
        worker.kill()  # frozen in its transaction it may hold the others up, by which nothing is lost
        rig.wait.finish(rig.work_time(1) * (prefetch + 1))
    rig.wait.see(lambda: not _unanswered(rig, requests), rig.deadlines.stopped)
    unanswered = _unanswered(rig, requests)
    words = f"{len(unanswered)} of {len(requests)} requests got no reply"
    rig.expect(not unanswered, words, *rig.seen.last())
    rig.judge(*rig.seen.losses())


def _is_taken_off(rig: Rig, worker: Process) -> bool:
    """Whether the broker has taken back all that a worker held."""
    return all(d.open_until < float("inf") for d in rig.seen.ledger().to(worker.name))


def _unanswered(rig: Rig, requests: list[Unit]) -> list[Unit]:
    return [request for request in requests if not rig.publish.replies_to(request.message_id)]


def _start(rig: Rig, prefetch: int) -> Process:
    rig.database.let_commits_be_held()
    return rig.start.workers(1, prefetch=prefetch)[0]


def _hold_behind_an_ack(rig: Rig, worker: Process, prefetch: int) -> HeldCommits:
    """Give a worker so many tasks at once, and hold a commit of it as one of them is acked and others are not done."""
    passing = 1
    for _ in range(TRIES):
        given = rig.faults.hold(delivery, worker)
        before = len(rig.seen.delivered())
        for _ in range(prefetch):
            unique_work(rig)
        rig.wait.need(
            lambda b=before: len(rig.seen.delivered()) - b >= prefetch,  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            rig.deadlines.within(0),
            f"no worker was given {prefetch} messages",
        )
        commits = rig.database.hold_commits(Moment.BEFORE_COMMIT, worker, passing=passing)
        given.release()
        if _is_caught_behind_an_ack(rig, commits, before, prefetch):
            return commits
        is_missed = commits.missed()
        commits.release()
        rig.wait.finish(rig.work_time(1) * prefetch)
        passing += 0 if is_missed else 1  # it commits more than once for each
    raise Inconclusive(f"no witness: no commit was held behind an ack, {TRIES} times")


def _is_caught_behind_an_ack(rig: Rig, commits: HeldCommits, before: int, prefetch: int) -> bool:
    idle = rig.wait.idle()
    within = rig.deadlines.within(rig.work_time(1) * prefetch)
    rig.wait.see(lambda: bool(commits.caught()) or idle(), within)
    if not commits.caught():
        return False
    is_acked = rig.wait.see(
        lambda: any(d.settlement for d in rig.seen.delivered()[before:]), rig.deadlines.stopped
    )
    return is_acked and not rig.seen.done()


def _judge_kept(rig: Rig, commits: HeldCommits, prefetch: int) -> None:
    rig.start.another_worker()
    commits.release()
    rig.wait.finish(rig.work_time(1) * prefetch)
    rig.judge(*rig.seen.losses())
