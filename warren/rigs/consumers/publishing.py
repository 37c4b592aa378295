"""Publishing, as a case does it: units of work, and whatever else somebody might send."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from warren.evidence.record import Sent
from warren.rigs.consumers.shapes import as_it_is
from warren.worlds.protocol import DIRECT_REPLY_TO

if TYPE_CHECKING:
    from warren.rigs.consumers.seen import Seen
    from warren.rigs.consumers.shapes import Shape
    from warren.rigs.deadlines import Tempo
    from warren.simulator.wire import BasicProperties
    from warren.workloads import Poison, Role, Unit, Workload
    from warren.worlds.protocol import World

_SMALL: Final = 100
"""Octets of a body that is small, and has room for what makes it no other's."""


class Publishing:
    """Publishes without an instance in between; each publish is confirmed when it returns."""

    def __init__(
        self,
        world: World,
        workload: Workload,
        tempo: Tempo,
        units: list[Unit],
        seen: Seen,
    ) -> None:
        """Note in `units` what is to leave an effect, and have `seen` know by what it can be told."""
        self._world, self._workload, self._tempo = world, workload, tempo
        self._units, self._seen, self._stretch = units, seen, 0.0
        self._replies: dict[str, list[bytes]] = {}
        self.sent: list[Sent] = []
        """All that was published here, as a record wants it."""
        self.by_order: list[str] = []
        """The ids of units of work that stand nowhere in their message: it is known by its order alone."""
        self.reply_queue = ""
        """The queue for the replies to what was published here; "" until it is needed."""

    def work(self, size: int = 3) -> Unit:
        """Publish one unit of the design's work, of that size where it has sizes."""
        return self.send(self._workload.make(size, len(self._units), self._world))

    def make_unique(self, size: int) -> Unit:
        """Make a unit of work whose body is no other's, to be published later by `send`."""
        return self._workload.make_unique(size, self._world)

    def send(self, unit: Unit, shape: Shape = as_it_is) -> Unit:
        """Publish a unit of work that was made before."""
        self._units.append(unit)
        self._stretch_work(unit.size)
        self._publish(self._workload.entry, unit.body, unit.id, shape)
        shaped = shape(self._workload.properties(unit.id))
        key = self._workload.route(self._workload.entry, unit.id).routing_key
        if self._seen.of_work.is_known_by_order(unit.id, unit.body, shaped, key):
            self.by_order.append(unit.id)
        return unit

    def sized(self, octets: int = _SMALL, shape: Shape = as_it_is) -> Unit:
        """Publish the smallest unit of work in a shape; its body has so many octets, and is no other's."""
        return self.send(self._workload.fill(octets, self._world), shape)

    def at_most(self, octets: int) -> int:
        """Give so many octets for a body, or as many as the database has room for in its rows."""
        row = self._world.longest_message()
        longest = None if row is None else self._workload.longest_body(row)
        return octets if longest is None else min(octets, longest)

    def body(self, body: bytes) -> Unit:
        """Publish a unit of work whose bytes matter."""
        return self.send(self._workload.read(body, self._world.new_id()))

    def poison(self) -> Poison:
        """Publish well-formed work that can never be done."""
        poison = self._workload.poison(self._world)
        self._publish(self._workload.entry, poison.body, poison.message_id, as_it_is)
        return poison

    def raw(self, body: bytes, role: Role | None = None, shape: Shape = as_it_is) -> str:
        """Publish any bytes to the queue of a role (the workload's entry by default); give the message-id."""
        # Such a body has no id in it: it is known by all of it.
        self._seen.of_work.know_body(body)
        properties = self._publish(role or self._workload.entry, body, self._world.new_id(), shape)
        return properties.message_id or body.decode("utf-8", "replace")

    def adopt(self, *units: Unit) -> None:
        """Take in units of work that an instance has published: their effects are owed from now on."""
        self._units.extend(units)

    def reply(self, queue: str, body: bytes, correlation_id: str) -> None:
        """Answer a request of somebody else."""
        self.sent.append(Sent(self._world.now(), "", queue, "", body))
        self._world.reply(queue, body, correlation_id)

    def replies_to(self, correlation_id: str) -> list[bytes]:
        """Give the replies that came to what was published here with that correlation id, which is its message-id."""
        for queue in (self._own_reply_queue(), DIRECT_REPLY_TO):
            for reply in self._world.replies(queue):
                self._replies.setdefault(reply.correlation_id, []).append(reply.body)
        return self._replies.get(correlation_id, [])

    def _publish(self, role: Role, body: bytes, unit_id: str, shape: Shape) -> BasicProperties:
        """Publish to a role's queue as its messages are published, and give the properties of before the shape."""
        if not self.sent:
            self._seen.begin()
        self._seen.of_work.know(unit_id)
        properties = self._workload.properties(unit_id)
        if role.replies:
            properties = replace(
                properties, reply_to=self._own_reply_queue(), correlation_id=unit_id
            )
        route, shaped = self._workload.route(role, unit_id), shape(properties)
        message = shaped.message_id or body.decode("utf-8", "replace")
        self.sent.append(Sent(self._world.now(), route.exchange, route.queue, message, body))
        self._world.publish(route, body, shaped)
        return properties

    def _stretch_work(self, size: int) -> None:
        """Have all work last as long as the longest that is not done is to."""
        seconds = self._tempo.deadlines.seconds(self._workload.stretch(size))
        if not seconds:
            return
        if any(not self._seen.is_done(unit) for unit in self._units[:-1]):
            seconds = max(seconds, self._stretch)
        self._stretch = seconds
        self._world.stretch_work(seconds)

    def _own_reply_queue(self) -> str:
        self.reply_queue = self.reply_queue or self._world.reply_queue()
        return self.reply_queue
