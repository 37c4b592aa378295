"""A restart of the broker, with nothing and with everything under way (document 1, chapter 2, step 10).

One restart serves the requirements of three guarantees, because it is what takes long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import (
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
    from warren.rigs.consumers import Holds, Rig

TEXTS = ("first", "second", "third")
NEW_TEXTS = 2
"""Of the work after the restart, which must differ from all before: some take equal bytes for the same message."""
EACH = 2
"""Instances of each role: one has its ack on the way when the broker restarts, the other is at work."""


@pytest.mark.restarts_broker
@pytest.mark.guarantee("survives-broker-restart", designs=("rpc",))
@pytest.mark.requirement("survives-broker-restart.consumes-again")
def test_idle_at_broker_restart(rig: Rig) -> None:
    """After a restart of the broker the same processes do new work, also that which GET /task accepts."""
    rig.start.workers(1, http=True)
    lost_at = rig.now()
    rig.faults.restart_broker()
    rig.judge(*(not_back(rig, lost_at, rig.instances.all) or new_work(rig)))


@pytest.mark.restarts_broker
@pytest.mark.guarantee(
    "no-loss",
    "effect-once",
    "survives-broker-restart",
    designs=("blocking", "parts", "parts-random", "pipeline", "task"),
)
@pytest.mark.requirement(
    "survives-broker-restart.consumes-again",
    "no-loss.broker-restart",
    "effect-once.broker-restart",
)
def test_at_work_at_broker_restart(rig: Rig) -> None:
    """Work that waits, is in hand, is published or acked while the broker restarts is done once, and new work too."""
    roles = {role.name.replace("-", "_"): EACH for role in rig.workload.roles if role.consumes}
    rig.start.all(http=True, **roles)
    under_way = _put_under_way(rig)
    lost_at = rig.now()
    rig.faults.restart_broker()
    for holds in under_way:  # what they caught is lost; on new connections they catch nothing
        holds.release()
    lost = not_back(rig, lost_at, rig.instances.all)
    replace_lost(rig, lost_at)
    rig.wait.finish(rig.work_time(len(TEXTS)))
    rig.judge(*(lost or _new_effect(rig)), requirement="survives-broker-restart.consumes-again")
    rig.wait.rest(rig.work_time(len(TEXTS)))
    rig.judge(*rig.seen.losses(), requirement="no-loss.broker-restart")
    _need_repetition(rig)
    rig.judge(*rig.seen.duplicates(), requirement="effect-once.broker-restart")


def _put_under_way(rig: Rig) -> tuple[Holds, Holds]:
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
    return holds, publishes


def _second_text() -> Match:
    return publish(exchange=PART.exchange, body=lambda body: b'"second"' in body)


def _new_effect(rig: Rig) -> tuple[Violation, ...]:
    """Send new work, and say whether it was done: what becomes of the old is asked by other requirements."""
    before = rig.seen.effects()
    rig.publish.work(NEW_TEXTS)
    if rig.wait.see(
        lambda: rig.seen.effects() > before, rig.deadlines.within(rig.work_time(NEW_TEXTS))
    ):
        return rig.calls.until_done()
    return (Violation("new work left no effect after the restart", rig.seen.last()),)


def _need_repetition(rig: Rig) -> None:
    """Make sure that something was done, and then given again. A broker need not mark it so after its restart."""
    if not rig.seen.effects():
        raise Unmet("no effect was left that could be doubled")
    given = [d.message for d in rig.seen.given()]
    if len(set(given)) == len(given):
        raise Inconclusive("no witness: nothing was given again after the restart")
