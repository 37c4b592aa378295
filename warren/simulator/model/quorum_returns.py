"""What quorum queues make of a message that came back: how it is counted, what clients see of that, and in which order.

A queue asks these, one message at a time; it keeps nothing here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from warren.simulator.model.settlement import Settlement

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.simulator.model.message import Message
    from warren.simulator.model.quorum_releases import QuorumSemantics
    from warren.simulator.model.ready import Enqueued


def has_failed(how: Settlement, semantics: QuorumSemantics) -> bool:
    """Tell whether a delivery that ends so has failed, and its message is to remember that."""
    if how is Settlement.REJECT_REQUEUE and semantics.rejects_as_nacks:
        return False
    return how.fails and semantics.deaths_keep_failures


def count_of(enqueued: Enqueued, semantics: QuorumSemantics) -> int:
    """Return what the limit is for, and what x-delivery-count says."""
    if enqueued.acquired is not None and semantics.counts_every_return:
        return enqueued.acquired
    return enqueued.failures


def shown(enqueued: Enqueued, semantics: QuorumSemantics, long: Callable[[int], int]) -> Message:
    """Return a message as clients get it, with headers that say how often it came back."""
    counts: dict[str, int] = {}
    if enqueued.redelivered:
        count, acquired = count_of(enqueued, semantics), enqueued.acquired
        if count:
            counts["x-delivery-count"] = count
        if semantics.tells_acquired:
            # One that died elsewhere and was not delivered here was acquired as often as it failed.
            counts["x-acquired-count"] = count if acquired is None else acquired
    elif enqueued.shows_zero:
        counts["x-delivery-count"] = 0
    message = enqueued.message
    if not counts:
        return message
    headers = {**(message.properties.headers or {})}
    headers.update((name, long(count)) for name, count in counts.items())
    return replace(message, properties=message.properties.replace(headers=headers))


def by_holder(enqueued: Enqueued) -> tuple[bool, int, str]:
    """Sort by who held a message: consumers in the order they came, then basic.get by its tags' digits."""
    consumer = enqueued.consumer
    if consumer is None:
        return True, 0, str(enqueued.got_as)
    return False, consumer.order, ""


def by_tag(enqueued: Enqueued) -> str:
    """Sort by who held a message: its consumer tag, or the digits of the delivery tag of basic.get."""
    consumer = enqueued.consumer
    return str(enqueued.got_as) if consumer is None else consumer.tag
