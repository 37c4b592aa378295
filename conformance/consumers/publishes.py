"""What instances published, and whether what it follows from was settled too early. No case is here."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from warren.rigs.consumers import HTTP, Violation

if TYPE_CHECKING:
    from warren.rigs.consumers import Delivery, HttpReply, Ledger, Process, Published, Rig

PERSISTENT: Final = 2
"""The delivery mode of a message that is kept through a restart of its broker (AMQP 0-9-1, basic)."""

ROUND_TRIPS: Final = 10
"""How many a call may take until it has its answer, where it begins with a new connection."""

OPENING: Final = 4
"""Round trips until a connection has a channel."""
OPENED: Final = 2.4
"""Real seconds in which they are done: less than who connects gives a broker, however slow the machine is."""


def lateness(rig: Rig) -> float:
    """Give by how many real seconds frames are late, each way, so that it shows who does not wait for a confirm.

    A call that dials first comes to its end in its time all the same, and a new connection is there in its own time.
    """
    return min(
        rig.deadlines.quiet / 2, rig.calls.timeout / (2 * ROUND_TRIPS), OPENED / (2 * OPENING)
    )


def published_aside(rig: Rig, ledger: Ledger) -> list[Published]:
    """Give what was published to no exchange and no queue that is for work, and is no reply of an RPC server."""
    exchanges = {route.exchange for route in rig.workload.routes}
    queues = {route.queue for route in rig.workload.routes} | {rig.publish.reply_queue}
    return [
        p
        for p in ledger.publishes
        if p.exchange not in exchanges and (p.exchange or p.routing_key not in queues)
    ]


def is_copied(ledger: Ledger, delivery: Delivery) -> bool:
    """Whether an instance has published what it was given again before it settled that: the copy stands for it."""
    return any(
        p.body == delivery.body and p.passed_at and delivery.at < p.at < delivery.open_until
        for p in ledger.published_by(delivery.instance)
    )


def is_settled_early(ledger: Ledger, published: Published) -> bool:
    """Whether the message by which an instance published was settled before the broker had taken what it published.

    That is the one it was given last: each holds one at a time. What was put back on its queue is not settled.
    """
    given = [
        d
        for d in ledger.to(published.instance)
        if d.passed_at is not None and d.passed_at <= published.at
    ]
    settlement = given[-1].settlement if given else None
    confirmed_at = published.confirmed_at
    if settlement is None or settlement.requeue:
        return False
    return confirmed_at is None or settlement.at < confirmed_at


def unconfirmed_at_ack(rig: Rig, stream: Process, package: str) -> list[Violation]:
    """Say which parts had been confirmed in none of their publishes when their package was acked."""
    ledger = rig.seen.ledger()
    published: dict[bytes, list[Published]] = defaultdict(list)
    for p in ledger.published_by(stream.name):
        published[p.body].append(p)
    return [
        Violation(
            "a package was acked, and one of its parts never confirmed",
            (str(d), *map(str, tries)),
            seen=True,
        )
        for d in ledger.of(package)
        if d.settlement is not None and not d.settlement.requeue
        for tries in published.values()
        if not any(p.confirmed_at and p.confirmed_at <= d.settlement.at for p in tries)
    ]


def unconfirmed_at(rig: Rig, ledger: Ledger, answer: HttpReply) -> list[Published]:
    """Give what was published for a call that was accepted, where nothing of it was confirmed when it was answered.

    What an earlier call, answered by an error, had on its way may pass the relay within the time of this one.
    """
    if not is_accepted(rig, answer):
        return []
    published = [
        p
        for p in ledger.published_by(rig.instances.of(HTTP)[0].name)
        if p.at >= answer.asked_at and p.mode
    ]
    is_confirmed = any(
        p.confirmed_at is not None and p.confirmed_at <= answer.answered_at for p in published
    )
    return [] if is_confirmed else published


def is_accepted(rig: Rig, answer: HttpReply) -> bool:
    """Whether a call was told that its work is taken on."""
    caller = rig.workload.caller
    return caller is not None and answer.status in caller.statuses
