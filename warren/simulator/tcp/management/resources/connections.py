"""Connections, channels and consumers: shown; connections are closed, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warren.simulator.model import commands
from warren.simulator.tcp.management import views
from warren.simulator.tcp.management.listing import listed, whole
from warren.simulator.tcp.management.request import Answer, Request
from warren.simulator.tcp.management.routing import Routes, found, shown, the_vhost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.simulator.model.channel import Channel
    from warren.simulator.session import Session
    from warren.simulator.tcp.node import Node


def _all(node: Node) -> list[dict[str, Any]]:
    every = (views.connection(node, each) for each in node.hub.sessions.values())
    return [each for each in every if each]


def _list(node: Node, request: Request, *vhost: str) -> Answer:
    for name in vhost:
        the_vhost(node, name)
    answer = whole if vhost else listed
    return answer(request, [each for each in _all(node) if not vhost or each["vhost"] in vhost])


def _of_user(node: Node, request: Request, user: str) -> Answer:
    return whole(request, [each for each in _all(node) if each["user"] == user])


def _close_user(node: Node, request: Request, user: str) -> Answer:
    for each in _all(node):
        if each["user"] == user:
            _close(node, request, each["name"])
    return Answer()


def _show(node: Node, _request: Request, name: str) -> Answer:
    return shown(found(views.connection(node, _session(node, name))))


def _close(node: Node, request: Request, name: str) -> Answer:
    reason = request.headers.get("x-reason") or "Closed via management plugin"
    node.do(commands.ForceClose(_session(node, name).number, reason))
    return Answer()


def _session(node: Node, name: str) -> Session:
    return found(next((each for each in node.hub.sessions.values() if each.name == name), None))


# Channels and consumers


def _open_channels(node: Node) -> Iterator[Channel]:
    for connection in node.broker.connections.values():
        if connection.number in node.hub.sessions:
            yield from connection.channels.values()


def _channels(node: Node, request: Request, *vhost: str) -> Answer:
    for name in vhost:
        the_vhost(node, name)
    every = (
        views.channel(node, each)
        for each in _open_channels(node)
        if not vhost or each.vhost.name in vhost
    )
    answer = whole if vhost else listed
    return answer(request, [each for each in every if each])


def _channels_of_connection(node: Node, request: Request, name: str) -> Answer:
    number = _session(node, name).number
    every = (
        views.channel(node, each)
        for each in _open_channels(node)
        if each.connection.number == number
    )
    return whole(request, [each for each in every if each])


def _show_channel(node: Node, _request: Request, name: str) -> Answer:
    for each in _open_channels(node):
        described = views.channel(node, each)
        if described is not None and described["name"] == name:
            consumers = [views.consumer(node, one) for one in each.consumers.values()]
            return shown({**described, "consumer_details": consumers})
    return shown(found(None))


def _consumers(node: Node, request: Request, *vhost: str) -> Answer:
    for name in vhost:
        the_vhost(node, name)
    return whole(
        request,
        [
            views.consumer(node, each)
            for channel in _open_channels(node)
            for each in channel.consumers.values()
            if not vhost or channel.vhost.name in vhost
        ],
    )


ROUTES: Routes = {
    "connections": {"GET": _list},
    "vhosts/*/connections": {"GET": _list},
    "connections/*": {"GET": _show, "DELETE": _close},
    "connections/username/*": {"GET": _of_user, "DELETE": _close_user},
    "connections/*/channels": {"GET": _channels_of_connection},
    "channels": {"GET": _channels},
    "vhosts/*/channels": {"GET": _channels},
    "channels/*": {"GET": _show_channel},
    "consumers": {"GET": _consumers},
    "consumers/*": {"GET": _consumers},
}
