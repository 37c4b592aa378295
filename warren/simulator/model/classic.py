"""A classic queue: what comes back returns to its old place, and a restart leaves what is persistent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warren.simulator.errors import AmqpError, ReplyCode, precondition_failed
from warren.simulator.model.changes import Place
from warren.simulator.model.dead_letter import Reason, dead_letter
from warren.simulator.model.message import PERSISTENT
from warren.simulator.model.policy import Overflow
from warren.simulator.model.queue import Publisher, Queue
from warren.simulator.model.ready import Enqueued, Lane, Priorities, priority_in
from warren.simulator.model.settlement import Settlement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from warren.simulator.model.changes import Contents
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.consumer import Consumer
    from warren.simulator.model.message import Message


class ClassicQueue(Queue):
    """A queue of the type `classic`."""

    __slots__ = ("ready", "uncounted_from")

    def __init__(self, *given: Any, **options: Any) -> None:
        """Begin empty."""
        super().__init__(*given, **options)
        max_priority = self._max_priority
        self.ready: Lane | Priorities = Lane() if max_priority is None else Priorities(max_priority)
        self.uncounted_from: dict[int, int] = {}  # by priority, see `loses_count_of_deliveries`

    @property
    def _max_priority(self) -> int | None:
        given = self.policy.max_priority
        return None if given is None else max(given, self.state.semantics.least_max_priority)

    def keeps(self, enqueued: Enqueued) -> bool:
        """Tell whether it is persistent."""
        return enqueued.message.properties.delivery_mode == PERSISTENT

    def restore(self, contents: Contents, *, in_order: bool) -> None:
        """Take what this queue had, in its old order; after a cut all counts as delivered before."""
        held = (*contents.ready, *contents.taken)
        for enqueued in sorted(held, key=lambda each: each.position):
            if not in_order:
                enqueued.redelivered, enqueued.failures = True, max(enqueued.failures, 1)
            self.ready.push(enqueued)
            self.count(enqueued)
            self.next_position = enqueued.position + 1
            self.may_expire |= enqueued.expires_at is not None
        self.keep_limits()
        if self.may_expire:
            self.drop_expired()

    def check_consume(self, _channel: Channel, /, *, exclusive: bool, no_ack: bool) -> None:  # noqa: ARG002 - it makes no difference
        """Raise 403 for a consumer that wants to be the only one, or comes to one that is."""
        if self.policy.single_active_consumer:
            refused = exclusive
        else:
            refused = self.active_consumer is not None or (exclusive and bool(self.consumers))
        if refused:
            raise AmqpError(ReplyCode.ACCESS_REFUSED, f"{self.describe()} in exclusive use")

    def check_get(self) -> None:
        """Let anybody take."""

    def check_delete(self, *, if_unused: bool, if_empty: bool) -> None:
        """Raise 406 when it must be unused or empty and is not."""
        if if_empty and self.ready:
            raise precondition_failed(f"{self.describe()} not empty")
        if if_unused and self.consumers:
            raise precondition_failed(f"{self.describe()} in use")

    # Messages in

    def enqueue(self, message: Message, _publisher: Publisher | None = None, /) -> bool:
        """Take `message`; return False when the queue is full and refuses it."""
        policy = self.policy
        if (
            policy.limited
            and policy.overflow is not Overflow.DROP_HEAD
            and self._would_overflow(message)
        ):
            if policy.overflow is Overflow.REJECT_PUBLISH_DLX:
                dead_letter(self, Enqueued(self, message, self.next_position, None), Reason.MAXLEN)
            return False
        position = self.next_position
        self.next_position = position + 1
        expires_at = None
        if policy.ttl is not None or message.properties.expiration is not None:
            expires_at = self.expiry(message)
        enqueued = Enqueued(self, message, position, expires_at)
        if not self.ready:
            consumer = self._next_consumer()
            if consumer is not None:
                self._deliver(consumer, enqueued)
                return True
        # A message that is delivered at once never is, as with RabbitMQ.
        enqueued.redelivered = enqueued.failures > 0 and self._counts_failures
        self.push(enqueued)
        if policy.limited:
            self._drop_head()
        if self.may_expire:
            self.drop_expired()
        return True

    def put_back(self, returned: Iterable[Enqueued], how: Settlement) -> None:
        """Return messages to their old places; they count as redelivered from now on."""
        for enqueued in returned:
            enqueued.redelivered = not self._is_uncounted(enqueued)
            enqueued.failures += how.fails and self._counts_failures
            enqueued.consumer = None
            self.ready.put_back(enqueued)
            self.count(enqueued)
            self.note(enqueued, Place.READY)
        self.keep_limits()
        if self.may_expire:
            self.drop_expired()

    def discard(self, batch: Iterable[Enqueued], how: Settlement) -> None:
        """Dead-letter what was refused for good."""
        for enqueued in batch:
            enqueued.failures += how.fails and self._counts_failures
            dead_letter(self, enqueued, Reason.REJECTED)

    @property
    def _counts_failures(self) -> bool:
        return self.state.semantics.counts_failed_deliveries

    def drop_expired(self) -> None:
        """Dead-letter expired messages while they are at the head; wait for the next to expire."""
        now = self.state.now
        while self.ready:
            deadline = self.ready.head().expires_at
            if deadline is None:
                return
            if deadline > now:
                self._wait_for_expiry(deadline)
                return
            dead_letter(self, self._take(), Reason.EXPIRED)

    def _would_overflow(self, message: Message) -> bool:
        policy = self.policy
        if policy.max_length is not None and len(self.ready) + 1 > policy.max_length:
            return True
        return (
            policy.max_length_bytes is not None
            and self.ready_bytes + len(message.body) > policy.max_length_bytes
        )

    def keep_limits(self) -> None:
        """Drop the oldest messages until the rest fits, unless it is new ones that a full queue refuses."""
        if self.policy.limited and self.policy.overflow is Overflow.DROP_HEAD:
            self._drop_head()

    # Consumers

    def add_consumer(self, consumer: Consumer) -> None:
        """Let `consumer` take part; the first of a queue with a single active one is that."""
        super().add_consumer(consumer)
        single = self.policy.single_active_consumer
        if consumer.exclusive or (single and self.active_consumer is None):
            self.active_consumer = consumer

    def remove_consumers(
        self,
        consumers: Iterable[Consumer],
        returned: Sequence[Enqueued] | None = None,
    ) -> None:
        """Let `consumers` go and put back what they `returned`; the last may end the queue."""
        before = self.active_consumer
        for consumer in consumers:
            del self.consumers[consumer]
            self.rotation.remove(consumer)
        self._settle_lost(returned or ())
        if self.active_consumer is not None and self.active_consumer not in self.consumers:
            self.active_consumer = (
                self.rotation.first() if self.policy.single_active_consumer else None
            )
        if self.auto_delete and self.had_consumers and not self.consumers:
            self.vhost.delete_queue(self)
            return
        self.touch()
        if returned is not None:
            self.put_back(returned, Settlement.LOST)
        elif self.active_consumer is not before and not self.state.semantics.cancel_serves_next:
            return
        self.pump()

    # The end

    def restart(self) -> None:
        """Keep only persistent messages."""
        semantics = self.state.semantics
        kept = []
        for enqueued in self.ready:
            if self.keeps(enqueued):
                kept.append(enqueued)
            elif semantics.loses_count_of_deliveries and not enqueued.redelivered:
                priority = priority_in(self._max_priority, enqueued)
                self.uncounted_from.setdefault(priority, enqueued.position)  # the first, in order
        self.empty()
        for enqueued in kept:
            if self._counts_failures:
                enqueued.redelivered = enqueued.failures > 0
            self.ready.push(enqueued)
            self.count(enqueued)
        self.had_consumers = False
        self.touch()

    def _is_uncounted(self, enqueued: Enqueued) -> bool:
        first = self.uncounted_from.get(priority_in(self._max_priority, enqueued))
        return first is not None and enqueued.position >= first
