"""Defects of settlement: what is acked, rejected or put back, and when."""

import contextlib
import json
import os
import signal
import time
from typing import Any

from pika import spec
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import LinkLostError
from reference_impl.hardened.publisher import send
from reference_impl.hardened.settlement import Settlement
from reference_impl.messages import (
    MalformedError,
    MisshapenError,
    PipelineMessage,
    StreamMessage,
    decode,
)
from reference_impl.topology import DEAD_LETTER


class AcksBeforeWork(Consumer):
    """Acks a message and then works on it: a crash in between loses it."""

    def attempt(self, delivery: Delivery) -> bool:
        """Ack first; False, for nothing is left to ack afterwards."""
        self.settled += self.settlement.ack(delivery)
        super().attempt(delivery)
        return False


class Forgets(Consumer):
    """Acks a message and never works on it."""

    def attempt(self, delivery: Delivery) -> bool:
        """Count as done."""
        del delivery
        return True


class NeverAcks(Settlement):
    """Does the work and keeps the message for ever."""

    def ack(self, delivery: Delivery) -> bool:
        """Ack nothing."""
        del delivery
        return False


class NacksWithoutRequeue(Consumer):
    """At SIGTERM nacks the message in hand without requeue, and ends with status 0: the message is gone."""

    def __init__(self, *pieces: Any) -> None:
        """Replace the handler of the stop signal."""
        super().__init__(*pieces)
        self._in_hand: Delivery | None = None
        signal.signal(signal.SIGTERM, lambda _number, _frame: self._give_up())

    def attempt(self, delivery: Delivery) -> bool:
        """Work on a message that a stop takes away."""
        self._in_hand = delivery
        try:
            return super().attempt(delivery)
        finally:
            self._in_hand = None

    def _give_up(self) -> None:
        delivery = self._in_hand
        if delivery is None:
            os._exit(0)

        def drop() -> None:
            delivery.channel.basic_nack(delivery.tag, requeue=False)
            os._exit(0)

        delivery.channel.connection.add_callback_threadsafe(drop)


class RequeuesMalformed(Consumer):
    """Puts a body that is no JSON back on its queue, and gets it again, for ever."""

    poison: type[Exception] = MalformedError

    def attempt(self, delivery: Delivery) -> bool:
        """Requeue poison, after a pause that spares the machine."""
        try:
            return super().attempt(delivery)
        except self.poison:
            self.stop.wait(self.settings.second / 4)
            requeue(delivery)
            return False


class RequeuesMisshapen(RequeuesMalformed):
    """Puts JSON of another shape back on its queue, and gets it again, for ever."""

    poison = MisshapenError


class RequeuesEmpty(Consumer):
    """Puts a package of no texts back on its queue, and gets it again, for ever."""

    def attempt(self, delivery: Delivery) -> bool:
        """Requeue what has no texts."""
        if decode(StreamMessage, delivery.body).texts:
            return super().attempt(delivery)
        requeue(delivery)
        return False


class DropsRejected(Settlement):
    """Rejects without a copy in the dead-letter queue: a bad message is gone."""

    def dead_letter(self, delivery: Delivery, reason: str) -> bool:
        """Reject, and keep nothing."""
        del reason
        return self._try(lambda channel: channel.basic_reject(delivery.tag, requeue=False))


class KeepsNowhere(Settlement):
    """Publishes the copy of a bad message to a queue that does not exist: it is gone all the same."""

    def dead_letter(self, delivery: Delivery, reason: str) -> bool:
        """Publish where nothing takes it, and reject."""
        del reason

        def settle(channel: BlockingChannel) -> None:
            channel.basic_publish("", "no.such.queue", delivery.body)
            channel.basic_reject(delivery.tag, requeue=False)

        return self._try(settle)


class KeepsTheCopy(Settlement):
    """For a consumer whose messages are settled already: a bad one is only copied."""

    def dead_letter(self, delivery: Delivery, reason: str) -> bool:
        """Keep the copy."""

        def keep(channel: BlockingChannel) -> None:
            DEAD_LETTER.declare(channel)
            explanation = self._explain(delivery, reason)
            send(channel, DEAD_LETTER.exchange, "", delivery.body, explanation)

        return self._try(keep)


class SettlesNothing(KeepsTheCopy):
    """For a consumer that consumes without acks."""

    def ack(self, delivery: Delivery) -> bool:
        """Count as acked: to the broker it was, when it was sent."""
        del delivery
        return True


class DropsAtStop(Consumer):
    """When told to stop, nacks without requeue whatever comes while it finishes its message: that is gone."""

    def receive(
        self,
        channel: BlockingChannel,
        method: spec.Basic.Deliver,
        properties: spec.BasicProperties,
        body: bytes,
    ) -> None:
        """Drop what comes too late."""
        if self.stop.requested:
            channel.basic_nack(method.delivery_tag, requeue=False)
        else:
            super().receive(channel, method, properties, body)

    def cancel(self, channel: BlockingChannel) -> None:
        """Go on consuming."""

    def work(self) -> None:
        """Work until the stop, and a little longer, as who closes a pool of workers does."""
        super().work()
        time.sleep(self.settings.second)


class CrashesOnWrongTypes(Consumer):
    """Checks that its key is there, but not the type of the value: a wrong one ends it, and comes again."""

    def attempt(self, delivery: Delivery) -> bool:
        """End where the texts are no list."""
        with contextlib.suppress(ValueError):
            message = json.loads(delivery.body)
            if isinstance(message, dict) and not isinstance(message.get("texts", []), list):
                os._exit(1)
        return super().attempt(delivery)


class AcksOnAnyChannel(Settlement):
    """Acks by the tag on whatever channel is open; on a new channel that tag is another message's."""

    def ack(self, delivery: Delivery) -> bool:
        """Ack without a look at the channel."""
        return self._try(lambda channel: channel.basic_ack(delivery.tag))


class AcksOnTheConnection(Settlement):
    """Acks by the tag on whatever channel its connection has now; on a new one that tag is another message's."""

    def ack(self, delivery: Delivery) -> bool:
        """Ack without a look at the channel, as long as the connection is the delivery's."""

        def settle(channel: BlockingChannel) -> None:
            if channel.connection is not delivery.channel.connection:
                raise LinkLostError("the delivery's connection is gone")
            channel.basic_ack(delivery.tag)

        return self._try(settle)


class SettlesLastSteps(Settlement):
    """For a consumer of steps that has acked all but the last itself."""

    def ack(self, delivery: Delivery) -> bool:
        """Ack packages, and last steps."""
        try:
            step = decode(PipelineMessage, delivery.body)
        except MisshapenError:
            return super().ack(delivery)
        return step.index + 1 < len(step.texts) or super().ack(delivery)


def acknowledge(delivery: Delivery) -> None:
    """Ack at once, in the thread that the channel belongs to."""
    channel = delivery.channel
    channel.connection.add_callback_threadsafe(lambda: channel.basic_ack(delivery.tag))


def drop(delivery: Delivery) -> None:
    """Reject without requeue and without a copy, in the thread that the channel belongs to."""
    channel = delivery.channel
    channel.connection.add_callback_threadsafe(
        lambda: channel.basic_reject(delivery.tag, requeue=False)
    )


def requeue(delivery: Delivery) -> None:
    """Nack with requeue, in the thread that the channel belongs to."""
    channel = delivery.channel
    channel.connection.add_callback_threadsafe(
        lambda: channel.basic_nack(delivery.tag, requeue=True)
    )
