"""Defects of declarations: what does not outlive a restart of the broker, or its last consumer."""

from typing import Any, ClassVar

from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.publisher import send
from reference_impl.hardened.settlement import Settlement
from reference_impl.topology import DEAD_LETTER, declare_exchange


class DeclaresTransientQueue(Consumer):
    """Declares its queue not durable: a restart of the broker takes it, and all that waits in it."""

    def start(self, channel: BlockingChannel) -> None:
        """Declare what does not last, and consume."""
        declare_exchange(channel, self.route.exchange)
        channel.queue_declare(self.route.queue, durable=False)
        channel.queue_bind(self.route.queue, self.route.exchange, routing_key="")
        self.qos(channel)
        channel.add_on_cancel_callback(lambda _method: self.cancelled(channel))
        channel.basic_consume(self.route.queue, self.receive)


class DeclaresOnce(Consumer):
    """Declares its queue at the start alone: one that has gone stays away, and nobody consumes from it."""

    _is_declared = False

    def start(self, channel: BlockingChannel) -> None:
        """Declare the first time, and consume."""
        if not self._is_declared:
            self.route.declare(channel)
        self._is_declared = True
        self.qos(channel)
        channel.add_on_cancel_callback(lambda _method: self.cancelled(channel))
        channel.basic_consume(self.route.queue, self.receive)


class DeclaresAnewTransient(DeclaresOnce):
    """Looks whether its queue is still there, and where it has gone makes another with the library's defaults."""

    def start(self, channel: BlockingChannel) -> None:
        """Declare as it should the first time, and with nothing but a name later."""
        if self._is_declared:
            own = channel.connection.channel()
            try:
                own.queue_declare(self.route.queue, passive=True)
            except ChannelClosedByBroker:
                channel.queue_declare(self.route.queue)
                channel.queue_bind(self.route.queue, self.route.exchange, routing_key="")
        super().start(channel)


class ParksInAutoDelete(Settlement):
    """Puts bad messages aside in an auto-delete queue: who has looked at them through a consumer has deleted them."""

    auto_delete: ClassVar[bool] = True
    arguments: ClassVar[dict[str, Any]] = {}

    def dead_letter(self, delivery: Delivery, reason: str) -> bool:
        """Declare what goes with its first consumer, publish the copy there, and reject."""

        def settle(channel: BlockingChannel) -> None:
            declare_exchange(channel, DEAD_LETTER.exchange)
            channel.queue_declare(
                DEAD_LETTER.queue,
                durable=True,
                auto_delete=self.auto_delete,
                arguments=self.arguments,
            )
            channel.queue_bind(DEAD_LETTER.queue, DEAD_LETTER.exchange, routing_key="")
            explanation = self._explain(delivery, reason)
            send(channel, DEAD_LETTER.exchange, "", delivery.body, explanation)
            channel.basic_reject(delivery.tag, requeue=False)

        return self._try(settle)


class ParksInExpiring(ParksInAutoDelete):
    """Puts bad messages aside in a queue that goes, with them, when nobody has looked for a week."""

    auto_delete = False
    arguments: ClassVar[dict[str, Any]] = {"x-expires": 7 * 24 * 3600 * 1000}
