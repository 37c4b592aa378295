"""Which connections, when they end, may end one way or another on RabbitMQ: their channels end one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.simulator.model import Broker


def greedy(model: Broker) -> set[int]:
    """Return the connections of which one channel may take, and lose, what another gives back.

    They have several channels beside the probe's, and consumers without acknowledgement.
    """
    return {
        connection.number
        for connection in model.connections.values()
        if len(connection.channels) > 2
        and any(c.no_ack for h in connection.channels.values() for c in h.consumers.values())
    }


def passing_on(model: Broker) -> set[int]:
    """Return the connections of which one channel may take what another gives back to a quorum queue.

    It ends as well, and the message has come back once more; who gets it later sees that.
    """
    return {
        connection.number
        for connection in model.connections.values()
        for holder in connection.channels.values()
        for taker in connection.channels.values()
        if holder is not taker
        and {each.queue for each in holder.unacked.values() if each.queue.kind.replicated}
        & {each.queue for each in taker.consumers.values()}
    }
