"""A virtual host: its exchanges and queues by name, and what their ends mean for bindings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from warren.simulator.model import events
from warren.simulator.model.classic import ClassicQueue
from warren.simulator.model.exchange import Binding, DefaultExchange, Exchange, identity
from warren.simulator.model.policies import Policies, Policy
from warren.simulator.model.quorum_timeouts import TimedQuorumQueue
from warren.simulator.model.stream import StreamQueue
from warren.simulator.model.taking_up import TakingUp
from warren.simulator.model.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.model.changes import Definition
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.queue_types import QueueType
    from warren.simulator.model.state import State

PREDECLARED = (
    ("amq.direct", "direct", False),
    ("amq.fanout", "fanout", False),
    ("amq.topic", "topic", False),
    ("amq.headers", "headers", False),
    ("amq.match", "headers", False),
    ("amq.rabbitmq.trace", "topic", True),
)
"""Name, type and whether it is internal."""
UNDEFINED_TYPE: Final = "undefined"
"""What 3.10 says of the default type of queues where nobody has set one."""


QUEUES: Mapping[str, type[Queue]] = {
    "classic": ClassicQueue,
    "quorum": TimedQuorumQueue,
    "stream": StreamQueue,
}
"""What a queue of each type is."""


class VHost:
    """A namespace of exchanges and queues.

    `default_queue_type` is that of queues that are declared without one; `UNDEFINED_TYPE` where queues get none at all.
    `traffic` has the deliveries of queues that are gone.
    """

    __slots__ = (
        "default_queue_type",
        "exchanges",
        "limits",
        "name",
        "policies",
        "queues",
        "semantics",
        "state",
        "traffic",
    )

    def __init__(self, state: State, name: str) -> None:
        """Begin with the predeclared exchanges."""
        self.state = state
        self.semantics = state.semantics
        self.name = name
        self.default_queue_type = (
            "classic" if state.semantics.names_default_type else UNDEFINED_TYPE
        )
        self.limits: Mapping[str, int] | None = None  # nobody ever set one
        self.traffic = Traffic()
        self.policies = Policies(state.semantics, state.engine)
        self.queues: dict[str, Queue] = {}
        self.exchanges: dict[str, Exchange] = {
            "": DefaultExchange(self, "", "direct", durable=True)
        }
        for exchange, kind, internal in PREDECLARED:
            self.exchanges[exchange] = Exchange(
                self, exchange, kind, durable=True, internal=internal
            )

    def describe(self, kind: str, name: str) -> str:
        """Word a resource as RabbitMQ's reply texts do."""
        return f"{kind} '{name}' in vhost '{self.name}'"

    def make_queue(
        self,
        name: str,
        kind: QueueType,
        *,
        durable: bool,
        auto_delete: bool,
        owner: int | None,
        arguments: Mapping[str, object],
    ) -> Queue:
        """Make a queue of this type; there is none of this name."""
        self.queues[name] = queue = QUEUES[kind.name](
            self,
            name,
            kind,
            durable=durable,
            auto_delete=auto_delete,
            owner=owner,
            arguments=arguments,
        )
        self._record(queue, exists=True)
        return queue

    def make_exchange(
        self,
        name: str,
        kind: str,
        *,
        durable: bool,
        auto_delete: bool,
        internal: bool,
        arguments: Mapping[str, object],
    ) -> Exchange:
        """Make an exchange; there is none of this name."""
        self.exchanges[name] = exchange = Exchange(
            self,
            name,
            kind,
            durable=durable,
            auto_delete=auto_delete,
            internal=internal,
            arguments=arguments,
        )
        self._record(exchange, exists=True)
        return exchange

    def set_policy(self, name: str, policy: Policy | None, *, operator: bool) -> None:
        """Have a policy, from now on and soon for what there is already; None: have it no more."""
        self.policies.set(name, policy, operator=operator)
        for exchange in self.exchanges.values():
            exchange.take_up_policies()
        if self.queues:
            self.state.onward.append(TakingUp(self.state, self.queues.values()))

    def bind(
        self,
        source: Exchange,
        destination: Exchange | Queue,
        key: str,
        arguments: Mapping[str, object],
    ) -> None:
        """Bind, unless it is bound so already."""
        same = identity(source, destination, key, arguments)
        if same in source.outgoing:
            return
        binding = Binding(source, destination, key, arguments)
        source.outgoing[same] = destination.incoming[same] = binding
        source.router.add(key, arguments, destination)
        source.onward += isinstance(destination, Exchange)
        self._record(binding, exists=True)

    def unbind(
        self,
        source: Exchange,
        destination: Exchange | Queue,
        key: str,
        arguments: Mapping[str, object],
    ) -> None:
        """Undo a binding, if it is there; an auto-delete exchange goes with its last one."""
        binding = source.outgoing.get(identity(source, destination, key, arguments))
        if binding is not None:
            self._remove(binding)
            self._auto_delete(source)

    def delete_exchange(self, exchange: Exchange) -> None:
        """Delete `exchange` and its bindings on both sides."""
        del self.exchanges[exchange.name]
        for binding in [*exchange.outgoing.values()]:
            self._remove(binding)
        self._unbind_incoming(exchange)
        if self.semantics.topics_go_with_exchange:
            for user in self.state.users.values():
                user.in_vhost(self.name).topics.pop(exchange.name, None)
        self._record(exchange, exists=False)

    def delete_queue(self, queue: Queue) -> None:
        """Delete `queue` and tell its consumers."""
        del self.queues[queue.name]
        self.traffic.add_deliveries(queue.traffic)
        owner = None if queue.owner is None else self.state.connections.get(queue.owner)
        if owner is not None:
            del owner.exclusive_queues[queue]
        consumers = queue.end()
        self._unbind_incoming(queue)
        self._record(queue, exists=False)
        for consumer in consumers:
            channel = consumer.channel
            channel.consumers.pop(consumer.tag, None)
            if channel.connection.consumer_cancel_notify and not channel.closing:
                number = channel.connection.number
                self.state.events.append(events.BasicCancel(number, channel.number, consumer.tag))

    def restart(self) -> None:
        """Leave only what survives; every connection is closed by now."""
        for queue in [*self.queues.values()]:
            if self.survives(queue):
                queue.restart()
            else:
                self.delete_queue(queue)
        for exchange in [*self.exchanges.values()]:
            if not self.survives(exchange) and exchange.name in self.exchanges:
                self.delete_exchange(exchange)

    def survives(self, thing: Definition) -> bool:
        """Tell whether a restart leaves it; a binding is left where both its ends are."""
        if isinstance(thing, Binding):
            return self.survives(thing.source) and self.survives(thing.destination)
        return thing.durable or (
            isinstance(thing, Exchange) and self.semantics.keeps_transient_exchanges
        )

    def _record(self, thing: Definition, *, exists: bool) -> None:
        changes = self.state.changes
        if changes is not None and self.survives(thing):
            changes.definitions.append((thing, exists))

    def _unbind_incoming(self, destination: Exchange | Queue) -> None:
        bindings = [*destination.incoming.values()]
        for binding in bindings:
            self._remove(binding)
        for source in dict.fromkeys(binding.source for binding in bindings):
            self._auto_delete(source)

    def _remove(self, binding: Binding) -> None:
        source, destination = binding.source, binding.destination
        same = identity(source, destination, binding.routing_key, binding.arguments)
        del source.outgoing[same], destination.incoming[same]
        source.router.remove(binding.routing_key, binding.arguments, destination)
        source.onward -= isinstance(destination, Exchange)
        self._record(binding, exists=False)

    def _auto_delete(self, exchange: Exchange) -> None:
        if exchange.auto_delete and not exchange.outgoing and exchange.name in self.exchanges:
            self.delete_exchange(exchange)
