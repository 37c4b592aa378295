"""A queue of any type: messages come in, consumers take turns, messages go out.

What a type does in its own way is in `classic` and `quorum`. Declaring a queue: `methods.queue`; how
deliveries are settled: `settlement`; where dead letters go: `dead_letter`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol

from warren.simulator.model.changes import Place
from warren.simulator.model.consumer import Consumer, Rotation
from warren.simulator.model.dead_letter import Reason, dead_letter
from warren.simulator.model.declared import Declared
from warren.simulator.model.events import BasicDeliver
from warren.simulator.model.queue_timer import QueueTimer
from warren.simulator.model.ready import Enqueued
from warren.simulator.model.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from warren.simulator.model.channel import Channel
    from warren.simulator.model.message import Message
    from warren.simulator.model.queue_types import QueueType
    from warren.simulator.model.ready import Ready
    from warren.simulator.model.settlement import Settlement
    from warren.simulator.model.vhost import VHost


class Publisher(Protocol):
    """Whoever waits for the answer to a publish; `publishes_to` is for the queues to keep."""

    publishes_to: dict[Queue, int]


class Queue(Declared):
    """What all types have in common.

    `owner` is the number of the connection that it is exclusive to, None when it is shared. `ready`
    are the messages that nobody has; `unacked_count` counts those that consumers hold. Between two
    commands no message is ready while a consumer could take it.
    """

    least_ttl: ClassVar[int] = 0
    """Milliseconds that a message lives at least."""
    heeds_channel_limit: ClassVar[bool] = True
    answers_late: ClassVar[bool] = False  # after the commit of a transaction
    """Whether the limit of a channel as a whole holds its deliveries up, and counts them."""

    __slots__ = (
        "active_consumer",
        "consumers",
        "had_consumers",
        "may_expire",
        "next_order",
        "next_position",
        "ready_bytes",
        "ready_size",
        "rotation",
        "traffic",
        "ttl_deadline",
        "unacked_count",
    )

    ready: Ready

    def __init__(
        self,
        vhost: VHost,
        name: str,
        kind: QueueType,
        *,
        durable: bool,
        auto_delete: bool,
        owner: int | None,
        arguments: Mapping[str, object],
    ) -> None:
        """Begin empty; with x-expires its time runs from now."""
        super().__init__(
            vhost,
            name,
            kind,
            durable=durable,
            auto_delete=auto_delete,
            owner=owner,
            arguments=arguments,
        )
        self.consumers: dict[Consumer, None] = {}
        self.rotation = Rotation()
        self.active_consumer: Consumer | None = None  # the exclusive one, or the single active one
        self.had_consumers = False
        self.ready_bytes = 0
        self.ready_size = 0
        self.next_position = 0
        self.next_order = 0
        self.unacked_count = 0
        self.traffic = Traffic()
        self.may_expire = False  # whether any message here ever had a deadline
        self.ttl_deadline: float | None = None
        self.touch()

    # What the outside asks

    @property
    def message_count(self) -> int:
        """How many messages are ready."""
        return len(self.ready)

    @property
    def size(self) -> int:
        """How many octets of memory its messages take, but those that consumers hold."""
        return self.ready_size

    @property
    def consumer_count(self) -> int:
        """How many consumers there are, as the type counts them."""
        return len(self.consumers)

    @property
    def declared_counts(self) -> tuple[int, int]:
        """Return the messages and the consumers that declare-ok tells."""
        return self.message_count, self.consumer_count

    # What it refuses

    @abstractmethod
    def check_consume(self, channel: Channel, /, *, exclusive: bool, no_ack: bool) -> None:
        """Raise AmqpError unless another consumer may come on `channel`."""

    @abstractmethod
    def check_get(self) -> None:
        """Raise AmqpError unless single messages may be taken."""

    def check_purge(self) -> None:
        """Raise AmqpError unless it may be purged."""

    def check_settle(self, how: Settlement) -> None:
        """Raise AmqpError unless deliveries may be settled so."""

    @abstractmethod
    def check_delete(self, *, if_unused: bool, if_empty: bool) -> None:
        """Raise AmqpError unless it may be deleted on these conditions."""

    # Messages in

    @abstractmethod
    def enqueue(self, message: Message, publisher: Publisher | None = None, /) -> bool:
        """Take `message`; return False when the queue is full and refuses it.

        `publisher` is None when nobody waits for an answer: it is a dead letter.
        """

    def refuses(self, _publisher: Publisher, /) -> bool:
        """Tell whether it takes no more of a publisher that has heard so: most types answer each message for itself."""
        return False

    def fails_commits(self) -> str:
        """Return why a commit fails that brings it a message when it is gone; nothing where it refuses the message."""
        if not self.vhost.semantics.commit_needs_queues:
            return ""
        resource = f'{{resource,<<"{self.vhost.name}">>,queue,<<"{self.name}">>}}'
        return f"failed to deliver message: {{not_found,{resource}}}"

    @abstractmethod
    def put_back(self, returned: Iterable[Enqueued], how: Settlement) -> None:
        """Take back messages that were delivered; `how` says in which way they came."""

    @abstractmethod
    def discard(self, batch: Iterable[Enqueued], how: Settlement) -> None:
        """Dead-letter messages that were delivered and refused for good."""

    def push(self, enqueued: Enqueued) -> None:
        """Add a new message to those that are ready."""
        self.ready.push(enqueued)
        self.count(enqueued)
        self.note(enqueued, Place.READY)

    def lay_aside(self, message: Message) -> None:
        """Add a message behind all others, and do nothing more about it now: neither limits nor its time count yet."""
        enqueued = Enqueued(self, message, self.next_position, self.expiry(message))
        self.next_position += 1
        enqueued.redelivered = message.failures > 0
        self.push(enqueued)
        if enqueued.expires_at is not None:
            self._wait_for_expiry(enqueued.expires_at)

    def count(self, enqueued: Enqueued) -> None:
        """Count the octets of a message that is ready now."""
        self.ready_bytes += len(enqueued.message.body)
        self.ready_size += enqueued.message.size

    def settled(self, batch: Sequence[Enqueued]) -> None:
        """Note that deliveries are held no more: one at least, all to one consumer or all by basic.get."""
        self.unacked_count -= len(batch)

    def watch(self, channel: Channel, enqueued: Enqueued) -> None:
        """Have a delivery settled in time, where there is a time for it."""
        timeout = self.time_on(channel)
        enqueued.due = None
        if timeout is not None:
            enqueued.due = self.state.now + timeout / 1000
            channel.expect_ack(enqueued.due)

    # Messages out

    def get(self, *, settled: bool) -> Enqueued:  # noqa: ARG002 - it matters to some types
        """Take the first ready message, of which there is one, for basic.get; `settled` if by that alone."""
        return self.fetch()

    def hold(self, channel: Channel, enqueued: Enqueued, tag: int) -> None:
        """Note that basic.get took a message on `channel` that is to be settled, with this delivery tag."""
        enqueued.consumer, enqueued.got_as = None, tag
        channel.unacked[tag] = enqueued
        self.unacked_count += 1
        self.note(enqueued, Place.TAKEN)
        if self.times_acks:
            self.watch(channel, enqueued)

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
        self.forget(self.ready if self.changes is not None else ())
        self.empty()
        return count

    def drop_first(self, count: int) -> None:
        """Drop the first ready messages, so many, of which there are more."""
        self.forget([self._take() for _ in range(count)])

    def empty(self) -> None:
        """Have no ready messages."""
        self.ready.clear()
        self.ready_bytes = 0
        self.ready_size = 0

    @abstractmethod
    def drop_expired(self) -> None:
        """Dead-letter expired messages while they are at a head; wait for the next to expire."""

    def _deliver(self, consumer: Consumer, enqueued: Enqueued) -> None:
        channel = consumer.channel
        tag = channel.next_delivery_tag
        channel.next_delivery_tag = tag + 1
        channel.connection.credit -= enqueued.message.size
        traffic = self.traffic
        traffic.redeliver += enqueued.redelivered
        if consumer.no_ack:
            traffic.deliver_no_ack += 1
        else:
            traffic.deliver += 1
            enqueued.consumer = consumer
            consumer.unacked += 1
            channel.global_unacked += self.heeds_channel_limit
            channel.unacked[tag] = enqueued
            self.unacked_count += 1
            if self.times_acks:
                self.watch(channel, enqueued)
        if self.changes is not None:
            self.note(enqueued, Place.GONE if consumer.no_ack else Place.TAKEN)
        self.state.events.append(
            BasicDeliver(
                channel.connection.number,
                channel.number,
                consumer.tag,
                tag,
                enqueued.redelivered,
                self.show(enqueued),
            )
        )

    def show(self, enqueued: Enqueued) -> Message:
        """Return a message as clients get it."""
        return enqueued.message

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

    def _overflows(self) -> bool:
        policy = self.policy
        if policy.max_length is not None and len(self.ready) > policy.max_length:
            return True
        return policy.max_length_bytes is not None and self.ready_bytes > policy.max_length_bytes

    def _drop_head(self) -> None:
        while self.ready and self._overflows():
            dead_letter(self, self._take(), Reason.MAXLEN)

    def _ttl(self, message: Message) -> int | None:
        """Return how many milliseconds `message` may live here, None for ever."""
        expiration = message.properties.expiration
        if expiration is None:
            return self.policy.ttl
        own = int(expiration)
        return own if self.policy.ttl is None else min(own, self.policy.ttl)

    def expiry(self, message: Message) -> float | None:
        """Return when `message` dies if it comes now; None for never."""
        ttl = self._ttl(message)
        if ttl is None:
            return None
        self.may_expire = True
        return self.state.now + max(ttl, self.least_ttl) / 1000

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

    def on_timer(self, timer: QueueTimer, /) -> None:
        """Do what this queue has waited for."""
        if timer is QueueTimer.EXPIRES:
            self.vhost.delete_queue(self)
            return
        self.ttl_deadline = None
        self.drop_expired()

    # Consumers

    def add_consumer(self, consumer: Consumer) -> None:
        """Let `consumer` take part; the caller pumps once the client knows of it."""
        consumer.order = self.next_order
        self.next_order += 1
        self.consumers[consumer] = None
        self.had_consumers = True
        self.rotation.add(consumer)
        self.state.timers.cancel((QueueTimer.EXPIRES, self))

    @abstractmethod
    def remove_consumers(
        self, consumers: Iterable[Consumer], returned: Sequence[Enqueued] | None = None
    ) -> None:
        """Let `consumers` go; the last may end the queue.

        `returned` is what their channels give back as they end; None where they are cancelled and
        keep what they hold.
        """

    def _settle_lost(self, returned: Iterable[Enqueued]) -> None:
        for enqueued in returned:
            if enqueued.consumer is not None:
                enqueued.consumer.unacked -= 1
            self.settled((enqueued,))

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
        self.empty()
        for timer in QueueTimer:
            self.state.timers.cancel((timer, self))
        return consumers

    @abstractmethod
    def restart(self) -> None:
        """Keep what survives; nobody holds any message and there are no consumers by now."""
