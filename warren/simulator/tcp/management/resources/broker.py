"""The broker as a whole: what it is, whether it is well, who asks."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from warren.simulator.tcp.management import views
from warren.simulator.tcp.management.request import Answer, Request
from warren.simulator.tcp.management.routing import Routes, shown

if TYPE_CHECKING:
    from warren.simulator.tcp.node import Node


def _overview(node: Node, _request: Request) -> Answer:
    return shown(views.overview(node))


def _whoami(node: Node, request: Request) -> Answer:
    tags = [*node.accounts[request.user].tags]
    return shown({"name": request.user, "tags": tags, "is_internal_user": True})


def _alarms(node: Node, _request: Request) -> Answer:
    if node.hub.memory.alarm:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return Answer(status, {"status": "failed", "reason": "There are alarms in effect"})
    return shown({"status": "ok"})


ROUTES: Routes = {
    "overview": {"GET": _overview},
    "whoami": {"GET": _whoami},
    "health/checks/alarms": {"GET": _alarms},
}
