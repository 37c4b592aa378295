"""Defects of poison: what becomes of well-formed work that always fails."""

import threading
from abc import abstractmethod
from typing import Any

from pika.adapters.blocking_connection import BlockingChannel

from implementations.faulty.settling import requeue
from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import LinkLostError, RejectedError
from reference_impl.hardened.publisher import send
from reference_impl.messages import MalformedError, MisshapenError

_PLACES = 10
FORESEEN = (LinkLostError, MalformedError, MisshapenError, RejectedError)
"""What a consumer knows how to end; all else is poison."""


class Failing(Consumer):
    """Has its own way with what fails."""

    def attempt(self, delivery: Delivery) -> bool:
        """Work on it; ask `failed` where that fails."""
        try:
            return super().attempt(delivery)
        except FORESEEN:
            raise
        except Exception:  # noqa: BLE001 - whatever it was
            return self.failed(delivery)

    @abstractmethod
    def failed(self, delivery: Delivery) -> bool:
        """Whether it is to be acked."""


class RequeuesPoison(Failing):
    """Puts a message that failed back on its queue at once, and gets it again, for ever."""

    def failed(self, delivery: Delivery) -> bool:
        """Requeue it."""
        requeue(delivery)
        return False


class DropsPoison(Failing):
    """Acks a message in any case, also where its work failed."""

    def failed(self, delivery: Delivery) -> bool:  # noqa: ARG002 - whatever failed
        """Take it for done."""
        return True


class IgnoresLosses(Consumer):
    """Tries a message again however many processes have ended with it, until its queue drops it and all beside it."""

    def check(self, delivery: Delivery) -> None:
        """Refuse nothing."""


class HoldsPoison(Consumer):
    """Tries a message that failed again and again, and lets nobody by."""

    def attempt(self, delivery: Delivery) -> bool:
        """Try until it succeeds; False if we were stopped first."""
        while True:
            try:
                return super().attempt(delivery)
            except FORESEEN:
                raise
            except Exception:  # noqa: BLE001 - the defect: whatever it was
                if self.stop.wait(self.settings.second):
                    return False


class PostponesPoison(Failing):
    """Leaves a message that failed to a queue for later tries, which hands it back to its own, for ever."""

    def failed(self, delivery: Delivery) -> bool:
        """Put it off."""
        channel = delivery.channel
        channel.connection.add_callback_threadsafe(lambda: self.put_off(channel, delivery))
        return False

    def put_off(self, channel: BlockingChannel, delivery: Delivery) -> None:
        """Publish a copy to the queue for later, and ack, in the thread that the channel belongs to."""
        later = f"{self.route.queue}.later"
        channel.queue_declare(later, durable=True, arguments=self.handed_back(delivery))
        send(channel, "", later, delivery.body, delivery.properties)
        channel.basic_ack(delivery.tag)

    def handed_back(self, delivery: Delivery) -> dict[str, Any]:  # noqa: ARG002 - all are handed back alike
        """Name the arguments of a queue that hands its messages back after six of the document's seconds."""
        return {
            "x-message-ttl": int(6000 * self.settings.second),
            "x-dead-letter-exchange": self.route.exchange,
            "x-dead-letter-routing-key": "",
        }


class PostponesSingly(PostponesPoison):
    """As `PostponesPoison`, but for who says for how long: each message for itself, and not their queue."""

    def handed_back(self, delivery: Delivery) -> dict[str, Any]:
        """Have the copy expire by itself."""
        arguments = super().handed_back(delivery)
        delivery.properties.expiration = str(arguments.pop("x-message-ttl"))
        return arguments


class RunsOutOfPlaces(Consumer):
    """Has ten places for work, and does not give back that of work which failed."""

    def __init__(self, *pieces: Any) -> None:
        """Begin with all places free."""
        super().__init__(*pieces)
        self._places = threading.Semaphore(_PLACES)

    def attempt(self, delivery: Delivery) -> bool:
        """Take a place, and give it back when the work is done."""
        self._places.acquire()
        is_done = super().attempt(delivery)
        self._places.release()
        return is_done


class BacksOffInPlace(Consumer):
    """Tries a message that failed five times more, with pauses of 1 to 16 s, and then puts it aside: no defect."""

    def attempt(self, delivery: Delivery) -> bool:
        """Try again in place, for half a minute; False if we were stopped first."""
        for pause in (1, 2, 4, 8, 16):
            try:
                return super().attempt(delivery)
            except FORESEEN:
                raise
            except Exception:  # noqa: BLE001 - whatever it was
                if self.stop.wait(pause):
                    return False
        return super().attempt(delivery)
