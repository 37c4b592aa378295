"""Queues. Their messages: `messages`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.model import commands
from warren.simulator.session.portions import DROPPED_AT_ONCE
from warren.simulator.tcp.management import messages, views
from warren.simulator.tcp.management.connection import OwnConnection
from warren.simulator.tcp.management.listing import listed
from warren.simulator.tcp.management.request import (
    Answer,
    Request,
    arguments_of,
    bad_request,
    is_set,
)
from warren.simulator.tcp.management.routing import (
    Routes,
    found,
    in_turns,
    made,
    shown,
    the_vhost,
    vhosts,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from warren.simulator.model.queue import Queue
    from warren.simulator.tcp.node import Node


def _list(node: Node, request: Request, *vhost: str) -> Answer:
    queues = [each for host in vhosts(node, vhost) for each in host.queues.values()]
    return listed(request, map(views.queue, queues))


def _show(node: Node, _request: Request, vhost: str, queue: str) -> Answer:
    each = found(the_vhost(node, vhost).queues.get(queue))
    consumers = [views.consumer(node, consumer) for consumer in each.consumers]
    return shown({**views.queue(each), "consumer_details": consumers})


def _put(node: Node, request: Request, vhost: str, queue: str) -> Answer:
    asked = request.json()
    existed = queue in the_vhost(node, vhost).queues
    with OwnConnection(node, request.user, vhost) as own:
        own.do(
            lambda c, n: commands.QueueDeclare(
                c,
                n,
                queue,
                durable=is_set(asked, "durable"),
                auto_delete=is_set(asked, "auto_delete"),
                arguments=arguments_of(asked),
            )
        )
    return made(existed=existed)


def _delete(node: Node, request: Request, vhost: str, queue: str) -> Answer:
    found(the_vhost(node, vhost).queues.get(queue))
    unused, empty = (request.query.get(name) == "true" for name in ("if-unused", "if-empty"))
    with OwnConnection(node, request.user, vhost) as own:
        own.do(lambda c, n: commands.QueueDelete(c, n, queue, unused, empty))
    return Answer()


def _act(node: Node, request: Request, vhost: str, queue: str) -> Answer:
    found(the_vhost(node, vhost).queues.get(queue))
    raise bad_request(f"unknown action {request.need('action')}")


def _purge(node: Node, request: Request, vhost: str, queue: str) -> Answer:
    each = found(the_vhost(node, vhost).queues.get(queue))
    return Answer(portions=in_turns(node, _purged(node, request.user, each)))


def _purged(node: Node, user: str, queue: Queue) -> Generator[None, None, bytes]:
    with OwnConnection(node, user, queue.vhost.name) as own:
        while len(queue.ready) > DROPPED_AT_ONCE and not queue.deleted:
            own.do(lambda c, n: commands.QueuePurge(c, n, queue.name, portion=DROPPED_AT_ONCE))
            yield
        own.do(lambda c, n: commands.QueuePurge(c, n, queue.name))
    return b""


def _rebalance(_node: Node, _request: Request) -> Answer:
    return Answer()  # there is one node to be on


ROUTES: Routes = {
    "queues": {"GET": _list},
    "queues/*": {"GET": _list},
    "queues/*/*": {"GET": _show, "PUT": _put, "DELETE": _delete},
    "queues/*/*/contents": {"DELETE": _purge},
    "queues/*/*/actions": {"POST": _act},
    "rebalance/queues": {"POST": _rebalance},
    "queues/*/*/get": {"POST": messages.get},
}
