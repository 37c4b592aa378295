"""Bodies that no consumer can work on: no JSON, JSON of another shape, no texts (document 1, chapters 2 to 4b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import expiring, short

from .publishes import published_aside

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from warren.rigs.consumers import Delivery, Rig, Role

EXPIRES = 5.0
"""Real seconds after which a message expires that waits: it is given to its consumer long before."""
LOOP = 12
"""Deliveries beyond which a message, or a package of no texts, is going round for ever."""


@pytest.mark.guarantee("rejects-malformed")
@pytest.mark.requirement("rejects-malformed.not-requeued", "rejects-malformed.kept")
def test_malformed(rig: Rig) -> None:
    """A body that is no JSON is settled without requeue and kept, and the same consumer does the next message."""
    _judge_bad_bodies(rig, "rejects-malformed", rig.workload.malformed)


@pytest.mark.full
@pytest.mark.guarantee("rejects-malformed")
@pytest.mark.requirement("rejects-malformed.kept-expiring")
def test_malformed_and_expiring(rig: Rig) -> None:
    """What is kept of a body that is no JSON is there for longer than its message would have lived in a queue."""
    rig.start.workers(1)
    message = rig.publish.raw(rig.workload.malformed[0], shape=expiring(int(EXPIRES * 1000)))
    own = rig.publish.reply_queue
    rig.wait.witness(
        lambda: rig.seen.ledger().settled(message), EXPIRES, "the body was not settled in time"
    )
    kept = rig.wait.see(lambda: rig.seen.kept_aside(own) > 0, rig.deadlines.stopped)
    rig.expect(kept, "the body is in no queue that keeps it", *rig.seen.last())
    gone = rig.wait.see(lambda: rig.seen.kept_aside(own) == 0, EXPIRES + rig.deadlines.stopped)
    rig.expect(not kept or not gone, "its copy has expired as its message would", *rig.seen.last())
    rig.judge()


@pytest.mark.guarantee("rejects-misshapen")
@pytest.mark.requirement("rejects-misshapen.not-requeued", "rejects-misshapen.kept")
def test_misshapen(rig: Rig) -> None:
    """JSON of another shape is settled without requeue and kept, and the same consumer does the next message."""
    _judge_bad_bodies(rig, "rejects-misshapen", rig.workload.misshapen)


@pytest.mark.guarantee("survives-empty")
@pytest.mark.requirement("survives-empty.ends")
def test_empty_package(rig: Rig) -> None:
    """A package of no texts leaves its row and comes to an end, and the next package is done."""
    rig.start.workers(1)
    rig.publish.work(0)
    idle = rig.wait.idle()
    rig.wait.see(
        lambda: rig.seen.done() or idle() or len(rig.seen.ledger().deliveries) > LOOP,
        rig.deadlines.within(rig.work_time(3)),
    )
    seen = len(rig.seen.ledger().deliveries)
    if seen <= LOOP:
        rig.publish.work(1)
        rig.wait.finish(rig.work_time(1))
    rig.expect(
        seen <= LOOP,
        "the package of no texts goes round without an end",
        *map(str, rig.seen.ledger().deliveries[-LOOP:]),
    )
    rig.judge(*rig.seen.losses())


def _judge_bad_bodies(rig: Rig, guarantee: str, bodies: Sequence[bytes]) -> None:
    rig.start.workers(1)
    consumers = rig.instances.consumers
    roles = [role for role in [*rig.workload.roles][::-1] if role.consumes]  # as a package goes
    bad: dict[str, bytes] = {}
    for role in roles:  # one after the other: RabbitMQ may refuse two who declare a queue for what they keep at once
        bad.update({rig.publish.raw(body, role): body for body in bodies})
        rig.wait.see(
            lambda: (
                all(map(rig.seen.ledger().settled, bad))
                or any(p.exit_status is not None for p in consumers)
                or len(_again(rig, bodies)) > LOOP
            ),
            rig.deadlines.within(rig.work_time(len(bodies))),
        )
    work = rig.publish.work(1)
    if len(_again(rig, bodies)) <= LOOP:
        rig.wait.finish(rig.work_time(1))
    ledger, again = rig.seen.ledger(), _again(rig, bodies)
    for process in consumers:
        rig.expect(
            process.exit_status is None,
            f"{process.name} ended with status {process.exit_status}",
            *rig.seen.printed(process),
            *rig.seen.last(process),
        )
    for message, body in bad.items():
        settled = ledger.settled(message)
        rig.expect(
            settled, f"the body {short(body)} was not settled", *map(str, ledger.of(message))
        )
    for body in dict.fromkeys(d.body for d in again):
        back = [d for d in again if d.body == body]
        times = f"{len(back)} times" if len(back) > 1 else "once"
        words = f"the body {short(body)} was put back on its queue {times}"
        rig.violated(words, *map(str, back[-LOOP:]))
    rig.expect(
        rig.seen.done(), "the next message was not done", *map(str, ledger.of(work.message_id))
    )
    rig.judge(*rig.seen.tally().unexpected(), requirement=f"{guarantee}.not-requeued")
    _expect_kept(rig, roles, bodies)
    rig.judge(requirement=f"{guarantee}.kept")


def _again(rig: Rig, bodies: Container[bytes]) -> list[Delivery]:
    """Give the deliveries of bad bodies that were put back: by the broker, or published anew by their consumer.

    Each body is sent once to each role, so the second delivery of a body to a role is one too many, whatever
    its message id.
    """
    seen: set[tuple[Role, bytes]] = set()
    again = []
    for delivery in rig.seen.ledger().deliveries:
        if delivery.body not in bodies:
            continue
        sent = rig.instances.named(delivery.instance).role, delivery.body
        if sent in seen or (delivery.settlement and delivery.settlement.requeue):
            again.append(delivery)
        seen.add(sent)
    return again


def _expect_kept(rig: Rig, roles: Sequence[Role], bodies: Sequence[bytes]) -> None:
    """Expect that all was sent on to an exchange; and where it was, that a copy of each came to a queue."""
    unsent = [(role, body) for role in roles for body in bodies if not _sent_on(rig, role, body)]
    changed = [p for p in published_aside(rig, rig.seen.ledger()) if p.body not in bodies]
    for role, body in unsent:
        of_role = [p for p in changed if rig.instances.named(p.instance).role == role]
        words = f"{short(body)} of {role} went to no dead-letter exchange"
        if of_role:
            words = f"no copy of {short(body)} of {role} has its bytes, others were published"
        rig.violated(words, *map(str, of_role))
    if unsent:
        return
    sent, own = len(roles) * len(bodies), rig.publish.reply_queue
    kept = rig.wait.see(lambda: rig.seen.kept_aside(own) >= sent, rig.deadlines.stopped)
    words = f"{rig.seen.kept_aside(own)} of {sent} bad bodies are in a queue"
    rig.expect(kept, words, *rig.seen.last())


def _sent_on(rig: Rig, role: Role, body: bytes) -> bool:
    """Whether a role's queue has a dead-letter exchange, or the role published the body to an exchange of its own."""
    return role.queue in rig.seen.ledger().dead_letters or any(
        p.body == body and rig.instances.named(p.instance).role == role
        for p in published_aside(rig, rig.seen.ledger())
    )
