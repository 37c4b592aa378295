"""Consumers of a queue and whose turn it is.

A consumer that cannot take a message leaves the rotation and is `blocked` until it settles one; so
finding the next one costs O(1) however many are blocked.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.model.channel import Channel
    from warren.simulator.model.queue import Queue


class Consumer:
    """One subscription. `prefetch` is its limit of unacknowledged messages, 0 for none, beside an `excess` of those.

    `late` counts those that it did not settle in time: until it does, it gets no more. `order` is
    the queue's: each consumer has a greater one than those that came before it. `rank` is the priority by
    which it takes turns.
    """

    __slots__ = (
        "arguments",
        "blocked",
        "blocked_as",
        "channel",
        "excess",
        "exclusive",
        "late",
        "no_ack",
        "order",
        "prefetch",
        "priority",
        "queue",
        "rank",
        "tag",
        "timeout",
        "timeout_of_node",
        "unacked",
    )

    def __init__(
        self,
        channel: Channel,
        queue: Queue,
        tag: str,
        *,
        no_ack: bool,
        exclusive: bool,
        prefetch: int,
        arguments: Mapping[str, object],
    ) -> None:
        """Begin with nothing taken."""
        self.channel = channel
        self.queue = queue
        self.tag = tag
        self.no_ack = no_ack
        self.exclusive = exclusive
        self.prefetch = 0 if no_ack else prefetch
        self.arguments = arguments
        priority = arguments.get("x-priority", 0)
        self.priority = self.rank = priority if isinstance(priority, int) else 0
        timeout = arguments.get("x-consumer-timeout")
        self.timeout = timeout if isinstance(timeout, int) else None  # milliseconds
        self.timeout_of_node = channel.vhost.state.consumer_timeout  # of now: it keeps that
        self.unacked = 0
        self.excess = 0
        self.late = 0
        self.order = 0
        self.blocked = False
        self.blocked_as = 0  # which of its queue's blocks that was

    def can_take(self) -> bool:
        """Tell whether its prefetch, its channel's prefetch and its connection's credit allow it."""
        if (self.prefetch and self.unacked - self.excess >= self.prefetch) or self.late:
            return False
        channel = self.channel
        if channel.connection.credit <= 0:
            return False
        limit = channel.global_prefetch
        return not limit or channel.global_unacked < limit or not self.queue.heeds_channel_limit


class Rotation:
    """The consumers that may be able to take a message: by priority, then in turn.

    To come, to go and to have had its turn costs O(1), however many there are.
    """

    __slots__ = ("_blocks", "_rings")

    def __init__(self) -> None:
        """Begin with nobody."""
        self._blocks = 0
        self._rings: dict[int, OrderedDict[Consumer, None]] = {}  # by priority, highest first

    def add(self, consumer: Consumer) -> None:
        """Put `consumer` last among those of its priority."""
        consumer.rank = consumer.priority
        ring = self._rings.get(consumer.rank)
        if ring is None:
            self._rings[consumer.rank] = ring = OrderedDict()
            self._rings = dict(sorted(self._rings.items(), reverse=True))
        consumer.blocked = False
        ring[consumer] = None

    def remove(self, consumer: Consumer) -> None:
        """Take `consumer` out for good, wherever it is."""
        ring = self._rings.get(consumer.rank)
        if ring is not None:
            ring.pop(consumer, None)
            if not ring:
                del self._rings[consumer.rank]
        consumer.blocked = False

    def block(self, consumer: Consumer) -> None:
        """Take `consumer` out until it is added again."""
        self._rings[consumer.rank].pop(consumer, None)
        self._note_blocked(consumer)

    def _note_blocked(self, consumer: Consumer) -> None:
        self._blocks += 1
        consumer.blocked, consumer.blocked_as = True, self._blocks

    def first(self) -> Consumer | None:
        """Return who is first in turn, without moving it on."""
        return next((next(iter(ring)) for ring in self._rings.values() if ring), None)

    def next(self) -> Consumer | None:
        """Return who takes the next message, None when nobody can; its turn is over then."""
        for ring in self._rings.values():
            while ring:
                consumer = next(iter(ring))
                if consumer.can_take():
                    ring.move_to_end(consumer)
                    return consumer
                del ring[consumer]
                self._note_blocked(consumer)
        return None
