"""Whose turn it is at a quorum queue, and how much each consumer may have meanwhile."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from warren.simulator.fact import fact
from warren.simulator.model.consumer import Rotation

if TYPE_CHECKING:
    from warren.simulator.model.consumer import Consumer
    from warren.simulator.model.quorum import QuorumQueue

UNLIMITED_PREFETCH = 2000
"""What a consumer without a prefetch count gets at most."""
NOTHING = -1
"""The prefetch count of one that gets no more."""


@fact
class AutomaticAcks:
    """What the consumers of a queue settle that acknowledge automatically; it goes on its way like a dead letter."""

    queue: QuorumQueue

    def send(self) -> int:
        """Settle what one has, and serve whoever may take messages then; return how much work that was."""
        queue = self.queue
        if queue.rotation.settle_next():
            queue.state.onward.append(self)
        if not queue.deleted:
            queue.pump()
        return 1

    def lay_aside(self) -> None:
        """Do nothing: nobody holds anything of it."""


class QuorumRotation(Rotation):
    """A rotation that a consumer leaves with the message that fills it, and comes back to behind all others.

    Who acknowledges automatically is as full as others until the command is done that it was served
    by: `_settling` are those. Who is cancelled and holds messages keeps its place until
    its turn comes, and whoever comes by its tag has that.
    """

    __slots__ = ("_settling",)

    def __init__(self) -> None:
        """Begin with nobody."""
        super().__init__()
        self._settling: dict[Consumer, None] = {}

    def serve(self, consumer: Consumer) -> bool:
        """Note that a consumer, whose turn it was, has got a message; tell whether somebody is to settle for it."""
        is_first = consumer.no_ack and not self._settling
        if consumer.no_ack:
            consumer.unacked += 1
            self._settling[consumer] = None
        if not consumer.can_take():
            self.block(consumer)
        elif consumer.rank != consumer.priority:
            self.remove(consumer)
            self.add(consumer)
        return is_first

    def settle_next(self) -> bool:
        """Let the first of those go on that acknowledge automatically; tell whether there are more."""
        consumer = next(iter(self._settling))
        del self._settling[consumer]
        consumer.unacked = 0
        if consumer.blocked and consumer.can_take():
            self.add(consumer)
        return bool(self._settling)

    def retire(self, consumer: Consumer) -> None:
        """Give a consumer no more, though it has its turn."""
        consumer.prefetch = NOTHING

    def replace(self, earlier: Consumer, consumer: Consumer) -> None:
        """Have `consumer`, which has just been added, take its turn where the `earlier` one has it, if it still has."""
        ring = self._rings.get(earlier.rank)
        if ring is None or earlier not in ring:
            return
        self.remove(consumer)
        consumer.rank = earlier.rank
        self._rings[earlier.rank] = OrderedDict(
            (consumer if each is earlier else each, None) for each in ring
        )
