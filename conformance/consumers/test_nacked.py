"""safe-publishing where the broker could not keep what was published, and says so (basic.nack)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import HTTP, STREAM, Inconclusive, Violation

from .publishes import unconfirmed_at, unconfirmed_at_ack

if TYPE_CHECKING:
    from warren.rigs.consumers import Process, Rig

TEXTS = 2
NACK = "basic.nack"


@pytest.mark.quick(designs=("parts",))
@pytest.mark.guarantee("safe-publishing", designs=("parts", "parts-random", "pipeline"))
@pytest.mark.requirement("safe-publishing.nacked")
def test_part_nacked(rig: Rig) -> None:
    """A package is acked when each part is confirmed: a part that the broker nacks is published again before."""
    rig.start.workers(1)
    stream = rig.instances.of(STREAM)[0]
    stream.line.nack()
    package = rig.publish.work(TEXTS).message_id
    rig.wait.see(lambda: rig.seen.ledger().settled(package), rig.deadlines.reconnected)
    early = unconfirmed_at_ack(rig, stream, package)
    if not early:
        _need_nack(rig, stream)
    rig.judge(*(early if rig.seen.kept_aside() == 0 else ()))


@pytest.mark.guarantee("safe-publishing", designs=("task",))
@pytest.mark.requirement("safe-publishing.nacked")
def test_task_nacked(rig: Rig) -> None:
    """GET /task accepts no task whose message the broker nacks, unless it publishes it again."""
    rig.start.all(http=True)
    http = rig.instances.of(HTTP)[0]
    http.line.nack()
    answer = rig.calls.answers(rig.calls.begin())[0]
    if not answer.status:
        raise Inconclusive(f"no witness: GET /task had no answer: {answer.error}")
    ledger = rig.seen.ledger()
    unasked = [p for p in ledger.published_by(http.name) if p.at >= answer.asked_at and not p.mode]
    lost = unasked or unconfirmed_at(
        rig, ledger, answer
    )  # who asks for no confirm is told of no nack
    if not lost:
        _need_nack(rig, http)
    words = f"GET /task was answered {answer.status}, and its message was not confirmed"
    rig.judge(*([Violation(words, tuple(map(str, lost)), seen=True)] if lost else []))


def _need_nack(rig: Rig, process: Process) -> None:
    """Make sure that a publish was nacked; who publishes in transactions is never told so."""
    ledger = rig.seen.ledger()
    if any(p.mode == "tx" for p in ledger.published_by(process.name)):
        return
    rig.wait.witness(
        lambda: any(
            f.instance == process.name and f.method.NAME == NACK for f in rig.seen.ledger().forged
        ),
        rig.deadlines.stopped,
        f"no publish of {process.name} was nacked",
    )
