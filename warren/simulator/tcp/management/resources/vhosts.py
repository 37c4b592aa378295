"""Virtual hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.model import SEMANTICS, commands
from warren.simulator.tcp.management import views
from warren.simulator.tcp.management.request import Answer, Request, bad_request
from warren.simulator.tcp.management.routing import Routes, made, shown, the_vhost

if TYPE_CHECKING:
    from warren.simulator.tcp.node import Node


def _list(node: Node, _request: Request) -> Answer:
    return shown([views.vhost(each) for each in node.broker.vhosts.values()])


def _show(node: Node, _request: Request, vhost: str) -> Answer:
    return shown(views.vhost(the_vhost(node, vhost)))


def _put(node: Node, request: Request, vhost: str) -> Answer:
    existed = vhost in node.broker.vhosts
    node.do(commands.AddVhost(vhost, _queue_type(node, request)))
    if not existed:  # its maker may use it, as in RabbitMQ
        node.do(commands.SetPermissions(request.user, vhost))
    return made(existed=existed)


def _queue_type(node: Node, request: Request) -> str | None:
    """Return the type that queues of a virtual host are to have when none is given."""
    asked = request.json().get("default_queue_type")
    if asked is not None and asked not in SEMANTICS[node.options.semantics].queue_types:
        raise bad_request(f"there is no queue type {asked!r}")
    return None if asked is None else str(asked)


def _delete(node: Node, _request: Request, vhost: str) -> Answer:
    the_vhost(node, vhost)
    node.do(commands.DeleteVhost(vhost))
    return Answer()


ROUTES: Routes = {
    "vhosts": {"GET": _list},
    "vhosts/*": {"GET": _show, "PUT": _put, "DELETE": _delete},
}
