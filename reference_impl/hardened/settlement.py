"""Settling deliveries: ack what is done, put aside what can never be done."""

from collections.abc import Callable

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from reference_impl.hardened.delivery import COUNT, Delivery
from reference_impl.hardened.errors import LinkLostError, TryAgainError
from reference_impl.hardened.link import Link
from reference_impl.hardened.publisher import send
from reference_impl.topology import DEAD_LETTER, Route

_LONGEST_REASON = 1000  # characters; all headers must fit into one frame


class Settlement:
    """Settles the deliveries of one queue, each on the channel that it came through.

    Rejected messages go to the queue `warren.dead-letter` by our own publish, not by an argument
    of the queue: every peer declares that queue without arguments, and must find it so.
    """

    def __init__(self, link: Link, route: Route) -> None:
        """Settle deliveries that came through `link` from the queue of `route`."""
        self._link = link
        self._route = route

    def ack(self, delivery: Delivery) -> bool:
        """Acknowledge; False if the connection is gone and the message will come again."""

        def settle(channel: BlockingChannel) -> None:
            _same(channel, delivery)
            channel.basic_ack(delivery.tag)

        return self._try(settle)

    def dead_letter(self, delivery: Delivery, reason: str) -> bool:
        """Publish a copy to the dead-letter queue, confirmed, then reject without requeue.

        Returns:
            False if the connection is gone and the message will come again.

        Raises:
            TryAgainError: the broker did not take the copy; the message is not rejected.

        """

        def settle(channel: BlockingChannel) -> None:
            _same(channel, delivery)
            _declare_dead_letter(channel)
            send(channel, DEAD_LETTER.exchange, "", delivery.body, self._explain(delivery, reason))
            channel.basic_reject(delivery.tag, requeue=False)

        return self._try(settle)

    def _explain(self, delivery: Delivery, reason: str) -> pika.BasicProperties:
        """Keep the message's identity and headers; add the reason and the queue."""
        original = delivery.properties
        reason = reason[:_LONGEST_REASON]
        headers = {**(original.headers or {}), "reason": reason, "queue": self._route.queue}
        headers.pop(COUNT, None)  # whoever puts it back begins anew
        return pika.BasicProperties(
            content_type=original.content_type,
            delivery_mode=2,
            message_id=original.message_id,
            correlation_id=original.correlation_id,
            headers=headers,
        )

    def _try(self, settle: Callable[[BlockingChannel], None]) -> bool:
        try:
            self._link.call(settle)
        except LinkLostError:
            return False
        return True


def _declare_dead_letter(channel: BlockingChannel) -> None:
    """Declare on a channel of its own: a refusal closes that one, and the delivery stays in hand.

    RabbitMQ 4.3 refuses one of two first declarations that meet now and then (404).

    Raises:
        TryAgainError: it was refused.

    """
    own = channel.connection.channel()
    try:
        DEAD_LETTER.declare(own)
    except ChannelClosedByBroker as error:
        raise TryAgainError(f"{DEAD_LETTER.queue} was refused: {error!r}") from None
    own.close()


def _same(channel: BlockingChannel, delivery: Delivery) -> None:
    """Refuse to settle a delivery of another channel: its tag means another message there."""
    if channel is not delivery.channel:
        raise LinkLostError("the delivery's channel is gone; the broker delivers it again")
