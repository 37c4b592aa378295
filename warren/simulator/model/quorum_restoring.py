"""What a quorum queue had in an earlier life of its broker, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.simulator.model.changes import Contents
    from warren.simulator.model.quorum import QuorumQueue


def take_up(queue: QuorumQueue, contents: Contents) -> None:
    """Have what was ready: first what came back before, then the others as they came."""
    held = (*contents.ready, *contents.taken)
    queue.next_position = max((each.position + 1 for each in held), default=0)
    queue.may_expire = any(each.expires_at is not None for each in held)
    to_the_tail = queue.policy.delivery_limit is None and queue.semantics.unlimited_to_the_tail
    returned = [] if to_the_tail else [each for each in contents.ready if each.acquired]
    for enqueued in returned:
        enqueued.redelivered = True
        queue.ready.put_back(enqueued)
        queue.count(enqueued)
    seen = set(returned)
    fresh = [each for each in contents.ready if each not in seen]
    for enqueued in sorted(fresh, key=lambda each: each.position):
        if enqueued.acquired or enqueued.failures:
            enqueued.redelivered = True
        add = queue.ready.push_default if enqueued.acquired else queue.ready.push
        add(enqueued)
        queue.count(enqueued)
