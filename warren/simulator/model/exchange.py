"""Exchanges and bindings, and where a message goes. Declaring them: `methods.exchange`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from warren.simulator.fact import fact
from warren.simulator.model.policies import EXCHANGE
from warren.simulator.model.queue import Queue
from warren.simulator.model.routing import (
    DirectRouter,
    FanoutRouter,
    LocalRandomRouter,
    Router,
    TopicRouter,
)
from warren.simulator.model.routing_hash import ModulusHashRouter
from warren.simulator.model.routing_headers import HeadersRouter
from warren.simulator.model.tables import freeze

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping

    from warren.simulator.model.message import Message
    from warren.simulator.model.state import State
    from warren.simulator.model.vhost import VHost

Target: TypeAlias = "Queue | str"
"""A queue, or the name of one that is looked up when the transaction is committed."""
LOCAL_RANDOM = "x-local-random"
MODULUS_HASH = "x-modulus-hash"


@fact
class Binding:
    """Messages at `source` that match go on to `destination`."""

    source: Exchange
    destination: Exchange | Queue
    routing_key: str
    arguments: Mapping[str, object]


def identity(
    source: Exchange, destination: Exchange | Queue, key: str, arguments: Mapping[str, object]
) -> Hashable:
    """Return what makes a binding the same as another."""
    return (source, destination, key, freeze(arguments))


def make_router(kind: str, state: State) -> Router[Exchange | Queue]:
    """Return an empty router for the exchange type `kind`."""
    if kind == "direct":
        return DirectRouter()
    if kind == "fanout":
        return FanoutRouter()
    if kind == "topic":
        return TopicRouter(state.meter)
    if kind == LOCAL_RANDOM:
        return LocalRandomRouter()
    if kind == MODULUS_HASH:
        return ModulusHashRouter(_order)
    semantics = state.semantics
    return HeadersRouter(
        loose_numbers=semantics.loose_numbers,
        milliseconds=semantics.routes_by_milliseconds,
        meter=state.meter,
    )


def _order(destination: Exchange | Queue) -> tuple[bool, bytes]:
    """Sort exchanges before queues, and by their names."""
    name = destination.name.encode("utf-8", "surrogateescape")
    return not isinstance(destination, Exchange), name


class Exchange:
    """An exchange. `outgoing` and `incoming` are its bindings as source and as destination."""

    __slots__ = (
        "alternate",
        "arguments",
        "auto_delete",
        "durable",
        "incoming",
        "internal",
        "matched",
        "name",
        "onward",
        "outgoing",
        "router",
        "type",
        "vhost",
    )

    def __init__(
        self,
        vhost: VHost,
        name: str,
        kind: str,
        *,
        durable: bool,
        auto_delete: bool = False,
        internal: bool = False,
        arguments: Mapping[str, object] | None = None,
    ) -> None:
        """Begin without bindings."""
        self.vhost = vhost
        self.name = name
        self.type = kind
        self.durable = durable
        self.auto_delete = auto_delete
        self.internal = internal
        self.arguments: Mapping[str, object] = arguments or {}
        self.take_up_policies()
        self.router = make_router(kind, vhost.state)
        self.outgoing: dict[Hashable, Binding] = {}
        self.incoming: dict[Hashable, Binding] = {}
        self.onward = 0  # how many bindings lead to exchanges: without any, a match is the answer

    def take_up_policies(self) -> None:
        """Be as the policies of the virtual host have it now."""
        self.matched = self.vhost.policies.find(EXCHANGE, self.name)
        given, key = self.arguments, "alternate-exchange"
        self.alternate = given[key] if key in given else self.matched.definition.get(key)

    def describe(self) -> str:
        """Word this exchange as RabbitMQ's reply texts do."""
        return self.vhost.describe("exchange", self.name)

    def bindings(self) -> Collection[Binding]:
        """Return the bindings this exchange is the source of."""
        return self.outgoing.values()

    def is_bound(
        self, destination: Exchange | Queue, key: str, arguments: Mapping[str, object]
    ) -> bool:
        """Tell whether there is just this binding."""
        return identity(self, destination, key, arguments) in self.outgoing

    def route(self, message: Message) -> Collection[Queue]:
        """Return the queues `message` goes to, each once."""
        matched = self.router.match(message)
        if not self.onward and (matched or self.alternate is None):
            return cast("Collection[Queue]", matched)  # no binding leads to an exchange
        return self._route_onward(message, matched)

    def targets(self, message: Message) -> list[Target]:
        """Return where a transaction is to put `message`."""
        queues = self.route(message)
        if self.vhost.semantics.resolves_at_commit:
            return [queue.name for queue in queues]
        return [*queues]

    def _route_onward(
        self, message: Message, matched: Iterable[Exchange | Queue]
    ) -> Collection[Queue]:
        queues: dict[Queue, None] = {}
        seen: set[Exchange] = {self}
        waiting = [*self.or_alternate(matched)]
        while waiting:
            destination = waiting.pop()
            if isinstance(destination, Queue):
                queues[destination] = None
            elif destination not in seen:
                seen.add(destination)
                waiting.extend(destination.or_alternate(destination.router.match(message)))
        return queues

    def or_alternate(self, matched: Iterable[Exchange | Queue]) -> list[Exchange | Queue]:
        """Return what is `matched`; if nothing is, the alternate exchange, if there is one."""
        found = [*matched]
        if not found and isinstance(self.alternate, str):
            alternate = self.vhost.exchanges.get(self.alternate)
            return [] if alternate is None else [alternate]
        return found


class DefaultExchange(Exchange):
    """The exchange without a name: each queue is bound to it by its name, and nothing else is."""

    __slots__ = ()

    def route(self, message: Message) -> Collection[Queue]:
        """Return the queues named by the message's keys."""
        queues = self.vhost.queues
        if not (message.copies or message.blind_copies):
            queue = queues.get(message.routing_key)
            return () if queue is None else (queue,)
        return [queues[key] for key in dict.fromkeys(message.routing_keys) if key in queues]

    def targets(self, message: Message) -> list[Target]:
        """Return the message's keys, when it is the commit that looks them up: its queues otherwise."""
        if self.vhost.semantics.resolves_at_commit:
            return [*dict.fromkeys(message.routing_keys)]
        return super().targets(message)
