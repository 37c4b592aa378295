"""Definitions, of the broker and of single virtual hosts: exported and imported."""

from __future__ import annotations

import json
from email import message_from_bytes
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from warren.simulator.tcp.management import definitions, listing
from warren.simulator.tcp.management.releases import is_one_of
from warren.simulator.tcp.management.request import Answer, Refused, Request, bad_request

if TYPE_CHECKING:
    from warren.simulator.tcp.management.routing import Routes
    from warren.simulator.tcp.node import Node


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
    definitions.import_all(node, _document(request))
    return Answer()


def _import_vhost(node: Node, request: Request, vhost: str) -> Answer:
    if vhost not in node.broker.vhosts:
        raise Refused(HTTPStatus.NOT_FOUND, "vhost_not_found")
    definitions.import_into(node, node.broker.vhosts[vhost], _document(request))
    return Answer()


def _document(request: Request) -> dict[str, Any]:
    """Return the document that is the body, or a form's file `file`, as a browser sends it."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return request.json()
    form = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body)
    for part in form.walk():
        if part.get_param("name", header="content-disposition") == "file":
            payload = part.get_payload(decode=True)
            body = payload if isinstance(payload, bytes) else b""
            return json.loads(body) if _is_object(body) else request.json()
    raise bad_request("failed_to_parse_json")


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


ROUTES: Routes = {
    "definitions": {"GET": _export, "POST": _import},
    "definitions/*": {"GET": _export_vhost, "POST": _import_vhost},
}
