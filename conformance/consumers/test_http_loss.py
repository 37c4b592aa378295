"""survives-http-loss: work that finds an HTTP service away comes to its effect later, or its message is kept."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import HttpFailure, Inconclusive

from .outages import (
    AWAY,
    SIZE,
    has_ended,
    judge_outage,
    judge_pause,
    requirements,
    start_working,
)

if TYPE_CHECKING:
    from warren.rigs.consumers import Process, Rig, Unit

GUARANTEE = "survives-http-loss"
pytestmark = pytest.mark.guarantee(GUARANTEE)
GOES_ON = "survives-http-loss.goes-on"
HANGING = 33.0
"""Real seconds for which a call is not answered: longer than the time-outs that people set."""
_BACK = "after the HTTP service was back"
_requirements = functools.partial(requirements, GUARANTEE)


@pytest.mark.requirement(*_requirements("error"), GOES_ON)
def test_error(rig: Rig) -> None:
    """Work whose HTTP service answers with 500 is not lost, and is done by itself when that serves again."""
    workers = _start(rig)
    with rig.faults.http_lost(HttpFailure.ERROR):
        unit = rig.publish.work(SIZE)
        _await_failed_call(rig, unit)
        rig.wait.see(lambda: has_ended(workers), rig.deadlines.seconds(AWAY))
    judge_outage(rig, _requirements("error"), _BACK, goes_on=GOES_ON)


@pytest.mark.requirement(*_requirements("refused"))
def test_refused(rig: Rig) -> None:
    """Work whose HTTP service refuses connections is not lost, and is done by itself when it lets them in again."""
    workers = _start(rig)
    with rig.faults.http_lost(HttpFailure.REFUSED):
        unit = rig.publish.work(SIZE)
        rig.wait.need(
            lambda: bool(rig.seen.ledger().of(unit.message_id)),
            rig.deadlines.within(0),
            "no worker was given a message",
        )
        # Nothing shows a connection that was refused: by then it has met that.
        met = rig.work_time(SIZE) + AWAY * rig.deadlines.slowness
        rig.wait.see(lambda: has_ended(workers), rig.deadlines.seconds(met))
        if rig.seen.done():
            raise Inconclusive("no witness: the work was done without its HTTP service")
    judge_outage(rig, _requirements("refused"), _BACK)


@pytest.mark.full
@pytest.mark.requirement(*_requirements("hanging"))
def test_hanging(rig: Rig) -> None:
    """Work whose HTTP service answers no call is not lost, and is done by itself when it answers again."""
    workers = _start(rig)
    with rig.faults.http_lost(HttpFailure.HANGING):
        unit = rig.publish.work(SIZE)
        _await_failed_call(rig, unit)
        rig.wait.see(lambda: _is_given_up(rig, unit) or has_ended(workers), HANGING)
    judge_outage(rig, _requirements("hanging"), _BACK)


@pytest.mark.requirement("survives-http-loss.pause")
def test_pause(rig: Rig) -> None:
    """Between two tries of work whose HTTP service answers with 500 there is a pause."""
    _start(rig)
    with rig.faults.http_lost(HttpFailure.ERROR):
        began = rig.now()
        unit = rig.publish.work(0)
        rig.wait.pass_time(2 * AWAY)
        judge_pause(rig, began, _tries(rig, unit), "its HTTP service answered with status 500")


def _start(rig: Rig) -> list[Process]:
    """Start a worker, and see it work and call."""
    rig.faults.need_http()
    workers = start_working(rig)
    if not rig.seen.calls():
        raise Inconclusive("no witness: its work called no HTTP service")
    return workers


def _await_failed_call(rig: Rig, unit: Unit) -> None:
    rig.wait.witness(
        lambda: bool(_calls(rig, unit)),
        rig.deadlines.within(rig.work_time(SIZE)),
        "no call met that its HTTP service fails",
    )


def _calls(rig: Rig, unit: Unit) -> list[str]:
    """Give the calls since a unit of work was there: nobody else's work makes any."""
    given = rig.seen.ledger().of(unit.message_id)
    return [str(call) for call in rig.seen.calls() if given and call.at >= given[0].at]


def _is_given_up(rig: Rig, unit: Unit) -> bool:
    """Whether the first call was waited for no longer: it was tried again, or its message was settled."""
    given = rig.seen.ledger().of(unit.message_id)
    return len(_calls(rig, unit)) > 1 or given[0].open_until != float("inf")


def _tries(rig: Rig, unit: Unit) -> list[str]:
    """Give the tries that show: deliveries of the message, or calls where they are more."""
    deliveries = [str(d) for d in rig.seen.ledger().of(unit.message_id)]
    return max(deliveries, _calls(rig, unit), key=len)
