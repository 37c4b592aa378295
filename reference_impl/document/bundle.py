"""RabbitMqBundle 2.17 as the document uses it: a connection, a consumer, a producer.

Its RPC server and client live in `rpc_server` and `rpc_client`.
"""

import enum
from collections.abc import Callable

import pika
from pika import spec
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.messages import MalformedError
from reference_impl.settings import Settings
from reference_impl.stop import Stop
from reference_impl.topology import Route, declare_exchange

_LOOK_FOR_STOP_SECONDS = 0.2


class Answer(enum.Enum):
    """What a callback wants done with its message (`ConsumerInterface`)."""

    ACK = "MSG_ACK"
    REJECT = "MSG_REJECT"


Callback = Callable[[bytes], Answer]


def connect(settings: Settings) -> pika.BlockingConnection:
    """Open the one connection of a service.

    Defect: there is no second attempt, now or later: a process ends with its connection.
    """
    parameters = pika.URLParameters(settings.amqp_url)
    parameters.heartbeat = settings.heartbeat
    return pika.BlockingConnection(parameters)


class Producer:
    """Publishes to one exchange, which it declares before its first message.

    Defect: nothing confirms a publish, and what no queue is bound for is dropped in silence.
    """

    def __init__(self, channel: BlockingChannel, exchange: str) -> None:
        """Publish on a channel that somebody else closes."""
        self._channel = channel
        self._exchange = exchange
        self._declared = False

    def publish(self, body: bytes) -> None:
        """Send a persistent message with the routing key ""."""
        if not self._declared:
            declare_exchange(self._channel, self._exchange)
            self._declared = True
        properties = pika.BasicProperties(content_type="text/plain", delivery_mode=2)
        self._channel.basic_publish(self._exchange, "", body, properties)


class Consumer:
    """`rabbitmq:consumer -m MAX_MESSAGES`: calls back for each message, then settles it.

    Defect: the callback runs where heartbeats are sent, so that none is while it works. Work
    longer than two to three heartbeats loses the connection; the broker delivers the message
    again, and the ack then fails: the process dies after the effect.
    """

    def __init__(self, settings: Settings, stop: Stop) -> None:
        """Consume as the settings say, until `stop`."""
        self._settings = settings
        self._stop = stop
        self._executed = 0

    def consume(self, channel: BlockingChannel, route: Route, callback: Callback) -> None:
        """Consume until stopped or until `max_messages` were executed.

        Raises:
            MisshapenError: a message crashed the callback and returns to the queue.
            pika.exceptions.AMQPError: the connection was lost.

        """

        def deliver(
            _channel: BlockingChannel,
            method: spec.Basic.Deliver,
            _properties: pika.BasicProperties,
            body: bytes,
        ) -> None:
            settle(channel, method.delivery_tag, _call(callback, body))
            self._executed += 1
            self._stop_when_done(channel)

        channel.basic_qos(prefetch_count=self._settings.prefetch)
        route.declare(channel)
        channel.basic_consume(route.queue, deliver)
        while channel.consumer_tags:
            channel.connection.process_data_events(time_limit=_LOOK_FOR_STOP_SECONDS)
            self._stop_when_done(channel)

    def _stop_when_done(self, channel: BlockingChannel) -> None:
        """Cancel the consumer; what was prefetched returns to the queue unexecuted."""
        if self._stop.requested or self._executed == self._settings.max_messages > 0:
            channel.stop_consuming()


def settle(channel: BlockingChannel, delivery_tag: int, answer: Answer) -> None:
    """Ack or reject a delivery.

    Defect: a rejected message is gone; there is no dead-letter exchange.
    """
    if answer is Answer.ACK:
        channel.basic_ack(delivery_tag)
    else:
        channel.basic_reject(delivery_tag, requeue=False)


def _call(callback: Callback, body: bytes) -> Answer:
    """Run the callback; only malformed JSON is rejected.

    Defect: a misshapen message is not. It crashes the process, returns to the queue and crashes
    the next one: a poison message.
    """
    try:
        return callback(body)
    except MalformedError as error:
        print(f"Incorrect message: {error}", flush=True)  # noqa: T201 - as the document does
        return Answer.REJECT
