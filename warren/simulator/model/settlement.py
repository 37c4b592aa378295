"""How deliveries are settled: by ack, nack or reject, with requeue or without; and who may go on then."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, precondition_failed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.model.channel import Channel
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.ready import Enqueued


class Settlement(Enum):
    """A way to settle a delivery: the method, whether it requeues, and whether the delivery has failed.

    One that is LOST is settled by nobody: its channel has ended.
    """

    ACK = ("ack", False, False)
    REQUEUE = ("nack", True, False)
    DISCARD = ("nack", False, False)
    REJECT_REQUEUE = ("reject", True, True)
    REJECT_DISCARD = ("reject", False, True)
    RECOVER = ("recover", True, False)
    LOST = ("", True, True)

    def __init__(self, method: str, requeues: bool, fails: bool) -> None:
        """Keep what it means."""
        self.method = method
        self.requeues = requeues
        self.fails = fails


def unknown_delivery_tag(tag: int) -> AmqpError:
    """406: nothing with this delivery tag is unacknowledged on the channel."""
    return precondition_failed(f"unknown delivery tag {tag}")


def collect(channel: Channel, tag: int, *, multiple: bool) -> dict[int, Enqueued]:
    """Take from the channel the delivery with this tag, with `multiple` also all before it.

    A `multiple` 0 means all. Raises AmqpError 406 when nothing has that tag. The cost is O(1) for
    each tag ever given, since each is passed once.
    """
    unacked = channel.unacked
    if multiple and tag == 0:
        taken = dict(sorted(unacked.items()))
        unacked.clear()
        channel.oldest_tag = channel.next_delivery_tag
        return taken
    if tag not in unacked:
        raise unknown_delivery_tag(tag)
    if not multiple:
        return {tag: unacked.pop(tag)}
    taken = {}
    for earlier in range(channel.oldest_tag, tag + 1):
        enqueued = unacked.pop(earlier, None)
        if enqueued is not None:
            taken[earlier] = enqueued
    channel.oldest_tag = tag + 1
    return taken


def settle(channel: Channel, deliveries: Mapping[int, Enqueued], how: Settlement) -> None:
    """Settle `deliveries`, which `collect` has taken from the channel; they stand by delivery tag.

    As in RabbitMQ they are settled in groups, one for each queue and consumer in the order of their
    names, and each queue delivers again before the next group is settled. The limit of the channel
    as a whole has room before all that; but consumers that it kept from messages go on only at the
    end. All deliveries give it room, also those that it did not count.
    """
    _check(channel, deliveries, how)
    groups: dict[tuple[str, bool, int, str], list[Enqueued]] = {}
    consumed = 0
    for tag, enqueued in sorted(deliveries.items()):
        consumer = enqueued.consumer
        consumed += consumer is not None
        by = (tag, "") if consumer is None else (channel.next_delivery_tag, consumer.tag)
        queue = enqueued.queue  # one deleted may share its name with one that lives
        groups.setdefault((queue.name, queue.deleted, *by), []).append(enqueued)
    was_full = is_full(channel)
    if (
        channel.global_unacked
    ):  # with deliveries that it did not count it falls below 0: as much more room
        channel.global_unacked -= consumed
    for _, group in sorted(groups.items()):
        queue = group[0].queue
        _settle_at(queue, group, how, unblocks=not was_full or not queue.heeds_channel_limit)
    if was_full:
        wake(channel)


def _check(channel: Channel, deliveries: Mapping[int, Enqueued], how: Settlement) -> None:
    """Raise AmqpError when one of the queues cannot do that; the channel has the deliveries as before then."""
    try:
        for queue in dict.fromkeys(enqueued.queue for enqueued in deliveries.values()):
            if not queue.deleted:
                queue.check_settle(how)
    except AmqpError:
        channel.unacked.update(deliveries)
        raise


def acknowledge(channel: Channel, enqueued: Enqueued) -> None:
    """Do what `settle` does for one ack, in fewer steps: most deliveries are settled so."""
    consumer = enqueued.consumer
    if consumer is None or channel.global_prefetch:
        settle(channel, {0: enqueued}, Settlement.ACK)
        return
    queue = enqueued.queue
    channel.global_unacked -= 1
    consumer.unacked -= 1
    queue.settled((enqueued,))
    queue.traffic.ack += 1
    if queue.changes is not None:
        queue.forget((enqueued,))
    if consumer.blocked:
        queue.unblock(consumer)
        queue.pump()


def is_full(channel: Channel) -> bool:
    """Tell whether the channel's own prefetch keeps messages from all its consumers."""
    return 0 < channel.global_prefetch <= channel.global_unacked


def wake(channel: Channel) -> None:
    """Let the channel's consumers that wait and now may take messages do so: in each queue the longest wait first."""
    awake = [
        consumer
        for consumer in channel.consumers.values()
        if consumer.blocked and consumer.can_take()
    ]
    for consumer in sorted(awake, key=lambda each: each.blocked_as):
        consumer.queue.unblock(consumer)
    for queue in dict.fromkeys(consumer.queue for consumer in awake):
        queue.pump()


def _settle_at(queue: Queue, batch: list[Enqueued], how: Settlement, *, unblocks: bool) -> None:
    for enqueued in batch:
        consumer = enqueued.consumer
        if consumer is not None:
            consumer.unacked -= 1
            if unblocks and consumer.blocked and consumer.can_take():
                queue.unblock(consumer)
    if queue.deleted:
        return
    queue.settled(batch)
    if how.requeues:
        queue.put_back(batch, how)
    elif how is Settlement.ACK:
        queue.traffic.ack += len(batch)
        queue.forget(batch)
    else:
        queue.discard(batch, how)
    queue.pump()
