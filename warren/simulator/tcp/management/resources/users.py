"""Users, and what they may do in virtual hosts."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from warren.simulator.model import commands
from warren.simulator.model.access import PERMISSIONS
from warren.simulator.model.limits import SetTopicPermissions
from warren.simulator.model.patterns import PatternError
from warren.simulator.tcp.accounts import HASHING, Account
from warren.simulator.tcp.management.listing import listed, whole
from warren.simulator.tcp.management.releases import is_one_of
from warren.simulator.tcp.management.request import Answer, Request, bad_request
from warren.simulator.tcp.management.routing import Routes, found, made, shown, the_vhost
from warren.simulator.tcp.patterns import linear

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from warren.simulator.tcp.node import Node


def describe(name: str, account: Account) -> dict[str, Any]:
    """Describe a user, with the hash of its password."""
    return {
        "name": name,
        "password_hash": account.password_hash,
        "hashing_algorithm": HASHING,
        "tags": [*account.tags],
        "limits": dict(account.limits),
    }


def take(node: Node, name: str, asked: Mapping[str, Any]) -> None:
    """Make a user as a document describes it, or change it. Raises Refused 400."""
    tags, password, hashed = (asked.get(key) for key in ("tags", "password", "password_hash"))
    if not isinstance(tags, str | list):
        raise bad_request("tags_not_present")
    words = tags.split(",") if isinstance(tags, str) else map(str, tags)
    tags = tuple(word.strip() for word in words if word.strip())
    if not isinstance(asked.get("password", ""), str):
        raise bad_request("password is a text")
    if password is not None and hashed is not None:
        raise bad_request("both_password_and_password_hash_are_provided")
    if hashed is not None and not is_base64(hashed):
        raise bad_request(["not_base64", hashed])
    if asked.get("hashing_algorithm", HASHING) != HASHING and hashed:
        raise bad_request(f"passwords are hashed by {HASHING} here")
    if isinstance(password, str):
        account = Account.with_password(password, tags)
    else:
        account = Account(hashed if isinstance(hashed, str) else "", tags)
    limits = asked.get("limits")
    node.add_user(name, replace(account, limits=limits) if isinstance(limits, dict) else account)


def is_base64(value: object) -> bool:
    """Tell whether this is what a hash is written as."""
    try:
        return isinstance(value, str) and b64decode(value, validate=True) is not None
    except ValueError:
        return False


def grant(node: Node, vhost: str, user: str, asked: Mapping[str, Any]) -> None:
    """Give permissions as a document describes them. Raises Refused 400."""
    if vhost not in node.broker.vhosts or user not in node.accounts:
        raise bad_request("vhost_or_user_not_found")
    missing = [f"{{key_missing,{name}}}" for name in PERMISSIONS if name not in asked]
    if missing:
        raise bad_request(f"[{','.join(missing)}]")
    patterns = {name: _text(name, asked[name]) for name in PERMISSIONS}
    for pattern in patterns.values():
        _require_pattern(pattern)
    node.do(commands.SetPermissions(user, vhost, **patterns))


def grant_topic(node: Node, vhost: str, user: str, asked: Mapping[str, Any]) -> None:
    """Say which routing keys a user may use with an exchange. Raises Refused 400."""
    if vhost not in node.broker.vhosts or user not in node.accounts:
        raise bad_request("vhost_or_user_not_found")
    fields = ("exchange", "write", "read")
    missing = [f"{{key_missing,{name}}}" for name in fields if name not in asked]
    if missing:
        raise bad_request(f"[{','.join(missing)}]")
    exchange, write, read = (_text(name, asked[name]) for name in fields)
    host = node.broker.vhosts[vhost]
    if exchange not in host.exchanges and host.semantics.topics_go_with_exchange:
        raise bad_request(["no_such_exchange", exchange])
    for pattern in (write, read):
        _require_pattern(pattern)
    try:
        node.do(SetTopicPermissions(user, vhost, exchange, (write, read)))
    except PatternError as error:  # it was one until the names were put in
        raise bad_request(f"no regular expression with its names: {error}") from error


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise bad_request(f"{name} is a text")
    return value


def _require_pattern(pattern: str) -> None:
    try:
        linear(pattern)
    except PatternError as error:
        raise bad_request(f"invalid regular expression {pattern!r}: {error}") from error


def topic_permissions(node: Node) -> list[dict[str, Any]]:
    """Describe all topic permissions."""
    return [
        {"user": user.name, "vhost": vhost, "exchange": exchange, **topics.patterns}
        for user in node.broker.users.values()
        for vhost, access in user.access.items()
        for exchange, topics in access.topics.items()
    ]


# Users


def _list(node: Node, request: Request) -> Answer:
    return _listed(node, request, node.accounts)


def _without_permissions(node: Node, request: Request) -> Answer:
    allowed = {each["user"] for each in node.permissions()}
    return _listed(node, request, [each for each in node.accounts if each not in allowed])


def _listed(node: Node, request: Request, names: Iterable[str]) -> Answer:
    answer = whole if is_one_of(node, "3.10") else listed
    return answer(request, [describe(name, node.accounts[name]) for name in names])


def _show(node: Node, _request: Request, user: str) -> Answer:
    return shown(describe(user, found(node.accounts.get(user))))


def _put(node: Node, request: Request, user: str) -> Answer:
    existed = user in node.accounts
    take(node, user, request.json())
    return made(existed=existed)


def _delete(node: Node, _request: Request, user: str) -> Answer:
    found(node.accounts.get(user))
    node.delete_user(user)
    return Answer()


def _bulk_delete(node: Node, request: Request) -> Answer:
    named = request.need("users")
    for user in named if isinstance(named, list) else ():
        if user in node.accounts:
            node.delete_user(user)
    return Answer()


# Permissions


def _list_permissions(node: Node, _request: Request) -> Answer:
    return shown([*node.permissions()])


def _of_user(node: Node, _request: Request, user: str) -> Answer:
    found(node.accounts.get(user))
    return shown([each for each in node.permissions() if each["user"] == user])


def _of_vhost(node: Node, _request: Request, vhost: str) -> Answer:
    the_vhost(node, vhost)
    return shown([each for each in node.permissions() if each["vhost"] == vhost])


def _find(node: Node, vhost: str, user: str) -> dict[str, str] | None:
    asked = {"user": user, "vhost": vhost}
    return next((each for each in node.permissions() if asked.items() <= each.items()), None)


def _show_permissions(node: Node, _request: Request, vhost: str, user: str) -> Answer:
    return shown(found(_find(node, vhost, user)))


def _put_permissions(node: Node, request: Request, vhost: str, user: str) -> Answer:
    existed = _find(node, vhost, user) is not None
    grant(node, vhost, user, request.json())
    return made(existed=existed)


def _delete_permissions(node: Node, _request: Request, vhost: str, user: str) -> Answer:
    found(_find(node, vhost, user))
    node.do(commands.ClearPermissions(user, vhost))
    return Answer()


# Topic permissions


def _list_topics(node: Node, _request: Request) -> Answer:
    return shown(topic_permissions(node))


def _topics_of_user(node: Node, _request: Request, user: str) -> Answer:
    found(node.accounts.get(user))
    return shown([each for each in topic_permissions(node) if each["user"] == user])


def _topics_of_vhost(node: Node, _request: Request, vhost: str) -> Answer:
    the_vhost(node, vhost)
    return shown([each for each in topic_permissions(node) if each["vhost"] == vhost])


def _topics_of_both(node: Node, vhost: str, user: str) -> list[dict[str, Any]]:
    wanted = {"user": user, "vhost": vhost}
    return [each for each in topic_permissions(node) if wanted.items() <= each.items()]


def _show_topics(node: Node, _request: Request, vhost: str, user: str) -> Answer:
    return shown(found(_topics_of_both(node, vhost, user) or None))


def _put_topic(node: Node, request: Request, vhost: str, user: str) -> Answer:
    existed = bool(_topics_of_both(node, vhost, user))
    grant_topic(node, vhost, user, request.json())
    return made(existed=existed)


def _delete_topics(node: Node, _request: Request, vhost: str, user: str) -> Answer:
    for each in found(_topics_of_both(node, vhost, user) or None):
        node.do(SetTopicPermissions(user, vhost, each["exchange"], None))
    return Answer()


ROUTES: Routes = {
    "users": {"GET": _list},
    "users/without-permissions": {"GET": _without_permissions},
    "users/bulk-delete": {"POST": _bulk_delete},
    "users/*": {"GET": _show, "PUT": _put, "DELETE": _delete},
    "users/*/permissions": {"GET": _of_user},
    "users/*/topic-permissions": {"GET": _topics_of_user},
    "vhosts/*/permissions": {"GET": _of_vhost},
    "vhosts/*/topic-permissions": {"GET": _topics_of_vhost},
    "permissions": {"GET": _list_permissions},
    "permissions/*/*": {
        "GET": _show_permissions,
        "PUT": _put_permissions,
        "DELETE": _delete_permissions,
    },
    "topic-permissions": {"GET": _list_topics},
    "topic-permissions/*/*": {"GET": _show_topics, "PUT": _put_topic, "DELETE": _delete_topics},
}
