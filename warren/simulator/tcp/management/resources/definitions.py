"""Definitions, of the broker and of single virtual hosts: exported and imported."""

from __future__ import annotations

from email import message_from_bytes, message_from_string
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from warren.simulator.tcp.management import definitions, listing
from warren.simulator.tcp.management.reading import read
from warren.simulator.tcp.management.releases import is_one_of
from warren.simulator.tcp.management.request import Answer, Refused, Request, bad_request
from warren.simulator.tcp.management.routing import in_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from warren.simulator.tcp.management.routing import Routes
    from warren.simulator.tcp.node import Node

MOST_PARTS, LONGEST_HEAD = 16, 4096
"""Parts of a form, and octets before the contents of one."""


def _export(node: Node, request: Request) -> Answer:
    return _file(node, request, definitions.export(node))


def _export_vhost(node: Node, request: Request, vhost: str) -> Answer:
    if vhost not in node.broker.vhosts:
        raise bad_request("vhost_not_found")
    return _file(node, request, definitions.export_vhost(node, node.broker.vhosts[vhost]))


def _file(node: Node, request: Request, document: dict[str, Any]) -> Answer:
    if is_one_of(node, "3.10", "4.0"):  # 4.3 shows all, whatever is asked for
        document = listing.columns_of(request.query, document) or {}
    name = request.query.get("download")
    if name is None:
        return listing.document(document, {})
    safe = "".join(each for each in name if each.isalnum() or each in "._-")
    return listing.document(document, {"Content-Disposition": f"attachment; filename={safe}"})


def _import(node: Node, request: Request) -> Answer:
    return Answer(portions=_imported(node, request, partial(definitions.import_all, node)))


def _import_vhost(node: Node, request: Request, vhost: str) -> Answer:
    if vhost not in node.broker.vhosts:
        raise Refused(HTTPStatus.NOT_FOUND, "vhost_not_found")
    into = partial(definitions.import_into, node, vhost)
    return Answer(portions=_imported(node, request, into))


def _imported(
    node: Node, request: Request, importing: Callable[[Any], Generator[None, None, None]]
) -> Generator[None, None, bytes]:
    document = yield from read(_document(request))
    yield from in_turns(node, importing(document))
    return b""


def _document(request: Request) -> bytes:
    """Return the body, or a form's file `file`, as a browser sends it."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return request.body
    boundary = message_from_string(f"Content-Type: {kind}\n\n").get_boundary()
    for part in request.body.split(f"--{boundary}".encode(), MOST_PARTS)[1:]:
        head, _, _ = part[:LONGEST_HEAD].partition(b"\r\n\r\n")
        about = message_from_bytes(head.strip())
        if about.get_param("name", header="content-disposition") == "file":
            return part[len(head) :].strip()
    raise bad_request("failed_to_parse_json")


ROUTES: Routes = {
    "definitions": {"GET": _export, "POST": _import},
    "definitions/*": {"GET": _export_vhost, "POST": _import_vhost},
}
