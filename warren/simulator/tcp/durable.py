"""What outlives a broker's process: all that a restart of the model leaves, and users and vhosts.

One private file, written when the broker ends in order and read when it starts. A broker that is
killed leaves the file of its last orderly end. The file is JSON, with octets in base64.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from warren.simulator.model import Message, commands
from warren.simulator.model.exchange import Exchange
from warren.simulator.model.policies import Policy
from warren.simulator.model.queue import Queue
from warren.simulator.session.properties import Properties
from warren.simulator.tcp.accounts import Account
from warren.simulator.wire import decode_table, encode_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from warren.simulator.model.ready import Enqueued
    from warren.simulator.model.vhost import VHost
    from warren.simulator.tcp.node import Node

_FORM = 2


class DataError(Exception):
    """The file cannot be read, understood or written; the text is a sentence for a person."""


# Out


def save(node: Node, path: Path) -> None:
    """Write all that survives; every connection is closed by now. Raises DataError."""
    document = {
        "form": _FORM,
        "users": [
            {"name": name, "password_hash": account.password_hash, "tags": account.tags}
            for name, account in node.accounts.items()
        ],
        "permissions": [*node.permissions()],
        "vhosts": [_vhost(vhost) for vhost in node.broker.vhosts.values()],
    }
    draft = _draft(path)
    try:
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(document), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error}); nothing is saved") from error


def check_writable(path: Path) -> None:
    """Find out at the start whether the end can `save`. Raises DataError."""
    draft = _draft(path)
    try:
        draft.touch(mode=0o600)
        draft.unlink()
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error}); name another file") from error


def _draft(path: Path) -> Path:
    return path.with_name(f"{path.name}.draft")


def _vhost(vhost: VHost) -> dict[str, Any]:
    exchanges = [each for each in vhost.exchanges.values() if vhost.survives(each)]
    return {
        "name": vhost.name,
        "default_queue_type": vhost.default_queue_type,
        "policies": _policies(vhost.policies.own),
        "operator_policies": _policies(vhost.policies.operators),
        "exchanges": [_exchange(each) for each in exchanges if not _is_predeclared(each)],
        "queues": [_queue(each) for each in vhost.queues.values() if vhost.survives(each)],
        "bindings": [
            {
                "source": each.source.name,
                "destination": each.destination.name,
                "to_queue": isinstance(each.destination, Queue),
                "key": each.routing_key,
                "arguments": _table(each.arguments),
            }
            for exchange in exchanges
            for each in exchange.bindings()
            if vhost.survives(each.destination)
        ],
    }


def _policies(policies: Mapping[str, Policy]) -> list[dict[str, Any]]:
    return [
        {field: getattr(each, field) for field in Policy.__match_args__}
        for each in policies.values()
    ]


def _is_predeclared(exchange: Exchange) -> bool:
    return not exchange.name or exchange.name.startswith("amq.")


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "name": exchange.name,
        "type": exchange.type,
        "durable": exchange.durable,
        "auto_delete": exchange.auto_delete,
        "internal": exchange.internal,
        "arguments": _table(exchange.arguments),
    }


def _queue(queue: Queue) -> dict[str, Any]:
    return {
        "name": queue.name,
        "auto_delete": queue.auto_delete,
        "arguments": _table(queue.arguments),
        "messages": [_message(each) for each in queue.survivors()],
    }


def _message(enqueued: Enqueued) -> dict[str, Any]:
    message = enqueued.message
    properties: Any = message.properties  # ours: the model hands them on as they are
    return {
        "exchange": message.exchange,
        "key": message.routing_key,
        "properties": _text(properties.octets),
        "body": _text(message.body),
        "copies": message.copies,
        "blind_copies": message.blind_copies,
        "deaths": [_table(each) for each in message.deaths],
        "redelivered": enqueued.redelivered,
        "expires_at": enqueued.expires_at,
    }


def _table(table: Mapping[str, object]) -> str:
    values: Any = table  # they came from the wire, so it can write them
    return _text(encode_table(values))


def _text(octets: bytes) -> str:
    return b64encode(octets).decode()


# In


def load(node: Node, path: Path) -> None:
    """Take up what an earlier broker saved; nothing when there is no file. Raises DataError."""
    try:
        with suppress(FileNotFoundError):
            _restore(node, json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is not what an embedded broker saved ({error}); name another file"
        ) from error


def _restore(node: Node, document: Any) -> None:
    if document["form"] != _FORM:
        raise ValueError(f"form {document['form']}, while this version reads {_FORM}")
    with node.turn():
        for user in document["users"]:
            if user["name"] not in node.accounts:  # the command line's password holds
                node.add_user(user["name"], Account(user["password_hash"], tuple(user["tags"])))
        for vhost in document["vhosts"]:
            node.do(commands.AddVhost(vhost["name"], vhost.get("default_queue_type")))
            _restore_vhost(node.broker.vhosts[vhost["name"]], vhost)
        for each in document["permissions"]:
            node.do(commands.SetPermissions(**each))


def _restore_vhost(vhost: VHost, saved: Any) -> None:
    for kind, operator in (("policies", False), ("operator_policies", True)):
        for each in saved.get(kind, ()):  # a file of an earlier version has none
            vhost.set_policy(each["name"], Policy(**each), operator=operator)
    for each in saved["exchanges"]:
        vhost.exchanges[each["name"]] = Exchange(
            vhost,
            each["name"],
            each["type"],
            durable=each["durable"],
            auto_delete=each["auto_delete"],
            internal=each["internal"],
            arguments=_read_table(each["arguments"]),
        )
    for each in saved["queues"]:
        arguments = _read_table(each["arguments"])
        queue = vhost.make_queue(
            each["name"],
            vhost.semantics.queue_types[str(arguments.get("x-queue-type", "classic"))],
            durable=True,
            auto_delete=each["auto_delete"],
            owner=None,
            arguments=arguments,
        )
        for message in each["messages"]:
            queue.restore(
                _read_message(message),
                redelivered=message["redelivered"],
                expires_at=message["expires_at"],
            )
    for each in saved["bindings"]:
        destinations: Mapping[str, Exchange | Queue] = (
            vhost.queues if each["to_queue"] else vhost.exchanges
        )
        source, destination = vhost.exchanges[each["source"]], destinations[each["destination"]]
        vhost.bind(source, destination, each["key"], _read_table(each["arguments"]))


def _read_message(saved: Any) -> Message:
    return Message(
        saved["exchange"],
        saved["key"],
        Properties(b64decode(saved["properties"])),
        b64decode(saved["body"]),
        tuple(saved["copies"]),
        tuple(saved["blind_copies"]),
        tuple(_read_table(each) for each in saved["deaths"]),
    )


def _read_table(saved: str) -> Mapping[str, object]:
    return decode_table(b64decode(saved), 0)[0]
