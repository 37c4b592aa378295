"""Exchanges. Publishing to them: `messages`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.model import commands
from warren.simulator.tcp.management import messages, views
from warren.simulator.tcp.management.connection import OwnConnection
from warren.simulator.tcp.management.listing import listed
from warren.simulator.tcp.management.request import Answer, Request, arguments_of, is_set
from warren.simulator.tcp.management.routing import Routes, found, made, shown, the_vhost, vhosts

if TYPE_CHECKING:
    from warren.simulator.tcp.node import Node


def _list(node: Node, request: Request, *vhost: str) -> Answer:
    exchanges = [each for host in vhosts(node, vhost) for each in host.exchanges.values()]
    return listed(request, map(views.exchange, exchanges))


def _show(node: Node, _request: Request, vhost: str, exchange: str) -> Answer:
    name = "" if exchange == messages.DEFAULT_EXCHANGE else exchange
    return shown(views.exchange(found(the_vhost(node, vhost).exchanges.get(name))))


def _put(node: Node, request: Request, vhost: str, exchange: str) -> Answer:
    asked = request.json()
    existed = exchange in the_vhost(node, vhost).exchanges
    with OwnConnection(node, request.user, vhost) as own:
        own.do(
            lambda c, n: commands.ExchangeDeclare(
                c,
                n,
                exchange,
                str(asked.get("type", "direct")),
                durable=is_set(asked, "durable"),
                auto_delete=is_set(asked, "auto_delete"),
                internal=is_set(asked, "internal"),
                arguments=arguments_of(asked),
            )
        )
    return made(existed=existed)


def _delete(node: Node, request: Request, vhost: str, exchange: str) -> Answer:
    found(the_vhost(node, vhost).exchanges.get(exchange))
    unused = request.query.get("if-unused") == "true"
    with OwnConnection(node, request.user, vhost) as own:
        own.do(lambda c, n: commands.ExchangeDelete(c, n, exchange, unused))
    return Answer()


ROUTES: Routes = {
    "exchanges": {"GET": _list},
    "exchanges/*": {"GET": _list},
    "exchanges/*/*": {"GET": _show, "PUT": _put, "DELETE": _delete},
    "exchanges/*/*/publish": {"POST": messages.publish},
}
