"""What a rig asks of the broker of its case: to publish, to look at queues, to keep others away, to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from warren.errors import FaultUnsupported
from warren.simulator.wire import BasicProperties
from warren.worlds.protocol import LateAck
from warren.worlds.real.broker_link import BrokerLink

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.workloads import Route
    from warren.worlds.protocol import QueueDepth, ReceivedReply
    from warren.worlds.real.brokers import DeclaredQueue
    from warren.worlds.real.place import Place


_QUORUM_ALONE: Final = (4, 3)
"""The first release whose classic queues have no acknowledgement time-out."""


class BrokerOfCase:
    """The broker's part of a real world, on connections of the rig's own that no relay stands on."""

    def __init__(self, place: Place) -> None:
        """Connect when something is asked first."""
        self._place = place
        self._link: BrokerLink | None = None
        self._exclusive: list[BrokerLink] = []

    def publish(self, route: Route, body: bytes, properties: BasicProperties) -> None:
        """Publish with a confirm; raise `WarrenError` where the message reached no queue."""
        self._broker_link().publish(route.exchange, route.routing_key, body, properties)

    def reply(self, queue: str, body: bytes, correlation_id: str) -> None:
        """Answer somebody else's request, on its reply queue; raise `WarrenError` where there is none."""
        properties = BasicProperties(content_type="text/plain", correlation_id=correlation_id)
        self._broker_link().publish("", queue, body, properties)

    def queue(self, name: str) -> QueueDepth | None:
        """Ask the broker now; None where there is no such queue."""
        return self._broker_link().depth(name)

    def queues(self) -> tuple[str, ...]:
        """Name all queues that there are now, also those that are not for work."""
        return tuple(queue.name for queue in self._place.management.queues(self._place.vhost))

    def make_queue_anew(self, route: Route) -> None:
        """Delete the queue of a route with all that is in it, and make it again, empty and bound."""
        asked = self._place.management.declaration(self._place.vhost, route.queue)
        self._broker_link().make_queue_anew(asked)

    def delete_queue(self, route: Route) -> None:
        """Delete the queue of a route with all that is in it."""
        self._broker_link().delete_queue(route.queue)

    def take_queue_away(self, name: str) -> Callable[[], None]:
        """Delete a queue, and remember how it was declared."""
        asked = self._place.management.declaration(self._place.vhost, name)
        self._broker_link().delete_queue(name)
        return lambda: self._broker_link().make_queue(asked)

    def queue_type(self, name: str) -> str:
        """Give the type that a queue was declared with, or was given by its vhost."""
        return _type_of(self._place.management.declaration(self._place.vhost, name))

    def reply_queue(self) -> str:
        """Declare a queue of the rig's own for replies and give its name."""
        return self._broker_link().reply_queue()

    def replies(self, queue: str) -> tuple[ReceivedReply, ...]:
        """Take what has come to a reply queue since the last call."""
        return self._broker_link().take(queue)

    def exclusive_consumer(self, route: Route) -> BrokerLink:
        """Declare a route and consume exclusively from its queue, on a connection apart."""
        link = self._exclusive_link()
        link.ensure(route.exchange, route.queue, route.routing_key)
        asked = self._place.management.declaration(self._place.vhost, route.queue)
        kind = _type_of(asked)
        if asked.arguments.get("x-single-active-consumer"):
            kind = "single active consumer"
        if kind != "classic":
            raise FaultUnsupported(
                f"a {kind} queue has no exclusive consumers", where=f"queue {route.queue}"
            )
        link.consume_exclusively(route.queue)
        return link

    def exclusive_queue(self, route: Route) -> BrokerLink:
        """Declare the queue of a route exclusively, on a connection apart."""
        link = self._exclusive_link()
        link.declare_exclusively(route.queue)
        return link

    def bar_connections(self, is_barred: bool) -> None:
        """Have the broker refuse further connections to the case's vhost (530), or no more."""
        if is_barred:
            self._broker_link()  # the rig's own is there before
            self._place.management.bar(self._place.vhost)
        else:
            self._place.management.unbar(self._place.vhost)

    def restart_broker(self) -> None:
        """Restart the case's broker; raise `WarrenError` where this broker is not ours to restart."""
        self._close_link()
        self._place.restart()

    @property
    def late_ack(self) -> LateAck:
        """Tell by its version."""
        version = tuple(map(int, self._place.broker.version.split(".")[:2]))
        return LateAck.CANCELS_CONSUMER if version >= _QUORUM_ALONE else LateAck.CLOSES_CHANNEL

    def set_ack_timeout(self, seconds: float | None) -> None:
        """Tell the case's broker how long it waits for acks; raise `WarrenError` where it is not ours."""
        self._place.set_ack_timeout(seconds)

    def set_memory_alarm(self, is_on: bool) -> None:
        """Have the case's broker be short of memory; raise `WarrenError` where it is not ours."""
        self._place.set_memory_alarm(is_on)

    def _broker_link(self) -> BrokerLink:
        if self._link is None:
            self._link = BrokerLink(self._place.broker.amqp_url(self._place.vhost))
        return self._link

    def _exclusive_link(self) -> BrokerLink:
        self._exclusive.append(BrokerLink(self._place.broker.amqp_url(self._place.vhost)))
        return self._exclusive[-1]

    def _close_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()


def _type_of(queue: DeclaredQueue) -> str:
    return str(queue.arguments.get("x-queue-type", "classic"))
