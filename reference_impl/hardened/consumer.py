"""Consuming: the link's thread receives, one worker thread works and settles."""

import logging
import queue
from collections.abc import Callable
from typing import Protocol

import sqlalchemy as sa
from pika import spec
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.hardened.backoff import Backoff
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import LinkLostError, RejectedError, TryAgainError
from reference_impl.hardened.outage import is_outage
from reference_impl.hardened.settlement import Settlement
from reference_impl.messages import MalformedError, MisshapenError
from reference_impl.settings import Settings
from reference_impl.stop import Stop
from reference_impl.topology import Route

_log = logging.getLogger(__name__)

_MOST_LOSSES = 10
"""Losses of its consumer after which a message is put aside: a quorum queue drops it after twenty."""


class Handler(Protocol):
    """What a role does with a delivery; its effect is complete when `handle` returns."""

    def handle(self, delivery: Delivery) -> None:
        """Do the work.

        Raises:
            RejectedError, MalformedError, MisshapenError: it can never be done.
            TryAgainError, an error of the database that `is_outage`: it may be done later.
            LinkLostError: the delivery is no longer ours.

        """


class Consumer:
    """Takes deliveries from a queue to a handler, one at a time, and settles each when it is done."""

    def __init__(
        self,
        settings: Settings,
        stop: Stop,
        route: Route,
        handler: Handler,
        settlement: Settlement,
    ) -> None:
        """Consume the queue of `route` until `stop`."""
        self.settings = settings
        self.stop = stop
        self.route = route
        self.handler = handler
        self.settlement = settlement
        self.settled = 0
        self._deliveries: queue.SimpleQueue[Delivery | None] = queue.SimpleQueue()

    def start(self, channel: BlockingChannel) -> None:
        """Declare, set the prefetch and consume, on every new channel."""
        self.route.declare(channel)
        self.qos(channel)
        channel.add_on_cancel_callback(lambda _method: self.cancelled(channel))
        channel.basic_consume(self.route.queue, self.receive)

    def cancelled(self, channel: BlockingChannel) -> None:
        """Close the channel of a consumer that the broker cancelled, as when its queue went: a new one begins anew."""
        channel.close()

    def qos(self, channel: BlockingChannel) -> None:
        """Ask for at most `prefetch` unacked deliveries."""
        channel.basic_qos(prefetch_count=self.settings.prefetch)

    def receive(
        self,
        channel: BlockingChannel,
        method: spec.Basic.Deliver,
        properties: spec.BasicProperties,
        body: bytes,
    ) -> None:
        """Take a delivery in the link's thread and leave it to the worker."""
        self._deliveries.put(
            Delivery(channel, method.delivery_tag, method.redelivered, properties, body)
        )

    def cancel(self, channel: BlockingChannel) -> None:
        """Stop deliveries; those that were not begun return when the channel closes."""
        channel.stop_consuming()

    def work(self) -> None:
        """Execute deliveries in the worker's thread until `finish`, a stop or the bound."""
        while (delivery := self._deliveries.get()) is not None and not self.stop.requested:
            if delivery.channel.is_open:
                self.execute(delivery)
            if self.limit_reached():
                self.stop.request()

    def finish(self) -> None:
        """Wake the worker, so that an idle one ends too."""
        self._deliveries.put(None)

    def execute(self, delivery: Delivery) -> None:
        """Work, then settle: ack what is done, dead-letter what can never be done."""
        try:
            self.check(delivery)
            done = self.attempt(delivery)
        except (RejectedError, MalformedError, MisshapenError) as error:
            self.reject(delivery, str(error))
        except LinkLostError as error:
            _log.warning("left to its redelivery: %s", error)
        except Exception as error:  # noqa: BLE001 - one message must not end the consumer
            _log.exception("a message failed in a way nobody foresaw")
            self.reject(delivery, repr(error))
        else:
            if done:
                self.settled += self.settlement.ack(delivery)

    def check(self, delivery: Delivery) -> None:
        """Refuse what too many processes have died with, or beside: which of the two nobody can tell."""
        if delivery.losses >= _MOST_LOSSES:
            raise RejectedError(f"it was in hand at the end of {delivery.losses} consumers")

    def reject(self, delivery: Delivery, reason: str) -> None:
        """Put a message aside with its reason; try again for as long as the broker refuses the copy."""
        _log.warning("message to %s: %s", self.route.queue, reason)

        def put_aside() -> None:
            self.settled += self.settlement.dead_letter(delivery, reason)

        self.persist(put_aside)

    def attempt(self, delivery: Delivery) -> bool:
        """Handle a delivery, again until it succeeds; False if we were stopped first."""
        return self.persist(lambda: self.handler.handle(delivery))

    def persist(self, act: Callable[[], None]) -> bool:
        """Act, and again with backoff while another try may help; False if we were stopped first."""
        backoff = Backoff(self.settings.second)
        while True:
            try:
                act()
            except (TryAgainError, sa.exc.SQLAlchemyError) as error:
                if isinstance(error, sa.exc.SQLAlchemyError) and not is_outage(error):
                    raise
                _log.warning("trying again: %s", error)
            else:
                return True
            if self.stop.wait(backoff.next()):
                return False

    def limit_reached(self) -> bool:
        """Tell whether `max_messages` were settled."""
        return self.settled >= self.settings.max_messages > 0
