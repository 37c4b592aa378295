"""How quorum queues refuse what they do not support."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode

if TYPE_CHECKING:
    from warren.simulator.model.quorum import QuorumQueue


def refuses_global_qos(queue: QuorumQueue) -> AmqpError:
    """540: a consumer comes on a channel with a prefetch count of its own."""
    return AmqpError(ReplyCode.NOT_IMPLEMENTED, f"{queue.describe()} does not support global qos")


def refuses_get(queue: QuorumQueue) -> AmqpError:
    """405: basic.get beside a single active consumer."""
    return AmqpError(
        ReplyCode.RESOURCE_LOCKED,
        f"cannot obtain access to locked {queue.describe()}. basic.get operations are not "
        f"supported by {queue.semantics.name} queues with single active consumer",
    )


def refuses_condition(queue: QuorumQueue, flag: str) -> AmqpError:
    """540: queue.delete with a condition."""
    return AmqpError(
        ReplyCode.NOT_IMPLEMENTED,
        f"cannot delete {queue.describe()}. queue.delete operations with {flag} flag set "
        "are not supported by quorum queues",
    )
