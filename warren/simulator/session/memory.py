"""The alarms: publishers are blocked while messages take more memory than a limit, or the disk is said to be full.

What counts are messages, by `Message.size` (body, properties, and an overhead for each): those in
queues, those that are delivered and not settled, those that transactions hold back, and what there
is of unfinished ones; and what waits for sockets. Not the process's size, which Python gives back
late or never, so that an alarm would not end.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from warren.simulator.model import Broker
    from warren.simulator.model.channel import Channel
    from warren.simulator.session.session import Session

_STEP = 1 << 16
"""Octets from clients after which it is counted again at the earliest: no limit is overshot by much more,"""
_STEP_FOR_EACH = 256
"""but for so many octets more for each thing that was counted: to count costs a small part of the time."""
_INTERVAL = 0.1  # seconds between counts while the alarm is on
_RELEASE = 0.8  # of the limit: below it the alarm ends, so that it does not flicker


class Memory:
    """Watches one broker; `counts_at` is when to count again, infinity while nothing is over the limit.

    `limit` is in octets, None for no alarm by what is in use. `is_rung` is the owner's: memory is short as long as
    that is set, whatever is in use. So is `disk_is_low`: nobody looks at the disk here.
    """

    def __init__(self, limit: int | None) -> None:
        """Begin without an alarm."""
        self.limit = limit
        self.is_rung = False
        self.disk_is_low = False
        self._is_over = False
        self.counts_at = inf
        self._counted_at = 0
        self._step = _STEP
        self._octets_in = 0

    @property
    def alarm(self) -> bool:
        """Whether publishers are to be blocked."""
        return self.disk_is_low or self.is_short

    @property
    def is_short(self) -> bool:
        """Whether memory is short."""
        return self.is_rung or self._is_over

    @property
    def reason(self) -> str:
        """What a publisher is told that is blocked now."""
        lows = [
            name
            for name, is_low in (("disk", self.disk_is_low), ("memory", self.is_short))
            if is_low
        ]
        return f"low on {' & '.join(lows)}"

    def received(self, octets: int) -> None:
        """Note what came from a client."""
        self._octets_in += octets

    def must_count(self, now: float) -> bool:
        """Tell whether it is time to count."""
        if self.limit is None:
            return False
        if self._is_over:
            return now >= self.counts_at
        return self._octets_in - self._counted_at >= min(self._step, self.limit)

    def counted(self, octets: int, things: int, now: float) -> None:
        """Raise the alarm, go on with it, or end it, as so many octets are in use; one that is rung stays."""
        assert self.limit is not None
        self._step = max(_STEP, _STEP_FOR_EACH * things)
        self._counted_at = self._octets_in
        self._is_over = octets > self.limit * (_RELEASE if self._is_over else 1)
        self.counts_at = now + _INTERVAL if self._is_over else inf


def used(broker: Broker, sessions: Collection[Session]) -> tuple[int, int]:
    """Count the octets, and the things that were looked at: queues, sessions, deliveries that are not settled."""
    queues = [queue for vhost in broker.vhosts.values() for queue in vhost.queues.values()]
    channels = [
        channel
        for connection in broker.connections.values()
        for channel in connection.channels.values()
    ]
    ready = sum(queue.size for queue in queues)
    held = sum(map(_held, channels))
    clients = sum(each.waiting() + each.wire.unfinished for each in sessions)
    things = len(queues) + len(sessions) + sum(len(channel.unacked) for channel in channels)
    return ready + held + clients, things


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
