"""A quorum queue: it counts returns, gives up a message that came back too often, and forgets its old place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warren.simulator.model.at_least_once import KeptDeadLetters
from warren.simulator.model.changes import Place
from warren.simulator.model.dead_letter import Reason, dead_letter
from warren.simulator.model.delayed import Delayed
from warren.simulator.model.message import OVERHEAD
from warren.simulator.model.policy import Overflow
from warren.simulator.model.queue import Publisher, Queue
from warren.simulator.model.queue_timer import QueueTimer
from warren.simulator.model.quorum_ready import QuorumReady
from warren.simulator.model.quorum_refusals import (
    refuses_condition,
    refuses_get,
    refuses_global_qos,
)
from warren.simulator.model.quorum_restoring import take_up
from warren.simulator.model.quorum_returns import by_holder, by_tag, count_of, has_failed, shown
from warren.simulator.model.quorum_turns import UNLIMITED_PREFETCH, AutomaticAcks, QuorumRotation
from warren.simulator.model.ready import Enqueued
from warren.simulator.model.settlement import Settlement
from warren.simulator.model.single_active import SingleActive

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from warren.simulator.model.changes import Contents
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.consumer import Consumer
    from warren.simulator.model.message import Message

SOFT_LIMIT = 0.8
"""Of its limits: down to there must a queue come before it takes publishes again that it has refused."""


class QuorumQueue(Queue):
    """A queue of the type `quorum`.

    `_departed` are consumers that were cancelled and still hold messages, `_got` counts what basic.get
    took: both count as consumers. A queue that `_is_refusing` refuses those channels that published here
    before it was full for the last time; how often it was is `_overflow_count`. What came back and waits is
    `_delayed`; dead letters that have not arrived are `_kept`.
    """

    policies_set_overflow = True
    least_ttl = 1
    remembers_taken = True
    heeds_channel_limit = False
    answers_late = True

    __slots__ = (
        "_delayed",
        "_departed",
        "_got",
        "_is_refusing",
        "_kept",
        "_overflow_count",
        "ready",
        "rotation",
        "semantics",
        "single",
    )

    def __init__(self, *given: Any, **options: Any) -> None:
        """Begin empty."""
        super().__init__(*given, **options)
        self.semantics = self.state.semantics.quorum
        self.ready: QuorumReady = QuorumReady(self.semantics.levels)
        self.rotation: QuorumRotation = QuorumRotation()
        self._departed: dict[Consumer, None] = {}
        self._got = 0
        self.single = SingleActive(by_priority=self.semantics.single_active_by_priority)
        self._overflow_count = 0
        self._is_refusing = False
        self._kept = KeptDeadLetters(self)
        self._delayed = Delayed(self)

    def take_up_policies(self) -> None:
        """Be as the policies of the virtual host have it now, also about dead letters that have not arrived."""
        before = self.policy
        super().take_up_policies()
        if not self.policy.at_least_once:
            self._kept.clear()
        elif self.policy is not before:
            self._kept.retry()

    # What the outside asks

    @property
    def consumer_count(self) -> int:
        """Count whoever has messages or may get some: not those that wait to be the active one."""
        able = len(self.consumers)
        if self.policy.single_active_consumer:
            able = int(self.single.active is not None)
        return able + len(self._departed) + self._got

    @property
    def size(self) -> int:
        """Count also messages that wait, and dead letters that have not arrived."""
        return super().size + self._delayed.tally.size + self._kept.tally.size

    def keeps(self, enqueued: Enqueued) -> bool:  # noqa: ARG002 - it makes no difference which
        """Keep them all."""
        return True

    def check_consume(self, channel: Channel, /, *, exclusive: bool, no_ack: bool) -> None:  # noqa: ARG002 - they mean nothing here
        """Raise 540 on a channel with a prefetch count of its own; `exclusive` means nothing here."""
        if channel.global_prefetch:
            raise refuses_global_qos(self)

    def check_get(self) -> None:
        """Raise 405 where there is a single active consumer."""
        if self.policy.single_active_consumer:
            raise refuses_get(self)

    def check_delete(self, *, if_unused: bool, if_empty: bool) -> None:
        """Raise 540 for any condition."""
        if if_unused or if_empty:
            raise refuses_condition(self, "if-unused" if if_unused else "if-empty")

    # Messages in

    def enqueue(self, message: Message, publisher: Publisher | None = None, /) -> bool:
        """Take `message`; return False when `publisher` has been told that the queue is full."""
        if publisher is not None and self.refuses(publisher):
            return False
        enqueued = Enqueued(self, message, self.next_position, self.expiry(message))
        self.next_position += 1
        if enqueued.failures:
            enqueued.redelivered = True
        self.push(enqueued)
        self.pump()
        return True

    def restore(self, contents: Contents, *, in_order: bool) -> None:  # noqa: ARG002 - it knows what was taken
        """Take what this queue had: first what came back before, then what was taken and comes back now."""
        take_up(self, contents)
        self.put_back(contents.taken, Settlement.LOST)
        self.drop_expired()
        self.keep_limits()

    def put_back(self, returned: Iterable[Enqueued], how: Settlement) -> None:
        """Take back what may be delivered again, in the order of its return; dead-letter the rest."""
        limit = self.policy.delivery_limit
        for enqueued in returned:
            enqueued.consumer = None
            enqueued.acquired = (enqueued.acquired or 0) + 1
            enqueued.failures += has_failed(how, self.semantics)
            if limit is not None and count_of(enqueued, self.semantics) > limit:
                self._dead_letter(enqueued, Reason.DELIVERY_LIMIT)
                continue
            enqueued.redelivered = True
            if self._delays(enqueued, how):
                continue
            if (
                limit is None
                and self.semantics.unlimited_to_the_tail
                and how is not Settlement.LOST
            ):
                enqueued.position = self.next_position
                self.next_position += 1
                self.ready.push_default(enqueued)
            else:
                self.ready.put_back(enqueued)
            self.count(enqueued)
            self.note(enqueued, Place.READY)

    def discard(self, batch: Iterable[Enqueued], how: Settlement) -> None:
        """Dead-letter what was refused for good."""
        for enqueued in batch:
            enqueued.failures += has_failed(how, self.semantics) or self.semantics.discards_fail
            self._dead_letter(enqueued, Reason.REJECTED)

    def _dead_letter(self, enqueued: Enqueued, reason: Reason) -> None:
        if self.policy.at_least_once:
            self._kept.add(enqueued, reason)
        else:
            dead_letter(self, enqueued, reason)

    def _delays(self, enqueued: Enqueued, how: Settlement) -> bool:
        """Tell whether a message that came back waits now before it is ready."""
        retry = self.policy.retry
        delay = (
            None
            if retry is None
            else retry.delay(enqueued.failures, failed=has_failed(how, self.semantics))
        )
        if delay is None:
            return False
        self._delayed.add(enqueued, delay)
        self.note(enqueued, Place.READY)
        return True

    def on_timer(self, timer: QueueTimer, /) -> None:
        """Do what this queue has waited for."""
        if timer is QueueTimer.RETRY:
            for enqueued in self._delayed.take():
                self.ready.put_back(enqueued)
                self.count(enqueued)
            self.pump()
        elif timer is QueueTimer.DEAD_LETTERS:
            self._kept.retry_in_time()
        else:
            super().on_timer(timer)

    def settled(self, batch: Sequence[Enqueued]) -> None:
        """Note that deliveries are held no more: one at least, all to one consumer or all by basic.get."""
        super().settled(batch)
        consumer = batch[0].consumer
        if consumer is None:
            self._got -= len(batch)
            return
        consumer.excess = min(consumer.excess, consumer.unacked)
        if not consumer.unacked:
            self._forget_departed(consumer)
            self.single.elect()

    def _forget_departed(self, consumer: Consumer) -> None:
        """Count a cancelled consumer no more, which holds nothing now."""
        if consumer in self._departed:
            del self._departed[consumer]
            self.rotation.remove(consumer)

    def show(self, enqueued: Enqueued) -> Message:
        """Return a message as clients get it: they see how often it came back."""
        return shown(enqueued, self.semantics, self.state.field_types.long)

    # Messages out

    def get(self, *, settled: bool) -> Enqueued:
        """Take the first ready message for basic.get.

        Where it is to be settled, one behind it that has expired is not looked at yet, and counted.
        """
        enqueued = self.fetch() if settled else self._take()
        if self.semantics.get_tells_zero and enqueued.acquired is None:
            enqueued.shows_zero = True
        self.keep_limits()
        self._await_expiry()
        return enqueued

    def hold(self, channel: Channel, enqueued: Enqueued, tag: int) -> None:
        """Note that basic.get took a message on `channel` that is to be settled, with this delivery tag."""
        super().hold(channel, enqueued, tag)
        self._got += 1

    def pump(self) -> None:
        """Deliver what can be delivered; only what is left counts for the limits."""
        if self.may_expire:
            self.drop_expired()
        super().pump()
        self.keep_limits()

    def _deliver(self, consumer: Consumer, enqueued: Enqueued) -> None:
        super()._deliver(consumer, enqueued)
        if self.rotation.serve(consumer):
            self.state.onward.append(AutomaticAcks(self))

    def purge(self) -> int:
        """Drop all ready messages; return how many there were."""
        count = super().purge() + self._delayed.tally.count
        self.forget(self._delayed)
        self._delayed.clear()
        if self.semantics.purges_dead_letters:
            count += self._kept.purge()
        self.keep_limits()
        return count

    def drop_expired(self) -> None:
        """Dead-letter expired messages while they come next; wait for the next to expire."""
        ready = self.ready
        every = self.semantics.every_level_expires
        for enqueued in ready.pop_expired(self.state.now, behind_others=every):
            self.ready_bytes -= len(enqueued.message.body)
            self.ready_size -= enqueued.message.size
            self._dead_letter(enqueued, Reason.EXPIRED)
        self._await_expiry()

    def _await_expiry(self) -> None:
        every = self.semantics.every_level_expires
        deadline = self.ready.next_expiry(behind_others=every) if self.may_expire else None
        if deadline is not None:
            self._wait_for_expiry(deadline)

    # Limits and deadlines

    def refuses(self, publisher: Publisher, /) -> bool:
        """Tell whether the publisher has heard that the queue is full."""
        if not self._rejects:
            return False
        since = publisher.publishes_to.get(self)
        if since is None:  # the first publish of a channel asks the queue
            since = self._overflow_count - self._overflows()
            publisher.publishes_to[self] = since
        return self._is_refusing and since < self._overflow_count

    @property
    def _rejects(self) -> bool:
        return self.policy.limited and self.policy.overflow is Overflow.REJECT_PUBLISH

    def keep_limits(self) -> None:
        """Drop the oldest messages until the rest fits, or begin to refuse new ones, or end that."""
        if self._rejects:
            if self._overflows():
                self._overflow_count += 1
                self._is_refusing = True
            elif self._is_below(SOFT_LIMIT):
                self._is_refusing = False
        elif self.policy.limited:
            self._drop_head()
            self._await_expiry()  # what comes next now may have expired behind what was dropped

    def _overflows(self) -> bool:
        return not self._is_below(1)

    def _is_below(self, share: float) -> bool:
        length, octets = self.policy.max_length, self.policy.max_length_bytes
        if length is not None and self._length() > int(length * share):
            return False
        return octets is None or self._octets() <= int(octets * share)

    def _length(self) -> int:
        return len(self.ready) + self._delayed.tally.count + self._kept.tally.count

    def _octets(self) -> int:
        if self.semantics.properties_count:
            return self.size - OVERHEAD * self._length()
        return self.ready_bytes + self._kept.tally.octets

    # Consumers

    def add_consumer(self, consumer: Consumer) -> None:
        """Let `consumer` take part; it takes over what one of its tag on its channel still holds.

        More than its own limit allows do not count: it gets another for each that it settles.
        """
        consumer.prefetch = consumer.channel.prefetch or UNLIMITED_PREFETCH
        super().add_consumer(consumer)
        for earlier in [*self._departed]:
            if earlier.channel is consumer.channel and earlier.tag == consumer.tag:
                self._take_over(consumer, earlier)
        if self.policy.single_active_consumer:
            self.single.add(consumer)

    def _take_over(self, consumer: Consumer, earlier: Consumer) -> None:
        for enqueued in consumer.channel.unacked.values():
            if enqueued.consumer is earlier:
                enqueued.consumer = consumer
        consumer.unacked, earlier.unacked = earlier.unacked, 0
        consumer.excess = max(0, consumer.unacked - consumer.prefetch)
        del self._departed[earlier]
        if not consumer.can_take():
            self.rotation.block(consumer)
        self.rotation.replace(earlier, consumer)

    def _next_consumer(self) -> Consumer | None:
        if not self.policy.single_active_consumer:
            return self.rotation.next()
        active = self.single.active
        if active is None or active.blocked or self.single.is_yielding:
            return None
        if active.can_take():
            return active
        self.rotation.block(active)
        return None

    def remove_consumers(
        self, consumers: Iterable[Consumer], returned: Sequence[Enqueued] | None = None
    ) -> None:
        """Let `consumers` go, with what they `returned`; whom it leaves may take what is ready."""
        for consumer in consumers:
            del self.consumers[consumer]
            if returned is None and consumer.unacked:
                self._departed[consumer] = None
                self.rotation.retire(consumer)
            else:
                self.rotation.remove(consumer)
            if self.policy.single_active_consumer and not consumer.late:
                self.single.remove(consumer)
        self._settle_lost(returned or ())
        if returned is not None:
            key = by_tag if self.semantics.returns_by_tag else by_holder
            self.put_back(sorted(returned, key=key), Settlement.LOST)
        self.single.elect()
        self.touch()
        self.pump()

    def unblock(self, consumer: Consumer) -> None:
        """Let `consumer` take turns again, unless it was cancelled."""
        if consumer in self.consumers:
            super().unblock(consumer)

    # The end

    def end(self) -> list[Consumer]:
        """Drop everything; return the consumers there were."""
        self._kept.clear()
        self._delayed.clear()
        return super().end()

    def restart(self) -> None:
        """Keep every message."""
        self._kept.begin_again()
        self.had_consumers = False
        self.touch()
