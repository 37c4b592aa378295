"""The rig's own way to the broker: publishing with confirms, asking for a queue's depth, a queue for replies."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker, NackError, UnroutableError

from warren.errors import BrokerUnavailable, UnroutedError, WarrenError
from warren.simulator.wire import BasicProperties, encode_properties
from warren.worlds.protocol import DIRECT_REPLY_TO, QueueDepth, ReceivedReply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pika.adapters.blocking_connection import BlockingChannel

    from warren.worlds.real.brokers import DeclaredQueue

_TIMEOUT = 10.0


class _Encoded(pika.BasicProperties):  # type: ignore[misc]  # pika has no types
    """Properties that are octets already: pika cannot write every type of a header's value."""

    def __init__(self, properties: BasicProperties) -> None:
        super().__init__()
        self._octets = encode_properties(properties)

    def encode(self) -> list[bytes]:
        """Give the octets."""
        return [self._octets]


class BrokerLink:
    """One connection straight to the broker, without the relay, for the thread of the case alone.

    Every call raises `BrokerUnavailable` where the broker has gone.
    """

    def __init__(self, url: str) -> None:
        """Connect; `url` names the case's vhost."""
        parameters = pika.URLParameters(url)
        parameters.heartbeat = 0
        parameters.socket_timeout = parameters.blocked_connection_timeout = _TIMEOUT
        parameters.client_properties = {"connection_name": "warren rig"}
        self._place = f"broker {parameters.host}:{parameters.port}"
        with self._open_broker():
            self._connection = pika.BlockingConnection(parameters)
        self._confirming: BlockingChannel | None = None
        self._asking: BlockingChannel | None = None
        self._direct: list[ReceivedReply] = []

    def publish(
        self, exchange: str, routing_key: str, body: bytes, properties: BasicProperties
    ) -> None:
        """Publish with confirm and mandatory; raise `WarrenError` where the message reached no queue.

        A direct reply is none of a queue's to RabbitMQ 3.10 and 4.0: they return a mandatory one, and deliver it.
        """
        with self._open_broker():
            if self._confirming is None or not self._confirming.is_open:
                self._confirming = self._connection.channel()
                self._confirming.confirm_delivery()
                self._direct.clear()
            if properties.reply_to == DIRECT_REPLY_TO and not self._confirming.consumer_tags:
                self._confirming.basic_consume(DIRECT_REPLY_TO, self._receive, auto_ack=True)
            is_direct_reply = not exchange and routing_key.startswith(f"{DIRECT_REPLY_TO}.")
            try:
                self._confirming.basic_publish(
                    exchange, routing_key, body, _Encoded(properties), mandatory=not is_direct_reply
                )
            except (UnroutableError, NackError, ChannelClosedByBroker) as error:
                raise UnroutedError(
                    f"the rig's message reached no queue ({type(error).__name__})",
                    where=f'exchange "{exchange}", routing key "{routing_key}"',
                    what_to_do="bind a queue to it with that key before the consumer is ready",
                ) from error

    def depth(self, queue: str) -> QueueDepth | None:
        """Ask with a passive declare, which the broker answers from the queue itself."""
        with self._open_broker():
            try:
                answer = self._channel().queue_declare(queue, passive=True).method
            except ChannelClosedByBroker:
                return None
        return QueueDepth(answer.message_count, answer.consumer_count)

    def make_queue_anew(self, asked: DeclaredQueue) -> None:
        """Delete a queue, and make it again as it was; raise `WarrenError` where that fails."""
        self.delete_queue(asked.name)
        self.make_queue(asked)

    def make_queue(self, asked: DeclaredQueue) -> None:
        """Make a queue as it was, bound; raise `WarrenError` where that fails."""
        with self._open_broker():
            try:
                channel = self._channel()
                channel.queue_declare(
                    asked.name,
                    durable=asked.durable,
                    auto_delete=asked.auto_delete,
                    arguments=asked.arguments,
                )
                for b in asked.bindings:
                    channel.queue_bind(asked.name, b.exchange, b.routing_key, b.arguments)
            except ChannelClosedByBroker as error:
                raise WarrenError(
                    f"the broker refused to make a queue anew ({error.reply_code} {error.reply_text})",
                    where=f'queue "{asked.name}"',
                    what_to_do="declare it durable, and not exclusive",
                ) from error

    def delete_queue(self, queue: str) -> None:
        """Delete a queue, if there is one."""
        with self._open_broker():
            self._channel().queue_delete(queue)

    def reply_queue(self) -> str:
        """Declare a server-named exclusive queue and give its name."""
        with self._open_broker():
            channel = self._connection.channel()
            return str(channel.queue_declare("", exclusive=True, auto_delete=True).method.queue)

    def take(self, queue: str) -> tuple[ReceivedReply, ...]:
        """Take all that is in a queue now."""
        taken: list[ReceivedReply] = []
        with self._open_broker():
            if queue == DIRECT_REPLY_TO:
                self._connection.process_data_events(time_limit=0)
                taken, self._direct = self._direct, taken
                return tuple(taken)
            while True:
                method, properties, body = self._channel().basic_get(queue, auto_ack=True)
                if method is None:
                    return tuple(taken)
                taken.append(ReceivedReply(properties.correlation_id or "", body))

    def ensure(self, exchange: str, queue: str, routing_key: str) -> None:
        """Declare a queue that is not there durable, and bind it."""
        with self._open_broker():
            if self.depth(queue) is None:
                channel = self._channel()
                channel.exchange_declare(exchange, "direct", durable=True)
                channel.queue_declare(queue, durable=True)
                channel.queue_bind(queue, exchange, routing_key)

    def consume_exclusively(self, queue: str) -> None:
        """Consume as the only one, and keep what comes."""
        with self._open_broker():
            channel = self._connection.channel()
            channel.basic_qos(prefetch_count=1)
            channel.basic_consume(queue, lambda *_: None, exclusive=True)

    def declare_exclusively(self, queue: str) -> None:
        """Declare a queue that no other connection may use, and that goes with this one."""
        with self._open_broker():
            self._connection.channel().queue_declare(queue, durable=True, exclusive=True)

    def _receive(
        self, _channel: object, _method: object, properties: pika.BasicProperties, body: bytes
    ) -> None:
        """Keep a direct reply until it is taken; it comes on the channel of its request."""
        self._direct.append(ReceivedReply(properties.correlation_id or "", body))

    def close(self) -> None:
        """Close the connection, whatever became of it."""
        with contextlib.suppress(AMQPError):
            self._connection.close()

    def _channel(self) -> BlockingChannel:
        if self._asking is None or not self._asking.is_open:
            self._asking = self._connection.channel()
        return self._asking

    @contextlib.contextmanager
    def _open_broker(self) -> Iterator[None]:
        try:
            yield
        except (AMQPError, OSError) as error:
            raise BrokerUnavailable(
                f"it ended the rig's own connection, or takes none ({type(error).__name__})",
                self._place,
                "check that it still runs, and look into its log",
            ) from error
