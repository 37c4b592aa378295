"""A stream: consumers read it at their own places, and nothing that they do takes a message out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warren.simulator.errors import AmqpError, ReplyCode, precondition_failed
from warren.simulator.model.changes import Place
from warren.simulator.model.queue import Publisher, Queue
from warren.simulator.model.ready import Enqueued, Lane
from warren.simulator.model.settlement import Settlement
from warren.simulator.model.stream_arguments import (
    check_sizes,
    filter_values,
    seconds_in,
    time_of,
)
from warren.simulator.model.stream_log import Log
from warren.simulator.model.stream_messages import as_delivered, filter_value, is_writable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from warren.simulator.model.changes import Contents
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.consumer import Consumer
    from warren.simulator.model.message import Message

SEGMENT_OCTETS = 500_000_000
"""How large a segment becomes where nobody says."""


class Cursor:
    """Where a consumer reads next, and which filter values it gets, None for all."""

    __slots__ = ("offset", "values")

    def __init__(self, offset: int, values: frozenset[str] | None) -> None:
        """Begin at `offset`."""
        self.offset = offset
        self.values = values


class StreamQueue(Queue):
    """A queue of the type `stream`.

    Its messages are in `log`; none is ever `ready`, since none is anybody's alone. What a consumer
    holds limits it, and is held of copies: an ack is credit.
    """

    heeds_channel_limit = False

    __slots__ = ("_cursors", "log", "ready", "semantics")

    def __init__(self, *given: Any, **options: Any) -> None:
        """Begin empty; raise 406 for sizes that there are not."""
        self._cursors: dict[Consumer, Cursor] = {}
        self.ready = Lane()
        super().__init__(*given, **options)
        self.semantics = self.state.semantics.stream
        check_sizes(self.arguments, self.semantics)
        self.log = Log(self._number("stream-max-segment-size-bytes") or SEGMENT_OCTETS)

    # What the outside asks

    @property
    def message_count(self) -> int:
        """Count all that there is, whoever has read it."""
        return len(self.log)

    @property
    def declared_counts(self) -> tuple[int, int]:
        """Return what declare-ok says: it knows of no consumers."""
        return self.message_count, 0

    def keeps(self, enqueued: Enqueued) -> bool:  # noqa: ARG002 - it makes no difference which
        """Keep them all."""
        return True

    def note(self, enqueued: Enqueued, place: Place) -> None:
        """Tell nothing of what becomes of a copy: the message is in the log as before."""

    # What it refuses

    def fails_commits(self) -> str:
        """Return that it is not found, on the release that finds no stream at a commit."""
        if self.semantics.fails_commits:
            return f"Stream not found for {self.describe()}"
        return super().fails_commits()

    def check_consume(self, channel: Channel, /, *, exclusive: bool, no_ack: bool) -> None:  # noqa: ARG002 - it means nothing here
        """Raise 406 without a prefetch count, 540 without acknowledgement or on a channel with one of its own."""
        if not channel.prefetch:
            raise precondition_failed(self.semantics.no_prefetch.format(self.describe()))
        if no_ack:
            raise _not_implemented(self.semantics.no_auto_ack.format(self.describe()))
        if channel.global_prefetch:
            raise _not_implemented(f"{self.describe()} does not support global qos")

    def check_get(self) -> None:
        """Raise 540."""
        raise _not_implemented(f"basic.get not supported by stream queues {self.describe()}")

    def check_purge(self) -> None:
        """Raise 540."""
        raise _not_implemented(f"queue.purge not supported by stream queues {self.describe()}")

    def check_delete(self, *, if_unused: bool, if_empty: bool) -> None:
        """Let anybody delete it: the conditions mean nothing here."""

    def check_settle(self, how: Settlement) -> None:
        """Raise 540, or 541 as the release fails, for what is no ack."""
        if not self.semantics.acks_alone or how is Settlement.ACK:
            return
        if how is Settlement.RECOVER:
            raise AmqpError(ReplyCode.INTERNAL_ERROR)
        raise _not_implemented(
            f"basic.nack and basic.reject not supported by stream queues {self.describe()}"
        )

    # Messages in

    def enqueue(self, message: Message, publisher: Publisher | None = None, /) -> bool:
        """Take `message`; a dead letter may be lost, and raise 541 for one that cannot be written."""
        if publisher is None and not self.semantics.takes_dead_letters:
            return True
        if not is_writable(message, self.semantics):
            if publisher is None:
                return True
            raise AmqpError(ReplyCode.INTERNAL_ERROR)
        has_begun = self.log.make_room()
        self._append(message, self.log.next_offset, self.state.now)
        if has_begun:
            self.keep_limits()
        self.pump()
        return True

    def _append(self, message: Message, offset: int, came_at: float) -> None:
        long = self.state.field_types.long
        shown = as_delivered(message, offset, self.semantics, long)
        entry = Enqueued(self, shown, offset, came_at)
        self._add(entry)
        super().note(entry, Place.READY)

    def _add(self, entry: Enqueued) -> None:
        self.log.append(entry)
        self.next_position = self.log.next_offset
        self.ready_bytes += len(entry.message.body)
        self.ready_size += entry.message.size

    def restore(self, contents: Contents, *, in_order: bool) -> None:  # noqa: ARG002 - it makes no difference
        """Take what this stream had, each message at its old offset, as old as it is."""
        for entry in sorted(contents.ready, key=lambda each: each.position):
            self.log.make_room()
            self._add(entry)

    def put_back(self, returned: Iterable[Enqueued], how: Settlement) -> None:
        """Do nothing: it is where it was."""

    def discard(self, batch: Iterable[Enqueued], how: Settlement) -> None:
        """Do nothing: it stays where it is."""

    def settled(self, batch: Sequence[Enqueued]) -> None:
        """Give credit to who has the consumer's tag now, if it was cancelled."""
        consumer = batch[0].consumer
        if consumer is None or consumer in self.consumers:
            return
        heir = consumer.channel.consumers.get(consumer.tag)
        if heir is not None and heir.queue is self:
            heir.unacked -= len(batch)
            if heir.blocked and heir.can_take():
                self.unblock(heir)
            self.pump()

    # Messages out

    def pump(self) -> None:
        """Deliver to each consumer what comes next for it, as long as it may take more."""
        for consumer, cursor in [*self._cursors.items()]:
            while not consumer.blocked and (entry := self._next_at(cursor)) is not None:
                if not consumer.can_take():
                    self.rotation.block(consumer)
                    break
                cursor.offset = entry.position + 1
                self._deliver(consumer, Enqueued(self, entry.message, entry.position, None))

    def _next_at(self, cursor: Cursor) -> Enqueued | None:
        entry = self.log.at(cursor.offset)
        while (
            entry is not None
            and cursor.values is not None
            and filter_value(entry.message) not in cursor.values
        ):
            cursor.offset = entry.position + 1
            entry = self.log.at(cursor.offset)
        return entry

    def _deliver(self, consumer: Consumer, enqueued: Enqueued) -> None:
        super()._deliver(consumer, enqueued)
        self.unacked_count = 0  # it is in the stream as before

    def drop_expired(self) -> None:
        """Do nothing: no message has a time to live here."""

    # Retention

    def keep_limits(self) -> None:
        """Drop whole segments that are too much or too old; RabbitMQ looks when another one begins."""
        ages = (self.arguments.get("x-max-age"), self.matched.definition.get("max-age"))
        seconds = [each for each in map(seconds_in, ages) if each is not None]
        oldest = self.state.now - min(seconds) if seconds else None
        for enqueued in self.log.trim(self._number("max-length-bytes"), oldest):
            super().note(enqueued, Place.GONE)
            self.ready_bytes -= len(enqueued.message.body)
            self.ready_size -= enqueued.message.size

    def _number(self, name: str) -> int | None:
        """Return what a policy says, else what the argument does."""
        value = self.matched.definition.get(name, self.arguments.get(f"x-{name}"))
        return value if isinstance(value, int) else None

    # Consumers

    def add_consumer(self, consumer: Consumer) -> None:
        """Let `consumer` read from where it wants."""
        super().add_consumer(consumer)
        values = filter_values(consumer.arguments, self.semantics)
        self._cursors[consumer] = Cursor(self._begin(consumer), values)

    def _begin(self, consumer: Consumer) -> int:
        asked = consumer.arguments.get("x-stream-offset", "next")
        time = time_of(asked, self.state.now)
        if time is not None:
            return self.log.since(time)
        if isinstance(asked, int):
            return asked
        return {"first": 0, "last": self.log.last()}.get(str(asked), self.log.next_offset)

    def remove_consumers(
        self, consumers: Iterable[Consumer], returned: Sequence[Enqueued] | None = None
    ) -> None:
        """Let `consumers` go; what they hold is nobody's loss."""
        for consumer in consumers:
            del self.consumers[consumer], self._cursors[consumer]
            self.rotation.remove(consumer)
        self._settle_lost(returned or ())

    # The end

    def end(self) -> list[Consumer]:
        """Drop everything; return the consumers there were."""
        self._cursors.clear()
        self.log.clear()
        return super().end()

    def restart(self) -> None:
        """Keep every message."""
        self.had_consumers = False


def _not_implemented(text: str) -> AmqpError:
    return AmqpError(ReplyCode.NOT_IMPLEMENTED, text)
