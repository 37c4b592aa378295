"""The paths of the management API: one function each, and the table that finds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from warren.simulator.model import SEMANTICS, commands
from warren.simulator.tcp.accounts import Account
from warren.simulator.tcp.management import messages, views
from warren.simulator.tcp.management.connection import OwnConnection
from warren.simulator.tcp.management.request import Answer, Refused, Request, require_short
from warren.simulator.wire import EncodeError, encode_table

if TYPE_CHECKING:
    from warren.simulator.model.vhost import VHost
    from warren.simulator.session import Session
    from warren.simulator.tcp.node import Node

T = TypeVar("T")
Handler = Callable[..., Answer]


def answer(node: Node, request: Request) -> Answer:
    """Find who answers a request; raises Refused."""
    wanted = (request.method, len(request.path))
    for (method, *pattern), handler in ROUTES.items():
        if (method, len(pattern)) == wanted and all(
            part in {name, "*"} for part, name in zip(pattern, request.path, strict=True)
        ):
            captured = [
                name for part, name in zip(pattern, request.path, strict=True) if part == "*"
            ]
            for name in captured:
                require_short(name)
            with node.turn():
                return handler(node, request, *captured)
    raise Refused(HTTPStatus.NOT_FOUND, "Not Found")


def _shown(document: Any) -> Answer:
    return Answer(HTTPStatus.OK, document)


def _found(thing: T | None) -> T:
    if thing is None:
        raise Refused(HTTPStatus.NOT_FOUND, "Not Found")
    return thing


def _vhosts(node: Node, names: Iterable[str]) -> list[VHost]:
    return [_found(node.broker.vhosts.get(name)) for name in names] or [
        *node.broker.vhosts.values()
    ]


# The broker as a whole


def _overview(node: Node, _request: Request) -> Answer:
    return _shown(views.overview(node))


def _whoami(node: Node, request: Request) -> Answer:
    return _shown(views.user(request.user, node.accounts[request.user]))


def _alarms(node: Node, _request: Request) -> Answer:
    if node.hub.memory.alarm:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return Answer(status, {"status": "failed", "reason": "There are alarms in effect"})
    return _shown({"status": "ok"})


# Virtual hosts, users, permissions


def _list_vhosts(node: Node, _request: Request) -> Answer:
    return _shown([views.vhost(each) for each in node.broker.vhosts.values()])


def _show_vhost(node: Node, _request: Request, vhost: str) -> Answer:
    return _shown(views.vhost(_found(node.broker.vhosts.get(vhost))))


def _put_vhost(node: Node, request: Request, vhost: str) -> Answer:
    existed = vhost in node.broker.vhosts
    node.do(commands.AddVhost(vhost, _queue_type(node, request)))
    if not existed:  # its maker may use it, as in RabbitMQ
        node.do(commands.SetPermissions(request.user, vhost))
    return Answer(HTTPStatus.NO_CONTENT if existed else HTTPStatus.CREATED)


def _queue_type(node: Node, request: Request) -> str | None:
    """Return the type that queues of a virtual host are to have when none is given."""
    asked = request.json().get("default_queue_type")
    if asked is not None and asked not in SEMANTICS[node.options.semantics].queue_types:
        raise Refused(HTTPStatus.BAD_REQUEST, f"there is no queue type {asked!r}")
    return None if asked is None else str(asked)


def _delete_vhost(node: Node, _request: Request, vhost: str) -> Answer:
    _found(node.broker.vhosts.get(vhost))
    node.do(commands.DeleteVhost(vhost))
    return Answer()


def _list_users(node: Node, _request: Request) -> Answer:
    return _shown([views.user(name, account) for name, account in node.accounts.items()])


def _show_user(node: Node, _request: Request, user: str) -> Answer:
    return _shown(views.user(user, _found(node.accounts.get(user))))


def _put_user(node: Node, request: Request, user: str) -> Answer:
    asked = request.json()
    password, tags = asked.get("password"), asked.get("tags", "")
    if not isinstance(password, str) or not isinstance(tags, str | list):
        raise Refused(HTTPStatus.BAD_REQUEST, "a user needs a password and tags")
    words = tags.split(",") if isinstance(tags, str) else map(str, tags)
    existed = user in node.accounts
    node.add_user(user, Account(password, tuple(word.strip() for word in words if word.strip())))
    return Answer(HTTPStatus.NO_CONTENT if existed else HTTPStatus.CREATED)


def _delete_user(node: Node, _request: Request, user: str) -> Answer:
    _found(node.accounts.get(user))
    node.delete_user(user)
    return Answer()


def _list_permissions(node: Node, _request: Request) -> Answer:
    return _shown([*node.permissions()])


def _show_permissions(node: Node, _request: Request, vhost: str, user: str) -> Answer:
    asked = {"user": user, "vhost": vhost}
    shown = (each for each in node.permissions() if asked.items() <= each.items())
    return _shown(_found(next(shown, None)))


def _put_permissions(node: Node, request: Request, vhost: str, user: str) -> Answer:
    _found(node.broker.vhosts.get(vhost))
    _found(node.accounts.get(user))
    asked = request.json()
    try:
        patterns = {name: str(asked[name]) for name in ("configure", "write", "read")}
        node.do(commands.SetPermissions(user, vhost, **patterns))
    except (KeyError, re.error) as error:
        raise Refused(
            HTTPStatus.BAD_REQUEST, f"configure, write and read are regular expressions: {error}"
        ) from error
    return Answer(HTTPStatus.CREATED)


def _delete_permissions(node: Node, _request: Request, vhost: str, user: str) -> Answer:
    _found(node.broker.vhosts.get(vhost))
    _found(node.accounts.get(user))
    node.do(commands.ClearPermissions(user, vhost))
    return Answer()


# Queues, exchanges, bindings


def _list_queues(node: Node, _request: Request, *vhost: str) -> Answer:
    return _shown(
        [views.queue(each) for host in _vhosts(node, vhost) for each in host.queues.values()]
    )


def _show_queue(node: Node, _request: Request, vhost: str, queue: str) -> Answer:
    host = _found(node.broker.vhosts.get(vhost))
    return _shown(views.queue(_found(host.queues.get(queue))))


def _put_queue(node: Node, request: Request, vhost: str, queue: str) -> Answer:
    asked = request.json()
    with OwnConnection(node, request.user, vhost) as own:
        existed = queue in node.broker.vhosts[vhost].queues
        own.do(
            lambda c, n: commands.QueueDeclare(
                c,
                n,
                queue,
                durable=asked.get("durable", True) is True,
                auto_delete=asked.get("auto_delete") is True,
                arguments=_arguments(asked),
            )
        )
    return Answer(HTTPStatus.NO_CONTENT if existed else HTTPStatus.CREATED)


def _delete_queue(node: Node, request: Request, vhost: str, queue: str) -> Answer:
    _show_queue(node, request, vhost, queue)
    unused, empty = (request.query.get(name) == "true" for name in ("if-unused", "if-empty"))
    with OwnConnection(node, request.user, vhost) as own:
        own.do(lambda c, n: commands.QueueDelete(c, n, queue, unused, empty))
    return Answer()


def _purge(node: Node, request: Request, vhost: str, queue: str) -> Answer:
    with OwnConnection(node, request.user, vhost) as own:
        own.do(lambda c, n: commands.QueuePurge(c, n, queue))
    return Answer()


def _list_exchanges(node: Node, _request: Request, *vhost: str) -> Answer:
    return _shown(
        [views.exchange(each) for host in _vhosts(node, vhost) for each in host.exchanges.values()]
    )


def _show_exchange(node: Node, _request: Request, vhost: str, exchange: str) -> Answer:
    host = _found(node.broker.vhosts.get(vhost))
    return _shown(views.exchange(_found(host.exchanges.get(exchange))))


def _put_exchange(node: Node, request: Request, vhost: str, exchange: str) -> Answer:
    asked = request.json()
    with OwnConnection(node, request.user, vhost) as own:
        existed = exchange in node.broker.vhosts[vhost].exchanges
        own.do(
            lambda c, n: commands.ExchangeDeclare(
                c,
                n,
                exchange,
                str(asked.get("type", "direct")),
                durable=asked.get("durable", True) is True,
                auto_delete=asked.get("auto_delete") is True,
                internal=asked.get("internal") is True,
                arguments=_arguments(asked),
            )
        )
    return Answer(HTTPStatus.NO_CONTENT if existed else HTTPStatus.CREATED)


def _delete_exchange(node: Node, request: Request, vhost: str, exchange: str) -> Answer:
    _show_exchange(node, request, vhost, exchange)
    with OwnConnection(node, request.user, vhost) as own:
        own.do(lambda c, n: commands.ExchangeDelete(c, n, exchange))
    return Answer()


def _list_bindings(node: Node, _request: Request, *vhost: str) -> Answer:
    return _shown(
        [
            views.binding(each)
            for host in _vhosts(node, vhost)
            for exchange in host.exchanges.values()
            for each in exchange.bindings()
        ]
    )


def _post_binding(node: Node, request: Request, vhost: str, source: str, queue: str) -> Answer:
    asked = request.json()
    key = require_short(str(asked.get("routing_key", "")))
    with OwnConnection(node, request.user, vhost) as own:
        own.do(
            lambda c, n: commands.QueueBind(c, n, queue, source, key, arguments=_arguments(asked))
        )
    return Answer(HTTPStatus.CREATED)


def _arguments(asked: dict[str, Any]) -> dict[str, Any]:
    arguments = asked.get("arguments", {})
    if not isinstance(arguments, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, "arguments are a JSON object")
    try:
        encode_table(arguments)
    except EncodeError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"AMQP has no such arguments: {error}") from error
    return arguments


# Connections


def _list_connections(node: Node, _request: Request, *vhost: str) -> Answer:
    for name in vhost:
        _found(node.broker.vhosts.get(name))
    shown = (views.connection(node, each) for each in node.hub.sessions.values())
    return _shown([each for each in shown if each and (not vhost or each["vhost"] in vhost)])


def _show_connection(node: Node, _request: Request, name: str) -> Answer:
    return _shown(_found(views.connection(node, _session(node, name))))


def _close_connection(node: Node, request: Request, name: str) -> Answer:
    reason = request.headers.get("x-reason") or "Closed via management plugin"
    node.do(commands.ForceClose(_session(node, name).number, reason))
    return Answer()


def _session(node: Node, name: str) -> Session:
    return _found(next((each for each in node.hub.sessions.values() if each.name == name), None))


ROUTES: dict[tuple[str, ...], Handler] = {
    ("GET", "overview"): _overview,
    ("GET", "whoami"): _whoami,
    ("GET", "health", "checks", "alarms"): _alarms,
    ("GET", "vhosts"): _list_vhosts,
    ("GET", "vhosts", "*"): _show_vhost,
    ("PUT", "vhosts", "*"): _put_vhost,
    ("DELETE", "vhosts", "*"): _delete_vhost,
    ("GET", "users"): _list_users,
    ("GET", "users", "*"): _show_user,
    ("PUT", "users", "*"): _put_user,
    ("DELETE", "users", "*"): _delete_user,
    ("GET", "permissions"): _list_permissions,
    ("GET", "permissions", "*", "*"): _show_permissions,
    ("PUT", "permissions", "*", "*"): _put_permissions,
    ("DELETE", "permissions", "*", "*"): _delete_permissions,
    ("GET", "queues"): _list_queues,
    ("GET", "queues", "*"): _list_queues,
    ("GET", "queues", "*", "*"): _show_queue,
    ("PUT", "queues", "*", "*"): _put_queue,
    ("DELETE", "queues", "*", "*"): _delete_queue,
    ("DELETE", "queues", "*", "*", "contents"): _purge,
    ("POST", "queues", "*", "*", "get"): messages.get,
    ("GET", "exchanges"): _list_exchanges,
    ("GET", "exchanges", "*"): _list_exchanges,
    ("GET", "exchanges", "*", "*"): _show_exchange,
    ("PUT", "exchanges", "*", "*"): _put_exchange,
    ("DELETE", "exchanges", "*", "*"): _delete_exchange,
    ("POST", "exchanges", "*", "*", "publish"): messages.publish,
    ("GET", "bindings"): _list_bindings,
    ("GET", "bindings", "*"): _list_bindings,
    ("POST", "bindings", "*", "e", "*", "q", "*"): _post_binding,
    ("GET", "connections"): _list_connections,
    ("GET", "vhosts", "*", "connections"): _list_connections,
    ("GET", "connections", "*"): _show_connection,
    ("DELETE", "connections", "*"): _close_connection,
}
"""Method and path below /api; `*` is any one name."""
