"""Users, virtual hosts, permissions, policies, limits and parameters: what operators set, as in `definitions.json`.

They are few and change rarely, so they are compared with what was kept, and not told one by one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from warren.simulator.model import commands
from warren.simulator.tcp.management import definitions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.simulator.tcp.node import Node

TOPICS = "topic_permissions"

Setting = tuple[str, str]
"""The kind, and one document of it."""


def settings(node: Node) -> dict[Setting, None]:
    """Return all there are, in order."""
    return {
        (kind, json.dumps(document)): None
        for kind, documents in definitions.export_settings(node).items()
        for document in documents
    }


def restore(node: Node, kept: Iterable[Setting]) -> None:
    """Have these settings; what the command line says of its user holds. Raises Refused and ValueError."""
    documents: dict[str, list[Any]] = {"vhosts": []}
    for kind, text in kept:
        document = json.loads(text)
        is_ours = kind == "users" and document["name"] in node.accounts
        if kind != TOPICS and not is_ours:
            documents.setdefault(kind, []).append(document)
    definitions.import_at_once(node, documents)
    kept_vhosts = {each["name"] for each in documents["vhosts"]}
    for name in [each for each in node.broker.vhosts if each not in kept_vhosts]:
        node.do(commands.DeleteVhost(name))  # the first one, which every broker begins with


def restore_topics(node: Node, kept: Iterable[Setting]) -> None:
    """Have these topic permissions, once exchanges are there; those of one that has gone since went with it."""
    documents = [json.loads(text) for kind, text in kept if kind == TOPICS]
    vhosts = node.broker.vhosts
    there = [
        each
        for each in documents
        if each["exchange"] in vhosts[each["vhost"]].exchanges
        or not vhosts[each["vhost"]].semantics.topics_go_with_exchange
    ]
    definitions.import_at_once(node, {TOPICS: there})
