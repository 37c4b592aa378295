"""Bodies that no consumer can work on: no JSON, JSON of another shape, no texts (document 1, chapters 2 to 4b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.claims.verdict import Violation
from warren.evidence.ledger import short
from warren.rigs.consumers.rig import Idle
from warren.workloads.accounting import unexpected
from warren.workloads.designs import ROUTES, Role

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from warren.evidence.ledger import Delivery
    from warren.rigs.consumers.rig import Rig

MALFORMED = (b'{"texts":["text1"', b"\xff\xfe\x00", b"")
MISSHAPEN = (
    b'{"something":"else"}',
    b"[]",
    b"42",
    # The key that a role looks for, without what it needs there.
    b'{"texts":null,"text":null,"taskId":null}',
    b'{"texts":42,"text":[],"taskId":{}}',
    b'{"texts":"text1","text":{},"taskId":[]}',
)
QUEUES = {route.queue for route in ROUTES.values()}
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
    rig.start_workers(1)
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
    rig.start_workers(1)
    consumers = [p for p in rig.processes if p.role is not Role.HTTP]
    roles = [role for role in ROUTES if role in rig.design.roles]
    bad: dict[str, bytes] = {}
    for role in roles:  # one after the other: RabbitMQ may refuse two who declare a queue for what they keep at once
        bad.update({rig.send_raw(body, role): body for body in bodies})
        rig.see(
            lambda: (
                all(map(rig.ledger().settled, bad))
                or any(p.exit_status is not None for p in consumers)
                or len(_again(rig, bodies)) > LOOP
            ),
            rig.deadlines.within(rig.work_time(len(bodies))),
        )
    work = rig.send_work(1)
    if len(_again(rig, bodies)) <= LOOP:
        rig.finish(rig.work_time(1))
    ledger = rig.ledger()
    unsettled = [m for m in bad if not ledger.settled(m)]
    again = _again(rig, bodies)
    ended = [p for p in consumers if p.exit_status is not None]
    rig.judge(
        *(
            Violation(
                f"{p.name} ended with status {p.exit_status}",
                (p.output()[-400:], *rig.last_seen(p)),
            )
            for p in ended
        ),
        *(
            Violation(f"{short(bad[m])} was not settled", tuple(map(str, ledger.of(m))))
            for m in unsettled
        ),
        *([Violation("put back on its queue", tuple(map(str, again[-LOOP:])))] if again else []),
        *unexpected(rig.account()),
        *(
            Violation("the next message was not done", tuple(map(str, ledger.of(work))))
            for _ in rig.losses()[:1]
        ),
        requirement=f"{guarantee}.not-requeued",
    )
    rig.judge(*_unkept(rig, roles, bodies), requirement=f"{guarantee}.kept")


def _again(rig: Rig, bodies: Container[bytes]) -> list[Delivery]:
    """Give the deliveries of bad bodies that were put back: by the broker, or published anew by their consumer.

    Each body is sent once to each role, so the second delivery of a body to a role is one too many, whatever
    its message id.
    """
    seen: set[tuple[Role, bytes]] = set()
    again = []
    for delivery in rig.ledger().deliveries:
        if delivery.body not in bodies:
            continue
        sent = rig.named(delivery.instance).role, delivery.body
        if sent in seen or (delivery.settlement and delivery.settlement.requeue):
            again.append(delivery)
        seen.add(sent)
    return again


def _unkept(rig: Rig, roles: Sequence[Role], bodies: Sequence[bytes]) -> list[Violation]:
    """Say what was sent on to no exchange; and where all was, how many copies of it came to no queue."""
    unsent = [
        Violation(f"{short(body)} of {role} went to no dead-letter exchange")
        for role in roles
        for body in bodies
        if not _sent_on(rig, role, body)
    ]
    sent = len(roles) * len(bodies)
    if unsent or rig.see(lambda: _kept(rig) >= sent, rig.deadlines.stopped):
        return unsent
    return [Violation(f"{_kept(rig)} of {sent} bad bodies are in a queue", rig.last_seen())]


def _kept(rig: Rig) -> int:
    """Count the messages in queues that are neither the design's nor the rig's."""
    others = [q for q in rig.world.queues() if q not in QUEUES and q != rig.reply_queue]
    return sum(depth.ready for depth in map(rig.world.queue, others) if depth is not None)


def _sent_on(rig: Rig, role: Role, body: bytes) -> bool:
    """Whether a role's queue has a dead-letter exchange, or the role published the body to an exchange of its own."""
    ledger = rig.ledger()
    of_the_design = {route.exchange for route in ROUTES.values()}
    return ROUTES[role].queue in ledger.dead_letters or any(
        p.body == body
        and p.exchange not in of_the_design
        and (p.exchange or p.routing_key not in QUEUES)
        and rig.named(p.instance).role is role
        for p in ledger.publishes
    )
