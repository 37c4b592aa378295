"""survives-broker-restart and survives-connection-loss: the same processes go on (document 1, chapter 2, step 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Violation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.rigs.consumers import Process, Rig

TEXTS = 3
REFUSED = 5
"""Document seconds for which new connections are refused."""


@pytest.mark.restarts_broker
@pytest.mark.guarantee("survives-broker-restart")
@pytest.mark.requirement("survives-broker-restart.consumes-again")
def test_broker_restart(rig: Rig) -> None:
    """After a restart of the broker the same processes do new work, also that which GET /task accepts."""
    rig.start.workers(1, http=True)
    lost_at = rig.now()
    rig.faults.restart_broker()
    _judge_new_work(rig, lost_at, rig.instances.all)


@pytest.mark.guarantee("survives-connection-loss")
@pytest.mark.requirement("survives-connection-loss.idle")
def test_idle_connection_cut(rig: Rig) -> None:
    """A consumer whose idle connection is cut connects again, also the second time, and does new work."""
    rig.start.workers(1, http=True)
    violations = _not_back_after_cut(rig)
    if not violations:
        rig.wait.quiet()  # so that the next connection is idle too when it is cut
        violations = _not_back_after_cut(rig) or _new_work(rig)
    rig.judge(*violations)


@pytest.mark.guarantee("survives-connection-loss")
@pytest.mark.requirement("survives-connection-loss.half-open")
def test_idle_connection_half_open(rig: Rig) -> None:
    """A consumer whose idle connection was silent both ways for three heartbeats does new work afterwards."""
    rig.start.workers(1, http=True)
    lost_at = rig.now()
    for process in rig.instances.all:
        process.line.half_open()
    rig.wait.see(lambda: len(_ended(rig)) == len(rig.instances.all), rig.deadlines.noticed)
    # A consumer without heartbeats does not notice and keeps its connection; it must do new work all the same.
    lost = _ended(rig)
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
    rig.wait.see(  # who has ended tries no more
        lambda: all(p.exit_status is not None for p in rig.instances.all),
        rig.deadlines.seconds(REFUSED),
    )
    for process in rig.instances.all:
        process.line.accept()
    _judge_new_work(rig, lost_at, rig.instances.all)


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


def _ended(rig: Rig) -> list[Process]:
    """Give the instances of which a connection has ended."""
    names = {end.instance for end in rig.seen.ledger().ends}
    return [p for p in rig.instances.all if p.name in names]


def _judge_new_work(rig: Rig, lost_at: float, lost: Sequence[Process]) -> None:
    """Wait until those who lost their connection consume again, then give work."""
    rig.judge(*(_not_back(rig, lost_at, lost) or _new_work(rig)))


def _not_back_after_cut(rig: Rig) -> Sequence[Violation]:
    lost_at = rig.now()
    for process in rig.instances.all:
        process.line.cut()
    return _not_back(rig, lost_at, rig.instances.all)


def _not_back(rig: Rig, lost_at: float, lost: Sequence[Process]) -> list[Violation]:
    """Wait until those who lost their connection consume again or have ended, and say who does not."""
    consumers = [p for p in lost if p.role.consumes]
    for process in consumers:
        rig.wait.see(
            lambda p=process: p.exit_status is not None or rig.seen.consumes_since(p, lost_at),  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            rig.deadlines.reconnected,
        )
    ended = [p for p in consumers if p.exit_status is not None]
    silent = [
        p for p in consumers if p.exit_status is None and not rig.seen.consumes_since(p, lost_at)
    ]
    return [
        *(
            Violation(f"{p.name} ended with status {p.exit_status}", (p.output()[-400:],))
            for p in ended
        ),
        *(
            Violation(
                f"{p.name} does not consume again within {rig.deadlines.reconnected:.1f} s",
                rig.seen.last(p),
            )
            for p in silent
        ),
    ]


def _new_work(rig: Rig) -> tuple[Violation, ...]:
    rig.publish.work(1)
    rig.wait.finish(rig.work_time(1 + TEXTS))  # what was in hand may come first
    return rig.seen.losses() or rig.calls.until_done()
