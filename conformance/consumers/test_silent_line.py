"""A line that falls silent both ways and is not closed, during work or a call (document 1, chapter 2, step 9).

The consumer works on, while the broker gives its message to another: that two are at work at once nobody owes without
fencing, but the effect must be there once.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import HTTP, Inconclusive, Task, Unmet, acks

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.rigs.consumers import HttpReply, Process, Rig

TEXTS = 20
"""They take a heartbeat more than a silent connection lives, so that two consumers are at work on them at once."""
GRACE = 0.4
"""Of WARREN_TIMEOUT, by which a failure may be told later: a row is deleted first, an answer takes its way."""


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("effect-once", designs=("blocking", "parts", "parts-random", "pipeline"))
@pytest.mark.requirement("effect-once.silent-line")
def test_silent_during_work(rig: Rig) -> None:
    """A consumer whose line is silent works on beside the one that is given its message, and doubles nothing."""
    rig.start.workers(2)
    rig.faults.need_work_that_lasts(TEXTS)
    holds = rig.faults.hold(acks, *rig.instances.workers)  # or who acks at once does so before
    rig.publish.work(TEXTS)
    rig.wait.need(
        lambda: bool(rig.seen.given()), rig.deadlines.within(0), "no worker was given a message"
    )
    silent = rig.instances.named(rig.seen.given()[0].instance)
    silent.line.half_open()
    holds.release()  # those of the others
    rig.wait.witness(
        lambda: bool(rig.seen.ledger().redeliveries()),
        rig.deadlines.noticed,
        "the broker redelivered nothing",
    )
    rig.wait.finish(rig.work_time(TEXTS))
    if not rig.seen.effects():
        raise Unmet("no effect was left that could be doubled")
    silent.line.restore()
    rig.wait.pass_time(rig.seen.longest_work())  # of the silent one, that may still go on
    rig.wait.rest(rig.work_time(TEXTS))
    if not rig.seen.effects():
        raise Unmet("no effect was left that could be doubled")
    rig.judge(*rig.seen.duplicates())


@pytest.mark.guarantee("routes-task")
@pytest.mark.requirement("routes-task.silent-line")
def test_called_in_silence(rig: Rig) -> None:
    """GET /task while the line of its role is silent answers 202 for what is done in the end, else 5xx in time."""
    answer = _call_in_silence(
        rig,
        lambda a: a.status == HTTPStatus.ACCEPTED or a.status >= HTTPStatus.INTERNAL_SERVER_ERROR,
    )
    if answer.status == HTTPStatus.ACCEPTED:
        rows = rig.seen.task_rows()
        rig.publish.adopt(*map(Task.accepted, rows))
        rig.wait.finish(1)
        rig.expect(rows, "a task was accepted in silence, and there is no row of it")
    rig.judge(*rig.seen.losses())


@pytest.mark.full
@pytest.mark.guarantee("rpc-times-out")
@pytest.mark.requirement("rpc-times-out.silent-line")
def test_rpc_called_in_silence(rig: Rig) -> None:
    """A call that is made while the line of its role is silent ends in a 5xx status, not later than its time-out."""
    _call_in_silence(rig, lambda a: a.status >= HTTPStatus.INTERNAL_SERVER_ERROR)
    rig.judge()


def _call_in_silence(rig: Rig, is_right: Callable[[HttpReply], bool]) -> HttpReply:
    """Call an instance whose line is silent until it is lost, by one of its ends or by the rig; give the answer."""
    rig.start.all(http=True)
    rig.warm_up()  # what is opened at the first call is open then, and falls silent too
    http = rig.instances.of(HTTP)[0]
    http.line.half_open()
    call = rig.calls.begin(within=rig.deadlines.answered(2 * rig.calls.timeout))
    answer = rig.calls.answers(call)[0]
    words = (
        f"called while the line was silent it answered {answer.status} after {answer.seconds:.1f} s,"
        f" and WARREN_TIMEOUT was {rig.calls.timeout:.1f} s: {answer.body[:80]!r} {answer.error}"
    )
    rig.expect(is_right(answer), words.rstrip(), *rig.seen.last(http))
    _expect_in_time(rig, http, answer)
    rig.wait.see(
        lambda: any(end.instance == http.name for end in rig.seen.ledger().ends),
        rig.deadlines.noticed,
    )
    http.line.cut()  # else what was written into the silence would come through now
    http.line.restore()
    return answer


def _expect_in_time(rig: Rig, http: Process, answer: HttpReply) -> None:
    """Expect that a failure is told when WARREN_TIMEOUT is over; that a task was accepted may be told later."""
    timeout, latest = rig.calls.timeout, (1 + GRACE) * rig.calls.timeout
    if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR or answer.seconds <= latest:
        return
    itself = rig.calls.seconds_running(http, answer)
    words = f"it answered {answer.status} after {answer.seconds:.1f} s, and WARREN_TIMEOUT was {timeout:.1f} s"
    if itself <= latest:
        raise Inconclusive(
            f"{words}, of which it was kept from running for {answer.seconds - itself:.1f} s"
        )
    rig.violated(
        f"called while the line was silent {words}: later than that allows", *rig.seen.last(http)
    )
