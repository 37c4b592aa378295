"""What instances published, and whether what it follows from was settled too early. No case is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from warren.rigs.consumers import Ledger, Published, Rig

PERSISTENT: Final = 2
"""The delivery mode of a message that is kept through a restart of its broker (AMQP 0-9-1, basic)."""


def published_aside(rig: Rig, ledger: Ledger) -> list[Published]:
    """Give what was published to no exchange and no queue that is for work, and is no reply of an RPC server."""
    exchanges = {route.exchange for route in rig.workload.routes}
    queues = {route.queue for route in rig.workload.routes} | {rig.publish.reply_queue}
    return [
        p
        for p in ledger.publishes
        if p.exchange not in exchanges and (p.exchange or p.routing_key not in queues)
    ]


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
