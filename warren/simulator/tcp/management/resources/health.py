"""Whether the broker is well: health checks, and the test that it is alive."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from warren.simulator.tcp.management import views
from warren.simulator.tcp.management.releases import is_one_of
from warren.simulator.tcp.management.request import Answer, Request, bad_request, not_found
from warren.simulator.tcp.management.routing import Routes, shown, the_vhost

if TYPE_CHECKING:
    from warren.simulator.tcp.node import Node

OK = {"status": "ok"}


def _failed(**facts: Any) -> Answer:
    return Answer(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "failed", **facts})


def _well(_node: Node, _request: Request, *_names: str) -> Answer:
    return shown(OK)


def _alone(_node: Node, _request: Request) -> Answer:
    return shown({**OK, "reason": "single node cluster"})


def _mirrors(node: Node, request: Request) -> Answer:
    if not is_one_of(node, "3.10"):
        raise not_found()
    return _alone(node, request)


def _latest(node: Node, _request: Request) -> Answer:
    if not is_one_of(node, "4.3"):
        raise not_found()
    return shown(OK)


def _alarms(node: Node, _request: Request) -> Answer:
    if node.hub.memory.alarm:
        return _failed(reason="There are alarms in effect")
    return shown(OK)


def _port(node: Node, _request: Request, port: str) -> Answer:
    if not port.isdecimal():
        raise bad_request("Invalid port")
    ports = [*node.listeners.values()]
    if int(port) in ports:
        return shown({**OK, "port": int(port)})
    return _failed(reason="No active listener", missing=int(port), ports=ports)


def _protocol(node: Node, _request: Request, protocol: str) -> Answer:
    protocols = [*node.listeners]
    takes_one = is_one_of(node, "3.10", "4.0")  # later ones may be asked for several
    if protocol in protocols:
        return shown({**OK, **({"protocol": protocol} if takes_one else {"protocols": protocols})})
    missing = protocol if takes_one else [protocol]
    return _failed(reason="No active listener", missing=missing, protocols=protocols)


def _old_check(node: Node, request: Request, name: str = views.NODE) -> Answer:
    """Answer what was asked before there were several checks, of one node or, by default, this one."""
    if name != views.NODE:
        raise not_found()
    return _alarms(node, request)


def _alive(node: Node, _request: Request, vhost: str) -> Answer:
    the_vhost(node, vhost)
    return shown(OK)


ROUTES: Routes = {
    "aliveness-test/*": {"GET": _alive},
    "healthchecks/node": {"GET": _old_check},
    "healthchecks/node/*": {"GET": _old_check},
    "health/checks/alarms": {"GET": _alarms},
    "health/checks/local-alarms": {"GET": _alarms},
    "health/checks/virtual-hosts": {"GET": _well},
    "health/checks/ready-to-serve-clients": {"GET": _latest},
    "health/checks/is-in-service": {"GET": _latest},
    "health/checks/below-node-connection-limit": {"GET": _latest},
    "health/checks/metadata-store/initialized": {"GET": _latest},
    "health/checks/node-is-quorum-critical": {"GET": _alone},
    "health/checks/node-is-mirror-sync-critical": {"GET": _mirrors},
    "health/checks/certificate-expiration/*/*": {"GET": _well},
    "health/checks/port-listener/*": {"GET": _port},
    "health/checks/protocol-listener/*": {"GET": _protocol},
}
