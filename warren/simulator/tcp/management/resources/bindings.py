"""Bindings of queues and exchanges: lists of them by what they bind, and single ones by their key."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from warren.simulator.model import commands
from warren.simulator.model.exchange import Exchange
from warren.simulator.tcp.management import views
from warren.simulator.tcp.management.connection import OwnConnection
from warren.simulator.tcp.management.listing import whole
from warren.simulator.tcp.management.request import (
    Answer,
    Request,
    arguments_of,
    bad_request,
    not_found,
    require_short,
)
from warren.simulator.tcp.management.routing import Routes, found, shown, the_vhost, vhosts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from warren.simulator.model.exchange import Binding
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.vhost import VHost
    from warren.simulator.tcp.node import Node

DEFAULT = "amq.default"
"""What paths call the exchange without a name."""


def _list(node: Node, request: Request, *vhost: str) -> Answer:
    hosts = vhosts(node, vhost)
    queues = [each for host in hosts for each in host.queues.values()]
    exchanges = [each for host in hosts for each in host.exchanges.values()]
    bindings = [each for exchange in exchanges for each in exchange.bindings()]
    return whole(request, chain(map(views.default_binding, queues), map(views.binding, bindings)))


def _exchange(vhost: VHost, name: str) -> Exchange:
    return found(vhost.exchanges.get("" if name == DEFAULT else name))


def _of_queue(node: Node, request: Request, vhost: str, name: str) -> Answer:
    queue = found(the_vhost(node, vhost).queues.get(name))
    first = views.default_binding(queue)
    return whole(request, chain((first,), map(views.binding, [*queue.incoming.values()])))


def _by_source(node: Node, request: Request, vhost: str, name: str) -> Answer:
    host = the_vhost(node, vhost)
    exchange = _exchange(host, name)
    if not exchange.name:
        return whole(request, map(views.default_binding, [*host.queues.values()]))
    return whole(request, map(views.binding, [*exchange.bindings()]))


def _by_destination(node: Node, request: Request, vhost: str, name: str) -> Answer:
    exchange = _exchange(the_vhost(node, vhost), name)
    return whole(request, map(views.binding, [*exchange.incoming.values()]))


# Between two ends


def _ends(
    node: Node, vhost: str, source: str, destination: str, *, to_queue: bool
) -> tuple[Exchange, Exchange | Queue]:
    start, end = _either_end(node, vhost, source, destination, to_queue=to_queue)
    if start is None or end is None:
        raise not_found()
    return start, end


def _either_end(
    node: Node, vhost: str, source: str, destination: str, *, to_queue: bool
) -> tuple[Exchange | None, Exchange | Queue | None]:
    host = the_vhost(node, vhost)
    source, destination = ("" if each == DEFAULT else each for each in (source, destination))
    ends: Mapping[str, Exchange | Queue] = host.queues if to_queue else host.exchanges
    return host.exchanges.get(source), ends.get(destination)


def _between(source: Exchange, destination: Exchange | Queue) -> Iterable[dict[str, Any]]:
    if not source.name and not isinstance(destination, Exchange):
        return [views.default_binding(destination)]
    bindings = [each for each in source.bindings() if each.destination is destination]
    return map(views.binding, bindings)


def _list_pair(
    node: Node, request: Request, vhost: str, source: str, destination: str, *, to_queue: bool
) -> Answer:
    start, end = _either_end(node, vhost, source, destination, to_queue=to_queue)
    return whole(request, () if start is None or end is None else _between(start, end))


def _post(
    node: Node, request: Request, vhost: str, source: str, destination: str, *, to_queue: bool
) -> Answer:
    asked = request.json()
    the_vhost(node, vhost)
    given = asked.get("routing_key", "")
    if not isinstance(given, str):
        raise bad_request("routing_key is a text")
    key, arguments = require_short(given), arguments_of(asked)
    name, to = ("" if each == DEFAULT else each for each in (source, destination))
    with OwnConnection(node, request.user, vhost) as own:
        own.do(
            lambda c, n: (
                commands.QueueBind(c, n, to, name, key, arguments=arguments)
                if to_queue
                else commands.ExchangeBind(c, n, to, name, key, arguments=arguments)
            )
        )
    properties = views.properties_key(key, arguments)
    location = f"{quote(destination, safe='')}/{quote(properties, safe='~')}"
    return Answer(HTTPStatus.CREATED, headers={"Location": location})


def _show_one(node: Node, _request: Request, *names: str, to_queue: bool) -> Answer:
    vhost, source, destination, properties = names
    pair = _between(*_ends(node, vhost, source, destination, to_queue=to_queue))
    return shown(found(next((each for each in pair if each["properties_key"] == properties), None)))


def _delete_one(node: Node, request: Request, *names: str, to_queue: bool) -> Answer:
    vhost, source, destination, properties = names
    start, end = _ends(node, vhost, source, destination, to_queue=to_queue)
    binding = found(_with_key(start, end, properties))
    key, arguments = binding.routing_key, binding.arguments
    with OwnConnection(node, request.user, vhost) as own:
        own.do(
            lambda c, n: (
                commands.QueueUnbind(c, n, end.name, start.name, key, arguments)
                if to_queue
                else commands.ExchangeUnbind(c, n, end.name, start.name, key, arguments=arguments)
            )
        )
    return Answer()


def _with_key(source: Exchange, destination: Exchange | Queue, key: str) -> Binding | None:
    matching = (
        each
        for each in source.bindings()
        if each.destination is destination
        and views.properties_key(each.routing_key, each.arguments) == key
    )
    return next(matching, None)


def _routes(kind: str, *, to_queue: bool) -> Routes:
    pair = f"bindings/*/e/*/{kind}/*"
    return {
        pair: {
            "GET": partial(_list_pair, to_queue=to_queue),
            "POST": partial(_post, to_queue=to_queue),
        },
        f"{pair}/*": {
            "GET": partial(_show_one, to_queue=to_queue),
            "DELETE": partial(_delete_one, to_queue=to_queue),
        },
    }


ROUTES: Routes = {
    "bindings": {"GET": _list},
    "bindings/*": {"GET": _list},
    "queues/*/*/bindings": {"GET": _of_queue},
    "exchanges/*/*/bindings/source": {"GET": _by_source},
    "exchanges/*/*/bindings/destination": {"GET": _by_destination},
    **_routes("q", to_queue=True),
    **_routes("e", to_queue=False),
}
