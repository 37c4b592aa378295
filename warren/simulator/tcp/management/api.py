"""All paths of the management API, from the modules in `resources`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.tcp.management.request import not_found
from warren.simulator.tcp.management.resources import (
    bindings,
    broker,
    connections,
    definitions,
    exchanges,
    health,
    limits,
    parameters,
    policies,
    queues,
    users,
    vhosts,
)
from warren.simulator.tcp.management.routing import Router

if TYPE_CHECKING:
    from warren.simulator.tcp.management.request import Answer, Request
    from warren.simulator.tcp.node import Node

ROUTER = Router(
    bindings.ROUTES,
    broker.ROUTES,
    connections.ROUTES,
    definitions.ROUTES,
    exchanges.ROUTES,
    health.ROUTES,
    limits.ROUTES,
    parameters.ROUTES,
    policies.ROUTES,
    queues.ROUTES,
    users.ROUTES,
    vhosts.ROUTES,
)


def require(root: str, path: tuple[str, ...], method: str) -> None:
    """Raise Refused where nothing is at a path, or not for this: who shows no password is told that, too."""
    if root != "api":
        raise not_found()
    ROUTER.require(path, method)


def answer(node: Node, request: Request) -> Answer:
    """Find who answers a request; raises Refused."""
    return ROUTER.answer(node, request)
