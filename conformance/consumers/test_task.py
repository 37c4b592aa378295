"""The asynchronous task: accepted at once, and done by its consumer (document 1, chapter 5)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import (
    HTTP,
    TASK,
    Inconclusive,
    Moment,
    Task,
    delivery,
    parse_json,
    short,
)

if TYPE_CHECKING:
    from warren.rigs.consumers import Rig

CALLS = 5


@pytest.mark.guarantee("accepts-async")
@pytest.mark.requirement("accepts-async.without-consumer")
def test_accepted_before_done(rig: Rig) -> None:
    """GET /task answers 202 "Task accepted" and inserts a row while its consumer has not got the message."""
    holds = rig.faults.hold(delivery, *rig.start.workers(1, http=True))
    answer = rig.calls.answers(rig.calls.begin())[0]
    accepted = answer.status == HTTPStatus.ACCEPTED and parse_json(answer.body) == "Task accepted"
    http = rig.instances.of(HTTP)[0]
    published = (
        accepted
        and rig.wait.see(  # to whatever exchange: that it is routed is another guarantee
            lambda: bool(holds.caught() or rig.seen.ledger().published_by(http.name)),
            rig.deadlines.within(0),
        )
    )
    rig.wait.quiet(lambda: any(row.completed_at for row in rig.seen.task_rows()))
    rows = rig.seen.task_rows()
    rig.expect(accepted, f"answered {answer.status} {short(answer.body)} {answer.error}")
    if accepted:
        words = "no message was published for its consumer"
        rig.expect(published, words, *rig.seen.last(http))
    rig.expect(len(rows) == 1, f"there are {len(rows)} task rows, not one")
    for row in rows:
        words = f"task {row.id} was done before its message was delivered"
        rig.expect(not row.completed_at, words)
    rig.judge()


@pytest.mark.guarantee("accepts-async")
@pytest.mark.requirement("accepts-async.leaves-none")
def test_calls_leave_no_connection(rig: Rig) -> None:
    """Five calls, one after the other, leave no connection to the broker behind them."""
    rig.start.workers(1, http=True)
    rig.warm_up()  # so that what is opened at the first call is open
    http = rig.instances.of(HTTP)[0]
    before = len(rig.seen.everything().open_of(http.name))
    for _ in range(CALLS):
        rig.calls.answers(rig.calls.begin())

    def has_more() -> bool:
        return len(rig.seen.everything().open_of(http.name)) > before + 1

    rig.wait.see(lambda: not has_more(), rig.deadlines.stopped)
    now = rig.seen.everything().open_of(http.name)
    words = f"{http.name} has {len(now)} connections open after {CALLS} calls, and had {before}"
    rig.expect(not has_more(), words, *map(str, now))
    rig.judge()


@pytest.mark.guarantee("routes-task")
@pytest.mark.requirement("routes-task.completed")
def test_accepted_task_is_completed(rig: Rig) -> None:
    """A task that GET /task accepted gets a result and a time of completion."""
    rig.start.all(http=True)
    answer = rig.calls.answers(rig.calls.begin())[0]
    if answer.status != HTTPStatus.ACCEPTED:
        raise Inconclusive(
            f"no witness: GET /task answered {answer.status}, so no task was accepted"
        )
    rows = rig.seen.task_rows()
    rig.publish.adopt(*map(Task.accepted, rows))
    rig.wait.finish(1)
    published = rig.seen.ledger().published_by(rig.instances.of(HTTP)[0].name)
    where = ", ".join(sorted({f'"{p.exchange}"' for p in published})) or "nowhere"
    rig.expect(rows, "a task was accepted, and there is no row of it")
    for lost in rig.seen.losses():
        words = f'it was published to {where}, its queue is bound to "{TASK.exchange}"'
        rig.violated(f"{lost.words}: {words}", *map(str, published))
    rig.judge()


@pytest.mark.full
@pytest.mark.guarantee("routes-task")
@pytest.mark.requirement("routes-task.slow-commit")
def test_commit_held(rig: Rig) -> None:
    """A task whose row is committed late is done all the same, where it is accepted: its message is published after."""
    rig.database.need_line()  # a file holds up its consumer too
    rig.database.let_commits_be_held()
    rig.start.all(http=True)
    rig.warm_up()
    commits = rig.database.hold_commits(Moment.BEFORE_COMMIT, rig.instances.of(HTTP)[0])
    call = rig.calls.begin()
    commits.first(rig.deadlines.within(0), "GET /task asked its database for no commit")
    rig.wait.quiet()  # what was published already is done with
    commits.release()
    if rig.calls.answers(call)[0].status == HTTPStatus.ACCEPTED:
        rig.publish.adopt(*map(Task.accepted, rig.seen.task_rows()))
        rig.wait.finish(1)
    rig.judge(*rig.seen.losses())
