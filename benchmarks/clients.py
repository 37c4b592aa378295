"""The pika clients of `benchmarks.broker`: each does one kind of work, a turn at a time.

A turn is `prepare(count)`, whose time does not count, then `play(count)`, whose time does. `play`
returns when the broker has done all of it, which a last passive declare shows. Which clients work
together, in which processes, and when, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any, Protocol

import pika

TIMEOUT = 60.0  # seconds that one turn may take


class Client(Protocol):
    """What works in turns."""

    def prepare(self, count: int) -> None:
        """Make ready for a turn of `count` operations."""

    def play(self, count: int) -> None:
        """Do them."""


def finish(channel: Any, queue: str) -> None:
    """Wait until the broker has taken all that was said on the channel before."""
    channel.queue_declare(queue, passive=True)


@dataclass
class Publisher:
    """Publishes without confirms, to each of the queues in turn; `purged` before every turn."""

    channel: Any
    queues: list[str]
    size: int
    exchange: str = ""
    purged: bool = False

    def __post_init__(self) -> None:
        """Begin with the first queue."""
        self._keys = cycle(self.queues)

    def prepare(self, _count: int) -> None:
        """Empty the queues."""
        if self.purged:
            for queue in self.queues:
                self.channel.queue_purge(queue)

    def play(self, count: int) -> None:
        """Publish `count` messages."""
        body = b"x" * self.size
        for key in islice(self._keys, count):
            self.channel.basic_publish(self.exchange, key, body)
        finish(self.channel, self.queues[0])


@dataclass
class Confirmer(Publisher):
    """Publishes one after another, each confirmed before the next."""

    def __post_init__(self) -> None:
        """Ask for confirms."""
        super().__post_init__()
        self.channel.confirm_delivery()


PERSISTENT = pika.BasicProperties(delivery_mode=2)


@dataclass
class Keeper(Publisher):
    """Publishes persistent messages, each confirmed before the next."""

    def __post_init__(self) -> None:
        """Ask for confirms."""
        super().__post_init__()
        self.channel.confirm_delivery()

    def play(self, count: int) -> None:
        """Publish `count` messages."""
        body = b"x" * self.size
        for key in islice(self._keys, count):
            self.channel.basic_publish(self.exchange, key, body, PERSISTENT)


@dataclass
class Hoarder(Publisher):
    """Publishes persistent messages, and waits for all their confirms at the end of its turn."""

    _confirmed: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Ask for confirms, which pika's blocking channel would wait for one by one."""
        super().__post_init__()
        self._published = 0
        self.channel._impl.confirm_delivery(self._on_confirm)  # noqa: SLF001
        finish(self.channel, self.queues[0])

    def play(self, count: int) -> None:
        """Publish `count` messages."""
        body = b"x" * self.size
        for key in islice(self._keys, count):
            self.channel._impl.basic_publish(self.exchange, key, body, PERSISTENT)  # noqa: SLF001
        self._published += count
        self.channel.connection._flush_output(  # noqa: SLF001 - as its own confirms are waited for
            lambda: self._confirmed >= self._published
        )

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        assert isinstance(method, pika.spec.Basic.Ack), method
        self._confirmed = method.delivery_tag if method.multiple else self._confirmed + 1


@dataclass
class Subscriber:
    """Consumes and acknowledges what others publish: `copies` messages for each of theirs.

    What comes beyond that, from a backlog, it leaves unacked until its next turn: pika goes on as long
    as messages come, and would take the whole backlog in one turn.
    """

    channel: Any
    queues: list[str]
    prefetch: int = 100
    copies: int = 1
    _due: int = field(default=0, init=False)
    _seen: int = field(default=0, init=False)
    _unacked: list[int] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Consume from now on."""
        self.channel.basic_qos(prefetch_count=self.prefetch)
        self.subscribe()

    def subscribe(self) -> None:
        """Consume from all queues."""
        for queue in self.queues:
            self.channel.basic_consume(queue, self._on_message)

    def prepare(self, count: int) -> None:
        """Count from nothing."""
        self._due, self._seen = count * self.copies, 0
        for tag in self._unacked:
            self.channel.basic_ack(tag)
        self._unacked.clear()

    def play(self, _count: int) -> None:
        """Wait until all have come."""
        while self._seen < self._due:
            self.channel.connection.process_data_events(time_limit=TIMEOUT)
        finish(self.channel, self.queues[0])

    def _on_message(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        self._seen += 1
        self.answer(properties, body)
        if self._seen <= self._due:
            channel.basic_ack(method.delivery_tag)
        else:
            self._unacked.append(method.delivery_tag)

    def answer(self, properties: Any, body: bytes) -> None:
        """Do with a message what has to be done before its ack: nothing."""


@dataclass
class Drainer(Subscriber):
    """Consumes and acknowledges what waits in its queue when its turn begins."""

    size: int = 0

    def __post_init__(self) -> None:
        """Do not consume yet."""
        self.channel.basic_qos(prefetch_count=self.prefetch)

    def prepare(self, count: int) -> None:
        """Fill the queue."""
        super().prepare(count)
        Publisher(self.channel, self.queues, self.size).play(count)

    def play(self, count: int) -> None:
        """Consume, until the queue is empty."""
        self.subscribe()
        super().play(count)
        for tag in list(self.channel.consumer_tags):
            self.channel.basic_cancel(tag)


@dataclass
class Replier(Subscriber):
    """Answers requests: a reply, then the ack."""

    prefetch: int = 1

    def answer(self, properties: Any, body: bytes) -> None:
        """Send the body back."""
        correlated = pika.BasicProperties(correlation_id=properties.correlation_id)
        self.channel.basic_publish("", properties.reply_to, body, correlated)


@dataclass
class Caller:
    """Asks, one request after another, each answered before the next."""

    channel: Any
    queue: str
    size: int

    def __post_init__(self) -> None:
        """Make a callback queue."""
        self._callback = self.channel.queue_declare("", exclusive=True).method.queue
        self._replies = self.channel.consume(self._callback, auto_ack=True)

    def prepare(self, _count: int) -> None:
        """Nothing is needed."""

    def play(self, count: int) -> None:
        """Ask `count` times."""
        body = b"x" * self.size
        for number in range(count):
            asked = pika.BasicProperties(reply_to=self._callback, correlation_id=str(number))
            self.channel.basic_publish("", self.queue, body, asked)
            next(self._replies)
