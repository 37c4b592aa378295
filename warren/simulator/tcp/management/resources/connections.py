"""Connections: shown, and closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.model import commands
from warren.simulator.tcp.management import views
from warren.simulator.tcp.management.request import Answer, Request
from warren.simulator.tcp.management.routing import Routes, found, shown, the_vhost

if TYPE_CHECKING:
    from warren.simulator.session import Session
    from warren.simulator.tcp.node import Node


def _list(node: Node, _request: Request, *vhost: str) -> Answer:
    for name in vhost:
        the_vhost(node, name)
    every = (views.connection(node, each) for each in node.hub.sessions.values())
    return shown([each for each in every if each and (not vhost or each["vhost"] in vhost)])


def _show(node: Node, _request: Request, name: str) -> Answer:
    return shown(found(views.connection(node, _session(node, name))))


def _close(node: Node, request: Request, name: str) -> Answer:
    reason = request.headers.get("x-reason") or "Closed via management plugin"
    node.do(commands.ForceClose(_session(node, name).number, reason))
    return Answer()


def _session(node: Node, name: str) -> Session:
    return found(next((each for each in node.hub.sessions.values() if each.name == name), None))


ROUTES: Routes = {
    "connections": {"GET": _list},
    "vhosts/*/connections": {"GET": _list},
    "connections/*": {"GET": _show, "DELETE": _close},
}
