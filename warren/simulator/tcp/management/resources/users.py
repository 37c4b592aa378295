"""Users, and what they may do in virtual hosts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from warren.simulator.model import commands
from warren.simulator.tcp.accounts import Account
from warren.simulator.tcp.management import views
from warren.simulator.tcp.management.request import Answer, Request, bad_request
from warren.simulator.tcp.management.routing import Routes, found, made, shown, the_vhost

if TYPE_CHECKING:
    from warren.simulator.tcp.node import Node


def _list(node: Node, _request: Request) -> Answer:
    return shown([views.user(name, account) for name, account in node.accounts.items()])


def _show(node: Node, _request: Request, user: str) -> Answer:
    return shown(views.user(user, found(node.accounts.get(user))))


def _put(node: Node, request: Request, user: str) -> Answer:
    asked = request.json()
    password, tags = asked.get("password"), asked.get("tags", "")
    if not isinstance(password, str) or not isinstance(tags, str | list):
        raise bad_request("a user needs a password and tags")
    words = tags.split(",") if isinstance(tags, str) else map(str, tags)
    existed = user in node.accounts
    node.add_user(user, Account(password, tuple(word.strip() for word in words if word.strip())))
    return made(existed=existed)


def _delete(node: Node, _request: Request, user: str) -> Answer:
    found(node.accounts.get(user))
    node.delete_user(user)
    return Answer()


def _list_permissions(node: Node, _request: Request) -> Answer:
    return shown([*node.permissions()])


def _show_permissions(node: Node, _request: Request, vhost: str, user: str) -> Answer:
    asked = {"user": user, "vhost": vhost}
    matching = (each for each in node.permissions() if asked.items() <= each.items())
    return shown(found(next(matching, None)))


def _put_permissions(node: Node, request: Request, vhost: str, user: str) -> Answer:
    the_vhost(node, vhost)
    found(node.accounts.get(user))
    asked = request.json()
    try:
        patterns = {name: str(asked[name]) for name in ("configure", "write", "read")}
        node.do(commands.SetPermissions(user, vhost, **patterns))
    except (KeyError, re.error) as error:
        raise bad_request(f"configure, write and read are regular expressions: {error}") from error
    return made(existed=False)


def _delete_permissions(node: Node, _request: Request, vhost: str, user: str) -> Answer:
    the_vhost(node, vhost)
    found(node.accounts.get(user))
    node.do(commands.ClearPermissions(user, vhost))
    return Answer()


ROUTES: Routes = {
    "users": {"GET": _list},
    "users/*": {"GET": _show, "PUT": _put, "DELETE": _delete},
    "permissions": {"GET": _list_permissions},
    "permissions/*/*": {
        "GET": _show_permissions,
        "PUT": _put_permissions,
        "DELETE": _delete_permissions,
    },
}
