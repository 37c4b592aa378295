"""How exchanges, queues, bindings and messages are written in the file, and read again.

A document is JSON, with field tables as their octets in base64: so no type in them is lost.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from warren.simulator.model import Message
from warren.simulator.model.exchange import Binding, Exchange
from warren.simulator.model.queue import Queue
from warren.simulator.model.ready import Enqueued
from warren.simulator.session.properties import Properties
from warren.simulator.wire import decode_table, encode_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.model.changes import Definition
    from warren.simulator.model.vhost import VHost

Row = tuple[Any, ...]


def kind_of(thing: Definition) -> str:
    """Return the kind under which it is written."""
    if isinstance(thing, Binding):
        return "binding"
    return "queue" if isinstance(thing, Queue) else "exchange"


def is_predeclared(thing: Definition) -> bool:
    """Tell whether every virtual host has it anyway."""
    return isinstance(thing, Exchange) and (not thing.name or thing.name.startswith("amq."))


def write_definition(thing: Definition) -> str:
    """Describe an exchange, a queue or a binding."""
    if isinstance(thing, Binding):
        return json.dumps(
            {
                "vhost": thing.source.vhost.name,
                "source": thing.source.name,
                "destination": thing.destination.name,
                "to_queue": isinstance(thing.destination, Queue),
                "key": thing.routing_key,
                "arguments": _table(thing.arguments),
            }
        )
    described = {
        "vhost": thing.vhost.name,
        "name": thing.name,
        "auto_delete": thing.auto_delete,
        "arguments": _table(thing.arguments),
    }
    if isinstance(thing, Exchange):
        described |= {"type": thing.type, "durable": thing.durable, "internal": thing.internal}
    return json.dumps(described)


def read_definition(kind: str, document: str, vhosts: Mapping[str, VHost]) -> Definition:
    """Make what a document describes."""
    saved = json.loads(document)
    vhost, arguments = vhosts[saved["vhost"]], _read_table(saved["arguments"])
    if kind == "binding":
        source = vhost.exchanges[saved["source"]]
        ends: Mapping[str, Exchange | Queue] = (
            vhost.queues if saved["to_queue"] else vhost.exchanges
        )
        destination = ends[saved["destination"]]
        vhost.bind(source, destination, saved["key"], arguments)
        return Binding(source, destination, saved["key"], arguments)
    if kind == "queue":
        return vhost.make_queue(
            saved["name"],
            vhost.semantics.queue_types[str(arguments.get("x-queue-type", "classic"))],
            durable=True,
            auto_delete=saved["auto_delete"],
            owner=None,
            arguments=arguments,
        )
    return vhost.make_exchange(
        saved["name"],
        saved["type"],
        durable=saved["durable"],
        auto_delete=saved["auto_delete"],
        internal=saved["internal"],
        arguments=arguments,
    )


def write_message(enqueued: Enqueued) -> Row:
    """Return the columns of a message that never change: from `expires_at` to `body`."""
    message = enqueued.message
    properties: Any = message.properties  # ours: the model hands them on as they are
    rest = None
    if message.copies or message.blind_copies or message.deaths or message.failures:
        deaths = [_table(each) for each in message.deaths]
        rest = json.dumps([message.copies, message.blind_copies, deaths, message.failures])
    return (
        enqueued.expires_at,
        _octets(message.exchange),
        _octets(message.routing_key),
        properties.octets,
        rest,
        message.body,
    )


def read_message(queue: Queue, position: int, columns: Row) -> Enqueued:
    """Return a message at its position in `queue`; the columns are those of `write_message`."""
    expires_at, exchange, key, properties, rest, body = columns
    copies, blind_copies, deaths, failures = ((), (), (), 0) if rest is None else json.loads(rest)
    message = Message(
        _text(exchange),
        _text(key),
        Properties(properties),
        body,
        tuple(copies),
        tuple(blind_copies),
        tuple(_read_table(each) for each in deaths),
        failures,
    )
    return Enqueued(queue, message, position, expires_at)


def _table(table: Mapping[str, object]) -> str:
    values: Any = table  # they came from the wire, so it can write them
    return b64encode(encode_table(values)).decode()


def _read_table(saved: str) -> Mapping[str, object]:
    return decode_table(b64decode(saved), 0)[0]


def _octets(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")
