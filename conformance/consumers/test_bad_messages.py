"""Bodies that no consumer can work on: no JSON, JSON of another shape, no texts (document 1, chapters 2 to 4b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.designs import ROUTES, Role
from fixtures.ledger import short
from fixtures.rig import Idle
from fixtures.verdict import Violation

if TYPE_CHECKING:
    from collections.abc import Container

    from fixtures.ledger import Delivery
    from fixtures.rig import Rig

MALFORMED = (b'{"texts":["text1"', b"\xff\xfe\x00")
MISSHAPEN = (b'{"something":"else"}', b"[]", b"42")
LOOP = 12
"""Deliveries beyond which a message, or a package of no texts, is going round for ever."""


@pytest.mark.guarantee("rejects-malformed")
@pytest.mark.requirement("rejects-malformed.not-requeued", "rejects-malformed.kept")
def test_malformed(rig: Rig) -> None:
    """A body that is no JSON is settled without requeue and kept, and the same consumer does the next message."""
    _judge_bad_bodies(rig, "rejects-malformed", MALFORMED)


@pytest.mark.guarantee("rejects-misshapen")
@pytest.mark.requirement("rejects-misshapen.not-requeued", "rejects-misshapen.kept")
def test_misshapen(rig: Rig) -> None:
    """JSON of another shape is settled without requeue and kept, and the same consumer does the next message."""
    _judge_bad_bodies(rig, "rejects-misshapen", MISSHAPEN)


@pytest.mark.guarantee("survives-empty")
@pytest.mark.requirement("survives-empty.ends")
def test_empty_package(rig: Rig) -> None:
    """A package of no texts leaves its row and comes to an end, and the next package is done."""
    rig.start()
    rig.send()
    idle = Idle(rig)
    rig.see(
        lambda: rig.done() or idle() or len(rig.ledger().deliveries) > LOOP,
        rig.deadlines.within(rig.work_time(3)),
    )
    seen = len(rig.ledger().deliveries)
    if seen <= LOOP:
        rig.send_work(1)
        rig.finish(rig.work_time(1))
    looping = Violation(
        "the package of no texts goes round without an end",
        tuple(map(str, rig.ledger().deliveries[-LOOP:])),
    )
    rig.judge(*([looping] if seen > LOOP else []), *rig.losses())


def _judge_bad_bodies(rig: Rig, guarantee: str, bodies: tuple[bytes, ...]) -> None:
    rig.start()
    consumers = [p for p in rig.processes if p.role is not Role.HTTP]
    bad = {
        rig.send_raw(body, role): body
        for role in ROUTES
        if role in rig.design.roles
        for body in bodies
    }
    rig.see(
        lambda: (
            all(map(rig.ledger().settled, bad))
            or any(p.exit_status is not None for p in consumers)
            or len(_again(rig, bad)) > LOOP
        ),
        rig.deadlines.within(rig.work_time(len(bodies))),
    )
    work = rig.send_work(1)
    if len(_again(rig, bad)) <= LOOP:
        rig.finish(rig.work_time(1))
    ledger = rig.ledger()
    unsettled = [m for m in bad if not ledger.settled(m)]
    again = _again(rig, bad)
    ended = [p for p in consumers if p.exit_status is not None]
    rig.judge(
        *(
            Violation(f"{p.name} ended with status {p.exit_status}", (p.output()[-400:],))
            for p in ended
        ),
        *(
            Violation(f"{short(bad[m])} was not settled", tuple(map(str, ledger.of(m))))
            for m in unsettled
        ),
        *([Violation("put back on its queue", tuple(map(str, again[-LOOP:])))] if again else []),
        *(
            Violation("the next message was not done", tuple(map(str, ledger.of(work))))
            for _ in rig.losses()[:1]
        ),
        requirement=f"{guarantee}.not-requeued",
    )
    kept = {p.body for p in ledger.publishes}
    rig.judge(
        *(
            Violation(f"{short(body)} is in no dead-letter queue")
            for body in bodies
            if body not in kept and not ledger.dead_letters
        ),
        requirement=f"{guarantee}.kept",
    )


def _again(rig: Rig, bad: Container[str]) -> list[Delivery]:
    """Give the deliveries of bad bodies that were put back, or had been."""
    return [
        d
        for d in rig.ledger().deliveries
        if d.message in bad and (d.redelivered or (d.settlement and d.settlement.requeue))
    ]
