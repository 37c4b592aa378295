"""Defects that show with more than one message in hand: what is settled beside the one that was worked on."""

from dataclasses import replace

from pika import spec
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.publisher import send
from reference_impl.hardened.settlement import Settlement
from reference_impl.topology import DEAD_LETTER


class AcksAllInHand(Settlement):
    """Acks tag 0 with `multiple`, which means all messages in hand, those too that were not worked on."""

    def ack(self, delivery: Delivery) -> bool:
        """Ack everything, on the delivery's own channel."""

        def settle(channel: BlockingChannel) -> None:
            if channel is delivery.channel:
                channel.basic_ack(0, multiple=True)

        return self._try(settle)


class RejectsAllInHand(Settlement):
    """Nacks tag 0 with `multiple` when one message is bad: all in hand go with it."""

    def dead_letter(self, delivery: Delivery, reason: str) -> bool:
        """Keep a copy of the bad one, and drop everything."""

        def settle(channel: BlockingChannel) -> None:
            if channel is delivery.channel:
                DEAD_LETTER.declare(channel)
                explanation = self._explain(delivery, reason)
                send(channel, DEAD_LETTER.exchange, "", delivery.body, explanation)
                channel.basic_nack(0, multiple=True, requeue=False)

        return self._try(settle)


class AcksMultiple(Settlement):
    """Acks with `multiple`: a message, and all before it."""

    def ack(self, delivery: Delivery) -> bool:
        """Ack up to the delivery, on its own channel."""

        def settle(channel: BlockingChannel) -> None:
            if channel is delivery.channel:
                channel.basic_ack(delivery.tag, multiple=True)

        return self._try(settle)


class AcksUpToTheNewest(Consumer):
    """Acks up to the newest message that it was given, where it has done the oldest (with `AcksMultiple`)."""

    _newest = 0

    def receive(
        self,
        channel: BlockingChannel,
        method: spec.Basic.Deliver,
        properties: spec.BasicProperties,
        body: bytes,
    ) -> None:
        """Note the tag."""
        self._newest = method.delivery_tag
        super().receive(channel, method, properties, body)

    def attempt(self, delivery: Delivery) -> bool:
        """Work, and ack; False, for nothing is left to ack afterwards."""
        if super().attempt(delivery):
            newest = replace(delivery, tag=self._newest)
            self.settled += self.settlement.ack(newest)
        return False


class DropsPrefetchedAtStop(Consumer):
    """When told to stop, nacks without requeue what it was given and has not begun: that is gone."""

    def work(self) -> None:
        """Work until the stop, and drop the rest."""
        while (delivery := self._deliveries.get()) is not None:
            if not self.stop.requested:
                if delivery.channel.is_open:
                    self.execute(delivery)
            elif not self.limit_reached():
                drop(delivery)
            if self.limit_reached():
                self.stop.request()


def drop(delivery: Delivery) -> None:
    """Nack without requeue, in the thread that the channel belongs to."""
    channel = delivery.channel
    channel.connection.add_callback_threadsafe(
        lambda: channel.basic_nack(delivery.tag, requeue=False)
    )
