"""Runtime parameters by component, and global ones. Limits of virtual hosts and operator policies are such, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warren.simulator.model import commands
from warren.simulator.model.limits import MAX_CONNECTIONS, MAX_QUEUES, SetVhostLimits
from warren.simulator.model.policies import term
from warren.simulator.tcp.management.request import Answer, Request, bad_request
from warren.simulator.tcp.management.resources import policies
from warren.simulator.tcp.management.routing import Routes, found, made, shown, the_vhost

if TYPE_CHECKING:
    from collections.abc import Collection

    from warren.simulator.model.policies import Policy
    from warren.simulator.tcp.node import Node

LIMITS, OPERATOR_POLICY = "vhost-limits", "operator_policy"
VHOST_LIMITS = (MAX_CONNECTIONS, MAX_QUEUES)


def described(node: Node) -> list[dict[str, Any]]:
    """Describe all parameters of all virtual hosts."""
    limits: list[dict[str, Any]] = [
        {
            "vhost": host.name,
            "component": LIMITS,
            "name": "limits",
            "value": dict(host.limits) or [],
        }
        for host in node.broker.vhosts.values()
        if host.limits is not None
    ]
    operators = [
        {"vhost": host.name, "component": OPERATOR_POLICY, "name": each.name, "value": _value(each)}
        for host in node.broker.vhosts.values()
        for each in host.policies.operators.values()
    ]
    return [*limits, *operators]


def _value(policy: Policy) -> dict[str, Any]:
    whole = policies.describe("", policy)
    return {key: whole[key] for key in ("pattern", "definition", "priority", "apply-to")}


def take(node: Node, component: str, vhost: str, name: str, value: Any) -> None:
    """Set a parameter. Raises Refused 400."""
    if component == OPERATOR_POLICY and isinstance(value, dict):
        policy = policies.read(node, name, value, operator=True)
        node.do(commands.SetPolicy(vhost, name, policy, operator=True))
    elif component == LIMITS and (isinstance(value, dict) or value == []):  # no limit is []
        node.do(SetVhostLimits(vhost, {}))
        for limit, number in dict(value).items():
            set_limit(node, vhost, limit, number)
    else:
        raise bad_request(f"Validation failed\n\ncomponent {component} not found\n")


def set_limit(node: Node, vhost: str, limit: str, value: Any) -> None:
    """Limit a virtual host. Raises Refused 400."""
    wrong = wrong_limit(limit, value, VHOST_LIMITS, "limits")
    if wrong is not None:
        raise bad_request(f"Validation failed\n\n{wrong}\n")
    kept = the_vhost(node, vhost).limits or {}
    node.do(SetVhostLimits(vhost, {**kept, limit: value}))


def wrong_limit(limit: str, value: Any, known: Collection[str], called: str) -> str | None:
    """Return why this is no limit, None when it is one."""
    if limit not in known:
        return f'Unrecognised terms [{{<<"{limit}">>,{term(value)}}}] in {called}'
    if not isinstance(value, int) or isinstance(value, bool):
        return f"{limit} should be a number, actually was {term(value)}"
    return None


def global_ones(node: Node) -> list[dict[str, Any]]:
    """Describe the global parameters."""
    return [
        {"name": name, "value": value} for name, value in node.records.global_parameters.items()
    ]


def _list(node: Node, _request: Request, *wanted: str) -> Answer:
    component, vhost = (*wanted, None, None)[:2]
    if vhost is not None:
        the_vhost(node, vhost)
    return shown(
        [
            each
            for each in described(node)
            if component in {None, each["component"]} and vhost in {None, each["vhost"]}
        ]
    )


def _find(node: Node, component: str, vhost: str, name: str) -> dict[str, Any] | None:
    wanted = {"component": component, "vhost": vhost, "name": name}
    return next((each for each in described(node) if wanted.items() <= each.items()), None)


def _show(node: Node, _request: Request, component: str, vhost: str, name: str) -> Answer:
    return shown(found(_find(node, component, vhost, name)))


def _put(node: Node, request: Request, component: str, vhost: str, name: str) -> Answer:
    the_vhost(node, vhost)
    existed = _find(node, component, vhost, name) is not None
    take(node, component, vhost, name, request.need("value"))
    return made(existed=existed)


def _delete(node: Node, _request: Request, component: str, vhost: str, name: str) -> Answer:
    found(_find(node, component, vhost, name))
    if component == LIMITS:
        node.do(SetVhostLimits(vhost, None))
    else:
        node.do(commands.SetPolicy(vhost, name, None, operator=True))
    return Answer()


def _list_global(node: Node, _request: Request) -> Answer:
    return shown(global_ones(node))


def _show_global(node: Node, _request: Request, name: str) -> Answer:
    kept = node.records.global_parameters
    found(name if name in kept else None)
    return shown({"name": name, "value": kept[name]})


def _put_global(node: Node, request: Request, name: str) -> Answer:
    existed = name in node.records.global_parameters
    node.records.global_parameters[name] = request.need("value")
    return made(existed=existed)


def _delete_global(node: Node, _request: Request, name: str) -> Answer:
    found(name if name in node.records.global_parameters else None)
    del node.records.global_parameters[name]
    return Answer()


ROUTES: Routes = {
    "parameters": {"GET": _list},
    "parameters/*": {"GET": _list},
    "parameters/*/*": {"GET": _list},
    "parameters/*/*/*": {"GET": _show, "PUT": _put, "DELETE": _delete},
    "global-parameters": {"GET": _list_global},
    "global-parameters/*": {"GET": _show_global, "PUT": _put_global, "DELETE": _delete_global},
}
