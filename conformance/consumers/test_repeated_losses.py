"""survives-connection-loss where a loss is one of many, or lasts (document 1, chapter 2, step 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import HTTP, Violation, confirms, consumed, consuming, declared, opening

from .comebacks import new_work, not_back, unique_work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.rigs.consumers import Call, Holds, Process, Rig

pytestmark = pytest.mark.guarantee("survives-connection-loss")
LOSSES = 12
"""More than any usual limit of tries, for a counter that no success sets back."""
TEXTS = 2
"""Of the work in whose middle a connection is lost."""
REFUSED = 25.0
"""Real seconds for which new connections are refused: longer than the first tries of any back-off."""
LATE = 25.0
"""Real seconds by which an answer is late: longer than usual time-outs of clients."""


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement("survives-connection-loss.many")
def test_many_losses(rig: Rig) -> None:
    """A consumer whose connection is lost twelve times, and that works after each, is there after the last."""
    rig.start.workers(1, http=True)
    violations: list[Violation] = []
    for number in range(1, LOSSES + 1):
        violations = _lose_and_work(rig, number, *rig.instances.all)
        if violations:
            break
    rig.judge(*(violations or rig.calls.until_done()))


@pytest.mark.full
@pytest.mark.guarantee(
    "survives-connection-loss", designs=("blocking", "parts", "parts-random", "pipeline", "rpc")
)
@pytest.mark.requirement("survives-connection-loss.many-in-hand")
def test_many_losses_in_hand(rig: Rig) -> None:
    """A consumer that loses its connection twelve times in the middle of its work does new work after each."""
    (worker,) = rig.start.workers(1)
    violations: list[Violation] = []
    for number in range(1, LOSSES + 1):
        rig.faults.catch_at_work(TEXTS)
        violations = _lose_and_work(rig, number, worker)
        if violations:
            break
    rig.judge(*violations)


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement("survives-connection-loss.reconnecting")
def test_lost_while_reconnecting(rig: Rig) -> None:
    """Who has its new connections cut, one as it opens and one as it begins to consume, does new work.

    Role `http` is asked for work meanwhile: it may connect for a call alone, and its publish may come too early.
    """
    rig.start.workers(1, http=True)
    everybody = rig.instances.all
    holds = []
    for step in (opening, consuming):
        holds.append(rig.faults.hold(step, *everybody))
        _cut(everybody)  # what the step before has caught is lost with its connection
        _see_caught(rig, holds[-1], rig.calls.begin() if rig.workload.caller else None)
    lost_at = rig.now()
    _cut(everybody)
    for each in holds:
        each.release()
    rig.judge(*(not_back(rig, lost_at, everybody) or new_work(rig)))


@pytest.mark.full
@pytest.mark.requirement("survives-connection-loss.refused-long")
def test_refused_for_long(rig: Rig) -> None:
    """A consumer whose new connections are refused for 25 s does new work afterwards."""
    rig.start.workers(1, http=True)
    for process in rig.instances.all:
        process.line.refuse()
    rig.wait.see(lambda: _have_ended(rig), REFUSED)
    accepted_at = rig.now()
    for process in rig.instances.all:
        process.line.accept()
    within = rig.deadlines.reconnected + REFUSED  # the last pause of one that doubles them
    rig.judge(*(not_back(rig, accepted_at, rig.instances.all, within) or new_work(rig)))


@pytest.mark.full
@pytest.mark.requirement("survives-connection-loss.late-answers")
def test_late_answers(rig: Rig) -> None:
    """Who has its declaration, its consume and its publish, by a call too, answered 25 s late does new work."""
    rig.start.workers(1, http=True)
    everybody = rig.instances.all
    lost_at = rig.now()
    for answer in (declared, consumed):
        lost_at = rig.now()
        holds = rig.faults.hold(answer, *everybody)
        _cut(everybody)
        _see_caught(rig, holds)
        _let_go_late(rig, holds)
    violations = not_back(rig, lost_at, everybody)
    if not violations:
        holds = rig.faults.hold(confirms, *everybody)
        rig.publish.work(1)
        _see_confirms_held(rig, holds, rig.calls.begin() if rig.workload.caller else None)
        _let_go_late(rig, holds)
    rig.judge(*(violations or new_work(rig)))


def _lose_and_work(rig: Rig, number: int, *processes: Process) -> list[Violation]:
    """Cut their connections, and say who does not consume again, or else what of new work is not done."""
    lost_at = rig.now()
    _cut(processes)
    violations = not_back(rig, lost_at, processes)
    if not violations:
        unique_work(rig)
        rig.wait.finish(rig.work_time(1 + TEXTS))
        violations = list(rig.seen.losses())
    return [Violation(f"after loss {number}: {v.words}", v.evidence) for v in violations]


def _see_caught(rig: Rig, holds: Holds, call: Call | None = None) -> None:
    """Wait until a frame of every consumer is held, and of role `http`, where a call has it send one, or is over."""
    consumers = {p.name for p in rig.instances.consumers}
    rig.wait.see(
        lambda: _have_ended(rig) or (consumers <= _names(holds) and _is_met(rig, holds, call)),
        rig.deadlines.reconnected,
    )


def _see_confirms_held(rig: Rig, holds: Holds, call: Call | None) -> None:
    """Wait until a confirm of a worker is held, if its work has any, and of role `http`, or its call is over."""
    workers = {p.name for p in rig.instances.consumers}
    rig.wait.see(
        lambda: (
            _have_ended(rig)
            or ((bool(workers & _names(holds)) or rig.seen.done()) and _is_met(rig, holds, call))
        ),
        rig.deadlines.reconnected,
    )


def _is_met(rig: Rig, holds: Holds, call: Call | None) -> bool:
    """Whether role `http` has a frame held for a call, or the call is over without."""
    return (
        call is None
        or call.done()
        or bool({p.name for p in rig.instances.of(HTTP)} & _names(holds))
    )


def _names(holds: Holds) -> set[str]:
    return {caught.process.name for caught in holds.caught()}


def _let_go_late(rig: Rig, holds: Holds) -> None:
    """Let answers that are held, if any are, go when they are late."""
    if holds.caught():
        rig.wait.see(lambda: _have_ended(rig), LATE)
    holds.release()


def _cut(processes: Sequence[Process]) -> None:
    for process in processes:
        process.line.cut()


def _have_ended(rig: Rig) -> bool:
    """Whether an instance has ended, which tries no more."""
    return any(p.exit_status is not None for p in rig.instances.all)
