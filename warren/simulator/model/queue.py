"""A queue: messages come in, consumers take turns, messages go out. Declaring it: `methods.queue`.

How deliveries are settled is in `settlement`, where dead letters go in `dead_letter`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from warren.simulator.model.consumer import Consumer, Rotation
from warren.simulator.model.dead_letter import Reason, dead_letter
from warren.simulator.model.events import BasicDeliver
from warren.simulator.model.message import PERSISTENT
from warren.simulator.model.policy import Overflow, QueuePolicy
from warren.simulator.model.ready import Enqueued, Lane, Priorities, priority_in

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from warren.simulator.model.exchange import Binding
    from warren.simulator.model.message import Message
    from warren.simulator.model.vhost import VHost


class QueueTimer(Enum):
    """What a queue waits for: its first message to expire, or its own end when nobody uses it."""

    MESSAGE_TTL = "message-ttl"
    EXPIRES = "expires"


class Queue:
    """A classic queue.

    `owner` is the number of the connection that it is exclusive to, None when it is shared. `ready`
    are the messages that nobody has; `unacked_count` counts those that consumers hold. Between two
    commands no message is ready while a consumer could take it.
    """

    __slots__ = (
        "active_consumer",
        "arguments",
        "auto_delete",
        "consumers",
        "deleted",
        "durable",
        "had_consumers",
        "incoming",
        "may_expire",
        "name",
        "next_position",
        "owner",
        "policy",
        "ready",
        "ready_bytes",
        "ready_size",
        "rotation",
        "state",
        "ttl_deadline",
        "unacked_count",
        "uncounted_from",
        "vhost",
    )

    def __init__(
        self,
        vhost: VHost,
        name: str,
        *,
        durable: bool,
        auto_delete: bool,
        owner: int | None,
        arguments: Mapping[str, object],
    ) -> None:
        """Begin empty; with x-expires its time runs from now."""
        self.vhost = vhost
        self.state = vhost.state
        self.name = name
        self.durable = durable
        self.auto_delete = auto_delete
        self.owner = owner
        self.arguments = arguments
        self.policy = QueuePolicy.of(arguments)
        self.incoming: dict[Hashable, Binding] = {}
        self.deleted = False
        self.consumers: dict[Consumer, None] = {}
        self.rotation = Rotation()
        self.active_consumer: Consumer | None = None  # the exclusive one, or the single active one
        self.had_consumers = False
        self.ready: Lane | Priorities = (
            Lane() if self.policy.max_priority is None else Priorities(self.policy.max_priority)
        )
        self.ready_bytes = 0
        self.ready_size = 0
        self.next_position = 0
        self.unacked_count = 0
        self.uncounted_from: dict[int, int] = {}  # by priority, see `loses_count_of_deliveries`
        self.may_expire = False  # whether any message here ever had a deadline
        self.ttl_deadline: float | None = None
        self.touch()

    # What the outside asks

    @property
    def message_count(self) -> int:
        """How many messages are ready."""
        return len(self.ready)

    @property
    def consumer_count(self) -> int:
        """How many consumers there are."""
        return len(self.consumers)

    @property
    def exclusive(self) -> bool:
        """Whether it belongs to one connection."""
        return self.owner is not None

    def describe(self) -> str:
        """Word this queue as RabbitMQ's reply texts do."""
        return self.vhost.describe("queue", self.name)

    # Messages in

    def enqueue(self, message: Message) -> bool:
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
            expires_at = self._expiry(message)
            self.may_expire = True
        enqueued = Enqueued(self, message, position, expires_at)
        if not self.ready:
            consumer = self._next_consumer()
            if consumer is not None:
                self._deliver(consumer, enqueued)
                return True
        enqueued.redelivered = (
            enqueued.failed
        )  # a message that is delivered at once never is, as with RabbitMQ
        self.ready.push(enqueued)
        self.ready_bytes += len(message.body)
        self.ready_size += message.size
        if policy.limited:
            self._drop_head()
        if self.may_expire:
            self.drop_expired()
        return True

    def restore(self, message: Message, *, redelivered: bool, expires_at: float | None) -> None:
        """Take a message that this queue had in an earlier life, behind all others."""
        enqueued = Enqueued(self, message, self.next_position, expires_at)
        self.next_position += 1
        enqueued.redelivered = enqueued.failed = redelivered
        self.ready.push(enqueued)
        self.ready_bytes += len(message.body)
        self.ready_size += message.size
        if expires_at is not None:
            self.may_expire = True
            self.drop_expired()

    def put_back(self, returned: Iterable[Enqueued], *, failed: bool) -> None:
        """Return messages that were delivered to their old places.

        They count as redelivered from now on; `failed` says whether their deliveries failed.
        """
        for enqueued in returned:
            enqueued.redelivered = not self._is_uncounted(enqueued)
            enqueued.failed |= failed
            enqueued.consumer = None
            self.ready.put_back(enqueued)
            self.ready_bytes += len(enqueued.message.body)
            self.ready_size += enqueued.message.size
        if self.policy.limited and self.policy.overflow is Overflow.DROP_HEAD:
            self._drop_head()
        if self.may_expire:
            self.drop_expired()

    # Messages out

    def fetch(self) -> Enqueued:
        """Take the first ready message, of which there is one, and drop what has expired behind it."""
        enqueued = self._take()
        if self.may_expire:
            self.drop_expired()
        return enqueued

    def pump(self) -> None:
        """Deliver ready messages while there are both messages and consumers for them."""
        while self.ready:
            consumer = self._next_consumer()
            if consumer is None:
                return
            self._deliver(consumer, self.fetch())

    def purge(self) -> int:
        """Drop all ready messages; return how many there were."""
        count = len(self.ready)
        self.ready.clear()
        self.ready_bytes = 0
        self.ready_size = 0
        return count

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

    def _deliver(self, consumer: Consumer, enqueued: Enqueued) -> None:
        channel = consumer.channel
        tag = channel.next_delivery_tag
        channel.next_delivery_tag = tag + 1
        channel.connection.credit -= enqueued.message.size
        if not consumer.no_ack:
            enqueued.consumer = consumer
            consumer.unacked += 1
            channel.global_unacked += 1
            channel.unacked[tag] = enqueued
            self.unacked_count += 1
        self.state.events.append(
            BasicDeliver(
                channel.connection.number,
                channel.number,
                consumer.tag,
                tag,
                enqueued.redelivered,
                enqueued.message,
            )
        )

    def _next_consumer(self) -> Consumer | None:
        if not self.policy.single_active_consumer:
            return self.rotation.next()
        active = self.active_consumer
        if active is None or active.blocked:
            return None
        if active.can_take():
            return active
        self.rotation.block(active)
        return None

    def _take(self) -> Enqueued:
        enqueued = self.ready.pop()
        self.ready_bytes -= len(enqueued.message.body)
        self.ready_size -= enqueued.message.size
        return enqueued

    # Limits and deadlines

    def _would_overflow(self, message: Message) -> bool:
        policy = self.policy
        if policy.max_length is not None and len(self.ready) + 1 > policy.max_length:
            return True
        return (
            policy.max_length_bytes is not None
            and self.ready_bytes + len(message.body) > policy.max_length_bytes
        )

    def _overflows(self) -> bool:
        policy = self.policy
        if policy.max_length is not None and len(self.ready) > policy.max_length:
            return True
        return policy.max_length_bytes is not None and self.ready_bytes > policy.max_length_bytes

    def _drop_head(self) -> None:
        while self.ready and self._overflows():
            dead_letter(self, self._take(), Reason.MAXLEN)

    def _expiry(self, message: Message) -> float:
        expiration = message.properties.expiration
        ttls = [self.policy.ttl, None if expiration is None else int(expiration)]
        return self.state.now + min(ttl for ttl in ttls if ttl is not None) / 1000

    def _wait_for_expiry(self, deadline: float) -> None:
        if self.ttl_deadline is None or deadline < self.ttl_deadline:
            self.ttl_deadline = deadline
            self.state.timers.set((QueueTimer.MESSAGE_TTL, self), deadline)

    def touch(self) -> None:
        """Begin the time after which a queue with x-expires goes, unless it has consumers."""
        if self.policy.expires is not None and not self.consumers:
            self.state.timers.set(
                (QueueTimer.EXPIRES, self), self.state.now + self.policy.expires / 1000
            )

    def on_timer(self, timer: QueueTimer) -> None:
        """Do what this queue has waited for."""
        if timer is QueueTimer.EXPIRES:
            self.vhost.delete_queue(self)
            return
        self.ttl_deadline = None
        self.drop_expired()

    # Consumers

    def add_consumer(self, consumer: Consumer) -> None:
        """Let `consumer` take part; the caller pumps once the client knows of it."""
        self.consumers[consumer] = None
        self.had_consumers = True
        self.rotation.add(consumer)
        self.state.timers.cancel((QueueTimer.EXPIRES, self))
        if consumer.exclusive or (
            self.policy.single_active_consumer and self.active_consumer is None
        ):
            self.active_consumer = consumer

    def remove_consumers(
        self, consumers: Iterable[Consumer], returned: Iterable[Enqueued] = ()
    ) -> None:
        """Let `consumers` go and put back what they `returned`; the last may end the queue."""
        for consumer in consumers:
            del self.consumers[consumer]
            self.rotation.remove(consumer)
        if self.active_consumer is not None and self.active_consumer not in self.consumers:
            self.active_consumer = (
                self.rotation.first() if self.policy.single_active_consumer else None
            )
        if self.auto_delete and self.had_consumers and not self.consumers:
            self.vhost.delete_queue(self)
            return
        self.touch()
        self.put_back(returned, failed=True)
        self.pump()

    def unblock(self, consumer: Consumer) -> None:
        """Let `consumer` take turns again; the caller pumps."""
        self.rotation.add(consumer)

    # The end

    def end(self) -> list[Consumer]:
        """Drop everything; return the consumers there were."""
        self.deleted = True
        consumers = [*self.consumers]
        for consumer in consumers:
            self.rotation.remove(consumer)
        self.consumers.clear()
        self.active_consumer = None
        self.purge()
        for timer in QueueTimer:
            self.state.timers.cancel((timer, self))
        return consumers

    def restart(self) -> None:
        """Keep only persistent messages; nobody holds any and there are no consumers by now."""
        kept = []
        for enqueued in self.ready:
            if enqueued.message.properties.delivery_mode == PERSISTENT:
                kept.append(enqueued)
            elif self.state.semantics.loses_count_of_deliveries and not enqueued.redelivered:
                priority = priority_in(self.policy.max_priority, enqueued)
                self.uncounted_from.setdefault(priority, enqueued.position)  # the first, in order
        self.purge()
        for enqueued in kept:
            if self.state.semantics.counts_failed_deliveries:
                enqueued.redelivered = enqueued.failed
            self.ready.push(enqueued)
            self.ready_bytes += len(enqueued.message.body)
            self.ready_size += enqueued.message.size
        self.had_consumers = False
        self.touch()

    def _is_uncounted(self, enqueued: Enqueued) -> bool:
        first = self.uncounted_from.get(priority_in(self.policy.max_priority, enqueued))
        return first is not None and enqueued.position >= first
