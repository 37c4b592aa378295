"""Limits of virtual hosts and of users."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from warren.simulator.model.limits import MAX_CHANNELS, MAX_CONNECTIONS, SetVhostLimits
from warren.simulator.tcp.management.request import Answer, Request, bad_request
from warren.simulator.tcp.management.resources import parameters
from warren.simulator.tcp.management.routing import Routes, found, shown, the_vhost

if TYPE_CHECKING:
    from warren.simulator.tcp.node import Node

USER_LIMITS = (MAX_CONNECTIONS, MAX_CHANNELS)


def _list_vhosts(node: Node, _request: Request, *vhost: str) -> Answer:
    for name in vhost:
        the_vhost(node, name)
    return shown(
        [
            {"vhost": host.name, "value": dict(host.limits)}
            for host in node.broker.vhosts.values()
            if host.limits and (not vhost or host.name in vhost)
        ]
    )


def _put_vhost(node: Node, request: Request, vhost: str, limit: str) -> Answer:
    the_vhost(node, vhost)
    parameters.set_limit(node, vhost, limit, request.need("value"))
    return Answer()


def _delete_vhost(node: Node, _request: Request, vhost: str, limit: str) -> Answer:
    kept = the_vhost(node, vhost).limits or {}
    rest = {name: value for name, value in kept.items() if name != limit}
    node.do(SetVhostLimits(vhost, rest))
    return Answer()


def _list_users(node: Node, _request: Request, *user: str) -> Answer:
    for name in user:
        found(node.accounts.get(name))
    shown_ones: list[dict[str, Any]] = [
        {"user": name, "value": dict(account.limits)}
        for name, account in node.accounts.items()
        if account.limits and (not user or name in user)
    ]
    return shown(shown_ones)


def _put_user(node: Node, request: Request, user: str, limit: str) -> Answer:
    account, value = found(node.accounts.get(user)), request.need("value")
    wrong = parameters.wrong_limit(limit, value, USER_LIMITS, "user-limits")
    if wrong is not None:
        raise bad_request(wrong)
    node.add_user(user, replace(account, limits={**account.limits, limit: value}))
    return Answer()


def _delete_user(node: Node, _request: Request, user: str, limit: str) -> Answer:
    account = found(node.accounts.get(user))
    rest = {name: value for name, value in account.limits.items() if name != limit}
    node.add_user(user, replace(account, limits=rest))
    return Answer()


ROUTES: Routes = {
    "vhost-limits": {"GET": _list_vhosts},
    "vhost-limits/*": {"GET": _list_vhosts},
    "vhost-limits/*/*": {"PUT": _put_vhost, "DELETE": _delete_vhost},
    "user-limits": {"GET": _list_users},
    "user-limits/*": {"GET": _list_users},
    "user-limits/*/*": {"PUT": _put_user, "DELETE": _delete_user},
}
