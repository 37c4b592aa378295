"""What a quorum queue does with a delivery that is not settled in time, where that is a matter of the queue.

It takes the message back and serves it again. The client hears by basic.cancel that its consumer gets
no more; when it settles what is late after all, the consumer goes on.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from warren.simulator.model.channel import timed_out
from warren.simulator.model.events import BasicCancel
from warren.simulator.model.queue_timer import QueueTimer
from warren.simulator.model.quorum import QuorumQueue
from warren.simulator.model.settlement import Settlement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from warren.simulator.model.channel import Channel
    from warren.simulator.model.consumer import Consumer
    from warren.simulator.model.ready import Enqueued

NEVER = 315_360_000_000
"""Ten years, in milliseconds."""
UNTOLD = -1
"""What a channel is told that the time was when its queue found that it is over."""


class TimedQuorumQueue(QuorumQueue):
    """A quorum queue that looks after its deliveries, unless channels do.

    A late delivery stays with its channel, which may settle it; `Enqueued.is_late` says that its
    message is elsewhere.
    """

    __slots__ = ("_ack_due",)

    def __init__(self, *given: Any, **options: Any) -> None:
        """Begin empty."""
        super().__init__(*given, **options)
        self._ack_due: float | None = None

    def _times_acks(self) -> bool:
        return True

    def watch(self, channel: Channel, enqueued: Enqueued) -> None:
        """Have a delivery settled in time, which its consumer may have set."""
        if self.state.semantics.channels_time_out:
            super().watch(channel, enqueued)
            return
        enqueued.due = self.state.now + self._time_for(enqueued.consumer) / 1000
        self._await_ack(enqueued.due)

    def _time_for(self, consumer: Consumer | None) -> int:
        """Tell how many milliseconds a consumer's own time-out is, its queue's, or the node's; None is basic.get."""
        if consumer is not None and consumer.timeout is not None:
            return consumer.timeout
        if self.policy.consumer_timeout is not None:
            return self.policy.consumer_timeout
        of_node = self.state.consumer_timeout if consumer is None else consumer.timeout_of_node
        return of_node or NEVER

    def on_timer(self, timer: QueueTimer, /) -> None:
        """Do what this queue has waited for."""
        if timer is not QueueTimer.ACK:
            super().on_timer(timer)
            return
        self._ack_due = None
        late: dict[Consumer, Channel] = {}
        for channel, enqueued in [*self._deliveries()]:
            if enqueued.due is not None and enqueued.due <= self.state.now:
                self._take_back(channel, enqueued)
                if enqueued.consumer is not None:
                    late[enqueued.consumer] = channel
            elif enqueued.due is not None:
                self._await_ack(enqueued.due)
        for consumer, channel in late.items():
            self._tell(channel, consumer)
        self.single.elect()
        self.pump()

    def settled(self, batch: Sequence[Enqueued]) -> None:
        """Note that deliveries are held no more; those that are late were taken back before."""
        late = [each for each in batch if each.is_late]
        if len(late) < len(batch):
            super().settled([each for each in batch if not each.is_late])
        consumer = batch[0].consumer
        if late and consumer is not None:
            consumer.late -= len(late)
            self._resume(consumer)

    def put_back(self, returned: Iterable[Enqueued], how: Settlement) -> None:
        """Take back what may be delivered again, but what was taken back before."""
        super().put_back([each for each in returned if not each.is_late], how)

    def forget(self, batch: Iterable[Enqueued]) -> None:
        """Note that deliveries were settled for good; what was taken back before is not theirs to settle."""
        super().forget([each for each in batch if not each.is_late])

    def discard(self, batch: Iterable[Enqueued], how: Settlement) -> None:
        """Dead-letter what was refused for good, but what was taken back before."""
        super().discard([each for each in batch if not each.is_late], how)

    def _deliveries(self) -> Iterator[tuple[Channel, Enqueued]]:
        """Look for what is not settled, at all channels: a timer may take that long."""
        for connection in self.state.connections.values():
            for channel in connection.channels.values():
                for _, enqueued in sorted(channel.unacked.items()):
                    if enqueued.queue is self:
                        yield channel, enqueued

    def _await_ack(self, due: float) -> None:
        if self._ack_due is None or due < self._ack_due:
            self._ack_due = due
            self.state.timers.set((QueueTimer.ACK, self), due)

    def _take_back(self, channel: Channel, enqueued: Enqueued) -> None:
        again, consumer = copy(enqueued), enqueued.consumer
        super().settled((enqueued,))
        enqueued.is_late, enqueued.due, again.due = True, None, None
        super().put_back((again,), Settlement.REQUEUE)
        if consumer is None:
            self._fail(channel)
            return
        consumer.late += 1  # it gets no more, whether it is cancelled or loses its channel
        if consumer.late == consumer.unacked:
            self._forget_departed(consumer)
        if consumer.late == 1 and consumer in self.consumers and self.policy.single_active_consumer:
            self.single.remove(consumer)

    def _tell(self, channel: Channel, consumer: Consumer) -> None:
        """Tell a client that its consumer is late, each time that it is; who cannot be told so loses the channel."""
        if channel.connection.consumer_cancel_notify and consumer in self.consumers:
            where = (channel.connection.number, channel.number)
            self.state.events.append(BasicCancel(*where, consumer.tag))
        else:
            self._fail(channel)

    def _fail(self, channel: Channel) -> None:
        self.state.failing.append((channel, timed_out(channel.number, UNTOLD)))

    def _resume(self, consumer: Consumer) -> None:
        if consumer.late or consumer not in self.consumers:
            return
        if self.policy.single_active_consumer:
            self.single.add(consumer)
        if consumer.blocked and consumer.can_take():
            self.unblock(consumer)
        self.pump()
