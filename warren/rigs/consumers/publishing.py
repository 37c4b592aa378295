"""Publishing, as a case does it: units of work, and whatever else somebody might send."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.workloads import Role, Unit, Workload
    from warren.worlds.protocol import World


class Publishing:
    """Publishes without an instance in between; each publish is confirmed when it returns."""

    def __init__(self, world: World, workload: Workload, units: list[Unit]) -> None:
        """Note in `units` what is to leave an effect."""
        self._world, self._workload, self._units = world, workload, units
        self._replies: dict[str, list[bytes]] = {}
        self.reply_queue = ""
        """The queue for the replies to what was published here; "" until it is needed."""

    def work(self, size: int = 3) -> Unit:
        """Publish one unit of the design's work, of that size where it has sizes."""
        return self._send(self._workload.make(size, len(self._units), self._world))

    def body(self, body: bytes) -> Unit:
        """Publish a unit of work whose bytes matter."""
        return self._send(self._workload.read(body, self._world.new_id()))

    def raw(self, body: bytes, role: Role | None = None) -> str:
        """Publish any bytes to the queue of a role (the workload's entry by default); give the message-id."""
        message_id = self._world.new_id()
        self._publish(role or self._workload.entry, body, message_id)
        return message_id

    def adopt(self, *units: Unit) -> None:
        """Take in units of work that an instance has published: their effects are owed from now on."""
        self._units.extend(units)

    def reply(self, queue: str, body: bytes, correlation_id: str) -> None:
        """Answer a request of somebody else."""
        self._world.reply(queue, body, correlation_id)

    def replies_to(self, correlation_id: str) -> list[bytes]:
        """Give the replies that came to what was published here with that correlation id, which is its message-id."""
        for reply in self._world.replies(self._own_reply_queue()):
            self._replies.setdefault(reply.correlation_id, []).append(reply.body)
        return self._replies.get(correlation_id, [])

    def _send(self, unit: Unit) -> Unit:
        self._units.append(unit)
        self._publish(self._workload.entry, unit.body, unit.message_id)
        return unit

    def _publish(self, role: Role, body: bytes, message_id: str) -> None:
        assert role.route is not None, f"role {role} has no queue"
        reply_to = self._own_reply_queue() if role.replies else ""
        correlation_id = message_id if reply_to else ""
        self._world.publish(role.route, body, message_id, reply_to, correlation_id)

    def _own_reply_queue(self) -> str:
        self.reply_queue = self.reply_queue or self._world.reply_queue()
        return self.reply_queue
