"""Virtual hosts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from warren.simulator.model import SEMANTICS, commands
from warren.simulator.model.vhost import UNDEFINED_TYPE
from warren.simulator.tcp.management import views
from warren.simulator.tcp.management.listing import listed
from warren.simulator.tcp.management.releases import as_told, is_one_of
from warren.simulator.tcp.management.request import Answer, Request, bad_request
from warren.simulator.tcp.management.routing import Routes, made, shown, the_vhost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.model.vhost import VHost
    from warren.simulator.tcp.node import Node


def metadata(node: Node, vhost: VHost) -> dict[str, Any]:
    """Return what operators say about a virtual host."""
    said = {"description": "", "tags": [], **node.records.metadata.get(vhost.name, {})}
    if vhost.default_queue_type != UNDEFINED_TYPE:
        said["default_queue_type"] = vhost.default_queue_type
    return said


def describe(node: Node, vhost: VHost) -> dict[str, Any]:
    """Describe a virtual host."""
    said = metadata(node, vhost)
    described = {
        "name": vhost.name,
        **said,
        "default_queue_type": vhost.default_queue_type,
        "protected_from_deletion": False,
        "metadata": metadata(node, vhost),
        "tracing": False,
    }
    stats = views.total_stats([vhost])
    if stats:
        described["message_stats"] = stats
    return as_told(node, "vhost", described)


def take(node: Node, name: str, asked: Mapping[str, Any]) -> None:
    """Make a virtual host as a document describes it, or change it. Raises Refused 400."""
    if not isinstance(asked.get("tags") or [], str | list):
        raise bad_request("tags are a text or a list")
    given = asked.get("metadata")
    said = {**(given if isinstance(given, dict) else {}), **asked}
    node.do(commands.AddVhost(name, _queue_type(node, said)))
    tags = said.get("tags") or []
    words = tags.split(",") if isinstance(tags, str) else map(str, tags)
    node.records.metadata[name] = {
        "description": str(said.get("description", "")),
        "tags": [word.strip() for word in words if word.strip()],
    }


def _queue_type(node: Node, said: Mapping[str, Any]) -> str | None:
    """Return the type that queues of a virtual host are to have when none is given; 3.10 knows it by one name alone."""
    semantics = SEMANTICS[node.options.semantics]
    asked = said.get("defaultqueuetype")
    if semantics.names_default_type:
        asked = said.get("default_queue_type", asked)
    if asked in {None, UNDEFINED_TYPE}:
        return None
    if asked not in semantics.queue_types:
        raise bad_request(f"{asked} is not a valid queue type")
    return str(asked)


def _list(node: Node, request: Request) -> Answer:
    if not is_one_of(node, "3.10"):  # later ones show all columns, whichever are asked for
        query = {key: value for key, value in request.query.items() if key != "columns"}
        request = replace(request, query=query)
    return listed(request, [describe(node, each) for each in node.broker.vhosts.values()])


def _show(node: Node, _request: Request, vhost: str) -> Answer:
    return shown(describe(node, the_vhost(node, vhost)))


def _put(node: Node, request: Request, vhost: str) -> Answer:
    existed = vhost in node.broker.vhosts
    take(node, vhost, request.json())
    if not existed:  # its maker may use it, as in RabbitMQ
        node.do(commands.SetPermissions(request.user, vhost))
    return made(existed=existed)


def _delete(node: Node, _request: Request, vhost: str) -> Answer:
    the_vhost(node, vhost)
    node.do(commands.DeleteVhost(vhost))
    node.records.forget_vhost(vhost)
    return Answer()


ROUTES: Routes = {
    "vhosts": {"GET": _list},
    "vhosts/*": {"GET": _show, "PUT": _put, "DELETE": _delete},
}
