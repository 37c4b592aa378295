"""survives-broker-restart and survives-connection-loss: the same processes go on (document 1, chapter 2, step 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.designs import Role
from fixtures.verdict import Violation

if TYPE_CHECKING:
    from fixtures.rig import Rig
    from fixtures.worlds.protocol import Process

TEXTS = 3


@pytest.mark.restarts_broker
@pytest.mark.guarantee("survives-broker-restart")
@pytest.mark.requirement("survives-broker-restart.consumes-again")
def test_broker_restart(rig: Rig) -> None:
    """After a restart of the broker the same processes do new work."""
    rig.start(http=True)
    lost_at = rig.world.now()
    rig.world.restart_broker()
    _judge_new_work(rig, lost_at)


@pytest.mark.guarantee("survives-connection-loss")
@pytest.mark.requirement("survives-connection-loss.idle")
def test_idle_connection_cut(rig: Rig) -> None:
    """A consumer whose idle connection is cut connects again and does new work."""
    rig.start(http=True)
    lost_at = rig.world.now()
    for process in rig.processes:
        process.line.cut()
    _judge_new_work(rig, lost_at)


@pytest.mark.guarantee(
    "survives-connection-loss", designs=("blocking", "parts", "parts-random", "pipeline", "rpc")
)
@pytest.mark.requirement("survives-connection-loss.in-hand")
def test_connection_cut_during_work(rig: Rig) -> None:
    """A consumer whose connection is cut in the middle of its work connects again and does new work."""
    rig.start(http=True)
    busy = rig.catch_at_work(TEXTS)
    lost_at = rig.world.now()
    busy.line.cut()
    _judge_new_work(rig, lost_at, busy)


def _judge_new_work(rig: Rig, lost_at: float, *lost: Process) -> None:
    """Wait until those who lost their connection consume again or have ended, then give them work."""
    consumers = [p for p in lost or rig.processes if p.role is not Role.HTTP]
    for process in consumers:
        rig.see(
            lambda p=process: p.exit_status is not None or rig.consumes_since(p, lost_at),  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            rig.deadlines.reconnected,
        )
    ended = [p for p in consumers if p.exit_status is not None]
    silent = [p for p in consumers if p.exit_status is None and not rig.consumes_since(p, lost_at)]
    violations = [
        *(
            Violation(f"{p.name} ended with status {p.exit_status}", (p.output()[-400:],))
            for p in ended
        ),
        *(Violation(f"{p.name} does not consume again", (p.output()[-400:],)) for p in silent),
    ]
    if not violations:
        violations = _new_work(rig)
    rig.judge(*violations)


def _new_work(rig: Rig) -> list[Violation]:
    rig.send_work(TEXTS)
    rig.finish(rig.work_time(2 * TEXTS))
    violations = list(rig.losses())
    if Role.HTTP in rig.design.roles:
        answer = rig.answers(rig.call())[0]
        if answer.status not in (200, 202):
            violations.append(Violation(f"GET /task answers {answer.status} {answer.error}"))
    return violations
