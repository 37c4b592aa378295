"""Stand-ins for the broker's side: what was asked of it, remembered."""

import queue
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pika
from pika.exceptions import AMQPConnectionError

from reference_impl.hardened.delivery import Delivery


class Channel:
    """A channel that remembers what was done on it."""

    def __init__(self, failure: Exception | None = None) -> None:
        """Fail every publish with `failure`, if there is one."""
        self.done: list[tuple[Any, ...]] = []
        self.published: list[tuple[str, str, bytes, pika.BasicProperties]] = []
        self.failure = failure
        self.is_open = True

    @property
    def connection(self) -> "Connection":
        """Give a connection whose next channel is another one."""
        return Connection(self.beside(), queue.SimpleQueue())

    def beside(self) -> "Channel":
        """Give the channel that is opened beside this one."""
        return Channel()

    def basic_ack(self, tag: int) -> None:
        """Remember an ack."""
        self.done.append(("ack", tag))

    def basic_reject(self, tag: int, requeue: bool) -> None:
        """Remember a reject."""
        self.done.append(("reject", tag, requeue))

    def basic_publish(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        properties: pika.BasicProperties,
        mandatory: bool,
    ) -> None:
        """Remember a message, or fail."""
        assert mandatory
        if self.failure is not None:
            raise self.failure
        self.published.append((exchange, routing_key, body, properties))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Remember declarations and the like."""
        return lambda *arguments, **_named: self.done.append((name, *arguments))


class Link:
    """A link whose calls happen at once, on one channel."""

    def __init__(self, channel: Channel) -> None:
        """Call on `channel`."""
        self.channel = channel

    def call(self, function: Callable[[Any], Any], timeout: float | None = None) -> Any:
        """Call now; there is nothing to wait for."""
        del timeout
        return function(self.channel)


class Broker:
    """A broker that lets in once and is then away: stands in for `pika.BlockingConnection`."""

    def __init__(self) -> None:
        """Wait for the one connection."""
        self.channel = Channel()
        self._events: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._was_here = False

    def __call__(self, _parameters: pika.ConnectionParameters) -> "Connection":
        """Let in, or refuse."""
        if self._was_here:
            raise AMQPConnectionError("refused")
        self._was_here = True
        return Connection(self.channel, self._events)

    def leave(self) -> None:
        """Cut the connection."""
        self.channel.is_open = False
        self._events.put(None)


@dataclass
class Connection:
    """What a `Link` asks of its connection."""

    _channel: Channel
    _events: "queue.SimpleQueue[Callable[[], None] | None]"
    is_open: bool = True

    def channel(self) -> Channel:
        """Open the one channel."""
        return self._channel

    def add_callback_threadsafe(self, callback: Callable[[], None]) -> None:
        """Call in the connection's thread."""
        self._events.put(callback)

    def process_data_events(self, time_limit: float | None) -> None:
        """Wait for one event, 10 s at most."""
        assert time_limit is None
        event = self._events.get(timeout=10)
        if event is None:
            self.is_open = self._channel.is_open = False
            raise AMQPConnectionError("cut")
        event()

    def close(self) -> None:
        """Close in good order."""
        self.is_open = self._channel.is_open = False


@dataclass
class Publisher:
    """A publisher that remembers bodies, identities and headers."""

    published: list[tuple[str, str | None, dict[str, object] | None]] = field(default_factory=list)
    replies: list[tuple[str, bytes, str | None]] = field(default_factory=list)

    def publish(
        self,
        exchange: str,
        body: bytes,
        *,
        message_id: str | None = None,
        headers: dict[str, object] | None = None,
    ) -> None:
        """Remember a part."""
        assert exchange == "old_sound_rabbit_mq.part"
        self.published.append((body.decode(), message_id, headers))

    def publish_to_queue(self, queue: str, body: bytes, properties: pika.BasicProperties) -> None:
        """Remember a reply."""
        self.replies.append((queue, body, properties.correlation_id))


def delivery(
    body: str, channel: Any = None, *, tag: int = 1, message_id: str | None = "m", **properties: Any
) -> Delivery:
    """Make a delivery."""
    return Delivery(
        channel or Channel(),
        tag,
        False,
        pika.BasicProperties(message_id=message_id, **properties),
        body.encode(),
    )
