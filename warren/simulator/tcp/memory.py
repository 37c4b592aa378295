"""The memory alarm: publishers are blocked while messages take more than a limit.

What counts are messages, by `Message.size` (body, properties, and an overhead for each): those in
queues, those that are delivered and not settled, those that transactions hold back, and what there
is of unfinished ones; and what waits for sockets. Not the process's size, which Python gives back
late or never, so that an alarm would not end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.simulator.model.channel import Channel
    from warren.simulator.tcp.node import Node

_STEP = 1 << 16
"""Octets from clients after which it is counted again: no limit is overshot by much more."""
_INTERVAL = 0.1  # seconds between counts while the alarm is on
_RELEASE = 0.8  # of the limit: below it the alarm ends, so that it does not flicker


class Memory:
    """Watches one node; `limit` in octets, None for no alarm at all."""

    def __init__(self, node: Node, limit: int | None) -> None:
        """Begin without an alarm."""
        self.alarm = False
        self._node = node
        self._limit = limit
        self._counted_at = 0
        self._octets_in = 0

    def used(self) -> int:
        """Count the octets; O(queues, clients, and deliveries that are not settled)."""
        broker = self._node.broker
        ready = sum(
            queue.ready_size for vhost in broker.vhosts.values() for queue in vhost.queues.values()
        )
        held = sum(
            _held(channel)
            for connection in broker.connections.values()
            for channel in connection.channels.values()
        )
        clients = sum(each.waiting + each.wire.unfinished for each in self._node.clients.values())
        return ready + held + clients

    def received(self, octets: int) -> None:
        """Note what came from a client."""
        self._octets_in += octets

    def watch(self) -> None:
        """Raise the alarm if it is time; block publishers while it lasts."""
        if self._limit is None:
            return
        if not self.alarm and self._octets_in - self._counted_at >= min(_STEP, self._limit):
            self._counted_at = self._octets_in
            if self.used() > self._limit:
                self.alarm = True
                self._node.loop.call_later(_INTERVAL, self._count_again)
        if self.alarm:
            for client in self._node.clients.values():
                if client.publishes and not client.blocked:
                    client.block()

    def _count_again(self) -> None:
        assert self._limit is not None
        if self.used() > self._limit * _RELEASE:
            self._node.loop.call_later(_INTERVAL, self._count_again)
            return
        self.alarm = False
        for client in [*self._node.clients.values()]:
            if client.blocked:
                client.unblock()


def _held(channel: Channel) -> int:
    """Count the deliveries of a channel that are not settled, and what its transaction holds."""
    deliveries = sum(enqueued.message.size for enqueued in channel.unacked.values())
    if channel.tx is None:
        return deliveries
    settled = (
        enqueued.message.size
        for _, settlement in channel.tx.settlements
        for enqueued in settlement.values()
    )
    return deliveries + channel.tx.size + sum(settled)
