"""survives-connection-loss: the same processes go on (document 1, chapter 2, step 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .comebacks import ended, new_work, not_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.rigs.consumers import Process, Rig, Violation

TEXTS = 3
REFUSED = 5
"""Document seconds for which new connections are refused."""
UNANSWERED = 60.0
"""Real seconds in which a connection that is not answered is given up: twice what patient libraries wait."""


@pytest.mark.guarantee("survives-connection-loss")
@pytest.mark.requirement("survives-connection-loss.idle")
def test_idle_connection_cut(rig: Rig) -> None:
    """A consumer whose idle connection is cut connects again, also the second time, and does new work."""
    rig.start.workers(1, http=True)
    rig.warm_up()  # what is opened at the first message or call is open then, and is lost too
    violations = _not_back_after_cut(rig)
    if not violations:
        rig.wait.quiet()  # so that the next connection is idle too when it is cut
        violations = _not_back_after_cut(rig) or new_work(rig)
    rig.judge(*violations)


@pytest.mark.guarantee("survives-connection-loss")
@pytest.mark.requirement("survives-connection-loss.half-open")
def test_idle_connection_half_open(rig: Rig) -> None:
    """A consumer whose idle connection was silent both ways for three heartbeats does new work afterwards."""
    rig.start.workers(1, http=True)
    lost_at = rig.now()
    for process in rig.instances.all:
        process.line.half_open()
    rig.wait.see(lambda: len(_lost(rig, lost_at)) == len(rig.instances.all), rig.deadlines.noticed)
    # A consumer without heartbeats does not notice and keeps its connection; it must do new work all the same.
    lost = _lost(rig, lost_at)
    for process in rig.instances.all:
        process.line.restore()
    _judge_new_work(rig, lost_at, lost)


@pytest.mark.guarantee("survives-connection-loss")
@pytest.mark.requirement("survives-connection-loss.refused")
def test_new_connections_refused(rig: Rig) -> None:
    """A consumer whose connection is cut, and whose new ones are refused for a while, does new work afterwards."""
    rig.start.workers(1, http=True)
    lost_at = rig.now()
    for process in rig.instances.all:
        process.line.refuse()
    _wait_outside(rig)
    for process in rig.instances.all:
        process.line.accept()
    _judge_new_work(rig, lost_at, rig.instances.all)


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("survives-connection-loss")
@pytest.mark.requirement("survives-connection-loss.not-let-in")
def test_new_connections_not_let_in(rig: Rig) -> None:
    """A consumer whose connection is cut, and whose broker answers and lets nobody in for a while, does new work."""
    rig.start.workers(1, http=True)
    rig.warm_up()
    lost_at = rig.now()
    with rig.faults.nobody_let_in():
        for process in rig.instances.all:
            process.line.cut()
        _wait_outside(rig)
    rig.judge(*(not_back(rig, lost_at, rig.instances.all) or new_work(rig)))


def _wait_outside(rig: Rig) -> None:
    """Let the time pass in which nobody gets in; who has ended tries no more."""
    rig.wait.see(
        lambda: all(p.exit_status is not None for p in rig.instances.all),
        rig.deadlines.seconds(REFUSED),
    )


@pytest.mark.full
@pytest.mark.guarantee("survives-connection-loss")
@pytest.mark.requirement("survives-connection-loss.unanswered")
def test_new_connection_unanswered(rig: Rig) -> None:
    """A consumer whose connection is cut, and whose next one is taken and never answered, connects once more."""
    rig.start.workers(1, http=True)
    rig.warm_up()
    lost_at = rig.now()
    for process in rig.instances.all:
        process.line.leave_unanswered()
        process.line.cut()
    rig.judge(
        *(not_back(rig, lost_at, rig.instances.all, within=UNANSWERED) or new_work(rig, behind=1))
    )


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("survives-connection-loss")
@pytest.mark.requirement("survives-connection-loss.dead-connection")
def test_idle_connection_dead(rig: Rig) -> None:
    """A consumer whose idle connection has died without a word, while new ones are served, gives it up by itself."""
    rig.start.workers(1, http=True)
    rig.warm_up()  # what is opened at the first message or call is open then, and dies too
    lost_at = rig.now()
    for process in rig.instances.all:
        process.line.let_die()
    within = max(UNANSWERED, rig.deadlines.noticed + rig.deadlines.reconnected)
    violations = not_back(rig, lost_at, rig.instances.all, within=within)
    # As long as the broker takes the dead connections for alive, it gives new work to them.
    rig.wait.see(lambda: bool(ended(rig, rig.instances.all)), rig.deadlines.noticed)
    rig.judge(*(violations or new_work(rig)))


@pytest.mark.guarantee(
    "survives-connection-loss", designs=("blocking", "parts", "parts-random", "pipeline", "rpc")
)
@pytest.mark.requirement("survives-connection-loss.in-hand")
def test_connection_cut_during_work(rig: Rig) -> None:
    """A consumer whose connection is cut in the middle of its work connects again and does new work."""
    rig.start.workers(1, http=True)
    busy = rig.instances.named(rig.faults.catch_at_work(TEXTS).instance)
    lost_at = rig.now()
    busy.line.cut()
    _judge_new_work(rig, lost_at, [busy])


def _lost(rig: Rig, since: float) -> list[Process]:
    """Give the instances whose connections have ended since then, all that were open."""
    ledger = rig.seen.ledger()
    names = {end.instance for end in ledger.ends if end.at > since}
    left = {c.instance for c in ledger.connections if c.opened <= since}
    return [p for p in rig.instances.all if p.name in names - left]


def _judge_new_work(rig: Rig, lost_at: float, lost: Sequence[Process]) -> None:
    """Wait until those who lost their connection consume again, then give work; what was in hand may come first."""
    rig.judge(*(not_back(rig, lost_at, lost) or new_work(rig, behind=TEXTS)))


def _not_back_after_cut(rig: Rig) -> Sequence[Violation]:
    lost_at = rig.now()
    for process in rig.instances.all:
        process.line.cut()
    return not_back(rig, lost_at, rig.instances.all)
