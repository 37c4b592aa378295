"""Policies and operator policies: shown, made, deleted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from warren.simulator.model import SEMANTICS, commands
from warren.simulator.model.policies import Policy, what_is_wrong
from warren.simulator.tcp.management.request import Answer, Request, bad_request
from warren.simulator.tcp.management.routing import Routes, found, made, shown, the_vhost, vhosts
from warren.simulator.tcp.patterns import linear

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.tcp.node import Node


def describe(vhost: str, policy: Policy) -> dict[str, Any]:
    """Describe a policy."""
    return {
        "vhost": vhost,
        "name": policy.name,
        "pattern": policy.pattern,
        "apply-to": policy.apply_to,
        "definition": policy.definition,
        "priority": policy.priority,
    }


def read(node: Node, name: str, asked: Mapping[str, Any], *, operator: bool) -> Policy:
    """Return the policy that a document describes. Raises Refused 400."""
    missing = [f"{{key_missing,{key}}}" for key in ("pattern", "definition") if key not in asked]
    if missing:
        raise bad_request(f"[{','.join(missing)}]")
    pattern, definition, priority = asked["pattern"], asked["definition"], asked.get("priority", 0)
    if not isinstance(pattern, str):
        raise _invalid(f"pattern should be a binary but was {pattern}")
    if not isinstance(definition, dict):
        raise _invalid("definition should be an object")
    if not isinstance(priority, int | float) or isinstance(priority, bool):
        raise _invalid(f"priority should be a number, actually was {priority!r}")
    apply_to = str(asked.get("apply-to", "queues" if operator else "all"))
    policy = Policy(name, pattern, definition, int(priority), apply_to)
    wrong = what_is_wrong(policy, SEMANTICS[node.options.semantics], linear, operator=operator)
    if wrong is not None:
        raise _invalid(wrong)
    return policy


def _invalid(reason: str) -> Exception:
    return bad_request(f"Validation failed\n\n{reason}\n")


def _list(node: Node, _request: Request, *vhost: str, operator: bool) -> Answer:
    return shown(
        [
            describe(host.name, each)
            for host in vhosts(node, vhost)
            for each in host.policies.table(operator=operator).values()
        ]
    )


def _show(node: Node, _request: Request, vhost: str, name: str, *, operator: bool) -> Answer:
    policies = the_vhost(node, vhost).policies.table(operator=operator)
    return shown(describe(vhost, found(policies.get(name))))


def _put(node: Node, request: Request, vhost: str, name: str, *, operator: bool) -> Answer:
    existed = name in the_vhost(node, vhost).policies.table(operator=operator)
    policy = read(node, name, request.json(), operator=operator)
    node.do(commands.SetPolicy(vhost, name, policy, operator))
    return made(existed=existed)


def _delete(node: Node, _request: Request, vhost: str, name: str, *, operator: bool) -> Answer:
    found(the_vhost(node, vhost).policies.table(operator=operator).get(name))
    node.do(commands.SetPolicy(vhost, name, None, operator))
    return Answer()


def _routes(root: str, *, operator: bool) -> Routes:
    listed = partial(_list, operator=operator)
    return {
        root: {"GET": listed},
        f"{root}/*": {"GET": listed},
        f"{root}/*/*": {
            "GET": partial(_show, operator=operator),
            "PUT": partial(_put, operator=operator),
            "DELETE": partial(_delete, operator=operator),
        },
    }


ROUTES: Routes = {
    **_routes("policies", operator=False),
    **_routes("operator-policies", operator=True),
}
