"""Defects of what takes the place of a message: a copy for a later try, or one that is put aside."""

import threading
from typing import Any

import pika
import sqlalchemy as sa
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import LinkLostError
from reference_impl.hardened.outage import is_outage
from reference_impl.hardened.publisher import send
from reference_impl.hardened.settlement import Settlement
from reference_impl.topology import DEAD_LETTER, declare_exchange

_PLACES = 8


class RejectsBeforeCopy(Settlement):
    """Rejects a message, and then publishes the copy that is to be kept: killed in between, it has neither."""

    def dead_letter(self, delivery: Delivery, reason: str) -> bool:
        """Reject, and put a copy aside."""

        def settle(channel: BlockingChannel) -> None:
            DEAD_LETTER.declare(channel)
            channel.basic_reject(delivery.tag, requeue=False)
            explanation = self._explain(delivery, reason)
            send(channel, DEAD_LETTER.exchange, "", delivery.body, explanation)

        return self._try(settle)


class KeepsTransientCopies(Settlement):
    """Puts a copy aside with delivery mode 1: a restart of the broker takes it."""

    def _explain(self, delivery: Delivery, reason: str) -> pika.BasicProperties:
        properties = super()._explain(delivery, reason)
        properties.delivery_mode = 1
        return properties


class KeepsForAWhile(Settlement):
    """Puts bad messages aside in a queue that drops each of them after a day."""

    def dead_letter(self, delivery: Delivery, reason: str) -> bool:
        """Declare what forgets, publish the copy there, and reject."""

        def settle(channel: BlockingChannel) -> None:
            declare_exchange(channel, DEAD_LETTER.exchange)
            day = {"x-message-ttl": 24 * 3600 * 1000}
            channel.queue_declare(DEAD_LETTER.queue, durable=True, arguments=day)
            channel.queue_bind(DEAD_LETTER.queue, DEAD_LETTER.exchange, routing_key="")
            explanation = self._explain(delivery, reason)
            send(channel, DEAD_LETTER.exchange, "", delivery.body, explanation)
            channel.basic_reject(delivery.tag, requeue=False)

        return self._try(settle)


class KeepsExpiringCopies(Settlement):
    """Puts a copy aside with all that its message had, and so with its expiration: it is gone when that is over."""

    def _explain(self, delivery: Delivery, reason: str) -> pika.BasicProperties:
        properties = super()._explain(delivery, reason)
        properties.expiration = delivery.properties.expiration
        return properties


class KeepsUnconfirmedCopies(Settlement):
    """Publishes the copy on a channel of its own, which is in no confirm mode, and takes it for arrived."""

    def dead_letter(self, delivery: Delivery, reason: str) -> bool:
        """Put a copy aside, and reject."""

        def settle(channel: BlockingChannel) -> None:
            if channel is not delivery.channel:
                raise LinkLostError("the delivery's channel is gone")
            plain = channel.connection.channel()
            DEAD_LETTER.declare(plain)
            explanation = self._explain(delivery, reason)
            plain.basic_publish(DEAD_LETTER.exchange, "", delivery.body, explanation)
            channel.basic_reject(delivery.tag, requeue=False)
            plain.close()

        return self._try(settle)


class RetriesAfterAck(Consumer):
    """Acks a message whose database is away, and then publishes it anew: killed in between, it has neither."""

    def attempt(self, delivery: Delivery) -> bool:
        """Handle a delivery; where its database is away, leave it to a copy that is tried later."""
        try:
            self.handler.handle(delivery)
        except sa.exc.SQLAlchemyError as error:
            if not is_outage(error):
                raise
        else:
            return True
        self.stop.wait(self.settings.second)
        channel = delivery.channel
        channel.connection.add_callback_threadsafe(lambda: self.replace(channel, delivery))
        return False

    def replace(self, channel: BlockingChannel, delivery: Delivery) -> None:
        """Settle the message and publish its copy, in the thread that the channel belongs to."""
        channel.basic_ack(delivery.tag)
        send(channel, self.route.exchange, "", delivery.body, delivery.properties)


class RetriesWithoutId(RetriesAfterAck):
    """Publishes a message whose database is away anew, and leaves out its message_id: its effect has no key."""

    def replace(self, channel: BlockingChannel, delivery: Delivery) -> None:
        """Publish what looks like the message, and settle that."""
        properties = pika.BasicProperties(
            content_type=delivery.properties.content_type, delivery_mode=2
        )
        send(channel, self.route.exchange, "", delivery.body, properties)
        channel.basic_ack(delivery.tag)


class KeepsPlaces(Consumer):
    """Has eight places for work, and does not give back that of a message whose ack failed."""

    def __init__(self, *pieces: Any) -> None:
        """Begin with all places free."""
        super().__init__(*pieces)
        self._places = threading.Semaphore(_PLACES)

    def execute(self, delivery: Delivery) -> None:
        """Take a place, and give it back when the message is settled."""
        self._places.acquire()
        settled = self.settled
        super().execute(delivery)
        if self.settled > settled:
            self._places.release()
