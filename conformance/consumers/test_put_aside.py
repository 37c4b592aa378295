"""safe-publishing of what cannot be done: a copy that its consumer puts aside is as safe as the message was."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Inconclusive, Violation

from .patience import patience
from .publishes import PERSISTENT, is_settled_early, lateness, published_aside

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.rigs.consumers import Ledger, Published, Rig


MET = 3
"""Document seconds in which work that is over has met that its table is missing."""


def _bad_bodies(rig: Rig) -> None:
    """Send each role a body that is no JSON and one of another shape, one after the other, until all are settled."""
    for role in [role for role in rig.workload.roles if role.consumes]:
        for body in (rig.workload.malformed[0], rig.workload.misshapen[0]):
            _until_settled(rig, rig.publish.raw(body, role))


def _until_settled(rig: Rig, message: str) -> None:
    rig.wait.see(lambda: rig.seen.ledger().settled(message), rig.deadlines.within(0))


def _poison(rig: Rig) -> None:
    """Send well-formed work that always fails, and wait until it is in a queue where nobody works."""
    rig.publish.poison()
    idle = rig.wait.idle()
    rig.wait.see(lambda: rig.seen.kept_aside() > 0 or idle(), patience(rig))


@pytest.mark.quick(designs=("parts",))
@pytest.mark.guarantee("safe-publishing")
@pytest.mark.requirement("safe-publishing.put-aside")
@pytest.mark.parametrize(
    "send",
    [
        pytest.param(_bad_bodies, id="bad-bodies"),
        pytest.param(_poison, id="poison", marks=pytest.mark.full),
    ],
)
def test_put_aside(rig: Rig, send: Callable[[Rig], None]) -> None:
    """A copy that is put aside is persistent, and confirmed before the message that it stands for is settled.

    All frames are late both ways, so that who does not wait for a confirm settles the message before it comes. Who
    leaves the copy to its broker's dead-letter exchange publishes none.
    """
    rig.start.workers(1)
    late = lateness(rig)
    for process in rig.instances.all:
        process.line.delay(late)
    send(rig)
    rig.wait.rest(rig.work_time(1))
    _witness(rig)
    ledger = rig.seen.ledger()
    faults: dict[str, list[Published]] = defaultdict(list)
    for p in published_aside(rig, ledger):
        for fault in _faults(ledger, p, late):
            faults[f"{p.instance} put aside a copy {fault}"].append(p)
    rig.judge(*[Violation(words, tuple(map(str, ps)), seen=True) for words, ps in faults.items()])


@pytest.mark.guarantee("durable-topology", designs=("blocking",))
@pytest.mark.requirement("durable-topology.copies", "durable-topology.set-aside")
def test_copies_last(rig: Rig) -> None:
    """A copy that is put aside, or is for a later try, is persistent, and what is put aside does not expire."""
    (worker,) = rig.start.workers(1)
    _bad_bodies(rig)
    with rig.database.without_tables():
        rig.publish.work(1)
        met = rig.work_time(1) + MET * rig.deadlines.slowness
        rig.wait.see(lambda: worker.exit_status is not None, rig.deadlines.seconds(met))
    _witness(rig)
    ledger = rig.seen.ledger()
    transient = [
        Violation(f"{p.instance} published a copy that is not persistent", (str(p),))
        for p in published_aside(rig, ledger)
        if p.properties.delivery_mode != PERSISTENT
    ]
    rig.judge(*transient, requirement="durable-topology.copies")
    expiring = [
        Violation(f"what is in queue {d.name} expires, and goes nowhere then", (str(d),))
        for d in ledger.declarations
        if d.kind == "queue" and d.has_ttl and not d.dead_letters and not d.server_named
    ]
    rig.judge(*expiring, requirement="durable-topology.set-aside")


def _witness(rig: Rig) -> None:
    """Make sure that what was to be put aside was dealt with."""
    is_over = any(d.settlement and not d.settlement.requeue for d in rig.seen.delivered())
    if not (is_over or _is_given_back(rig)):
        raise Inconclusive("no witness: nothing was put aside, for nothing was settled")


def _is_given_back(rig: Rig) -> bool:
    """Whether who was given it wants it back in its queue, or ended with an error: who does that puts nothing aside."""
    failed = {p.name for p in rig.instances.workers if p.exit_status}
    delivered = rig.seen.delivered()
    return any(d.instance in failed or (d.settlement and d.settlement.requeue) for d in delivered)


def _faults(ledger: Ledger, copy: Published, late: float) -> list[str]:
    faults = []
    if copy.properties.delivery_mode != PERSISTENT:
        faults.append("that is not persistent")
    if not copy.mode:
        faults.append("without a confirm")
    elif copy.confirmed_at is not None and copy.confirmed_at - copy.at < late:
        raise Inconclusive("no witness: a confirm came, and was not held up")
    elif is_settled_early(ledger, copy):
        faults.append("that was not confirmed when its message was settled")
    return faults
