"""Publishing so that it is known to have arrived: confirms and `mandatory`."""

from functools import partial

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker, NackError
from pika.exceptions import UnroutableError as ReturnedError

from reference_impl.hardened.errors import TryAgainError, UnroutableError
from reference_impl.hardened.link import Link
from reference_impl.topology import declare_exchange

_NOT_FOUND = 404


class Publisher:
    """Publishes through a link; returns when the broker has the message in a queue."""

    def __init__(self, link: Link) -> None:
        """Publish through `link`."""
        self._link = link
        self._channel: BlockingChannel | None = None
        self._declared: set[str] = set()  # on that channel; used in the link's thread alone

    def publish(
        self,
        exchange: str,
        body: bytes,
        *,
        message_id: str | None = None,
        headers: dict[str, object] | None = None,
        timeout: float | None = None,
    ) -> None:
        """Publish a persistent message with the routing key "".

        The first publish to an exchange on a channel declares it.

        Raises:
            UnroutableError: no queue is bound to the exchange.
            TryAgainError: the broker refused the message.
            LinkLostError, BrokerAwayError: as `Link.call` has them.

        """
        properties = pika.BasicProperties(
            content_type="text/plain", delivery_mode=2, message_id=message_id, headers=headers
        )
        self._link.call(partial(self._declare_and_send, exchange, body, properties), timeout)

    def publish_to_queue(self, queue: str, body: bytes, properties: pika.BasicProperties) -> None:
        """Publish to a queue by its name, through the default exchange.

        Raises:
            UnroutableError: there is no such queue.
            TryAgainError, LinkLostError: as `publish` has them.

        """
        self._link.call(lambda channel: send(channel, "", queue, body, properties))

    def _declare_and_send(
        self, exchange: str, body: bytes, properties: pika.BasicProperties, channel: BlockingChannel
    ) -> None:
        self._declare(channel, exchange)
        send(channel, exchange, "", body, properties)

    def _declare(self, channel: BlockingChannel, exchange: str) -> None:
        """Declare the exchange once on each channel: the broker may have lost it between two."""
        if channel is not self._channel:
            self._channel, self._declared = channel, set()
        if exchange not in self._declared:
            declare_exchange(channel, exchange)
            self._declared.add(exchange)


def send(
    channel: BlockingChannel,
    exchange: str,
    routing_key: str,
    body: bytes,
    properties: pika.BasicProperties,
) -> None:
    """Publish on a channel in confirm mode, in the link's own thread.

    Raises:
        UnroutableError: returned, or there is no such exchange.
        TryAgainError: nacked.

    """
    try:
        channel.basic_publish(exchange, routing_key, body, properties, mandatory=True)
    except ReturnedError:
        raise UnroutableError(f"no queue takes {routing_key!r} from {exchange!r}") from None
    except NackError:
        raise TryAgainError(f"the broker refused a message for {exchange!r}") from None
    except ChannelClosedByBroker as error:
        if error.reply_code == _NOT_FOUND:
            raise UnroutableError(f"there is no exchange {exchange!r}") from None
        raise
