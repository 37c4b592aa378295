"""From the file to the model, at the start."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError
from warren.simulator.model.changes import Changes, Contents
from warren.simulator.model.exchange import Binding, identity
from warren.simulator.model.queue import Queue
from warren.simulator.tcp.data import settings
from warren.simulator.tcp.data.documents import read_definition, read_message
from warren.simulator.tcp.data.errors import DataError
from warren.simulator.tcp.data.file import IN_ORDER
from warren.simulator.tcp.management.request import Refused

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from pathlib import Path

    from warren.simulator.model.changes import Definition
    from warren.simulator.model.ready import Enqueued
    from warren.simulator.tcp.data.settings import Setting
    from warren.simulator.tcp.node import Node

Ids = dict["Hashable", int]
"""Numbers in the file, by what `key_of` returns."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was there: definitions by their numbers, settings, and the last number given; and what is recorded now."""

    ids: Ids
    settings: dict[Setting, None]
    last: int
    changes: Changes


def key_of(thing: Definition) -> Hashable:
    """Return what tells a definition from all others."""
    if isinstance(thing, Binding):
        return identity(thing.source, thing.destination, thing.routing_key, thing.arguments)
    return thing


def restore(node: Node, database: sqlite3.Connection, path: Path) -> Restored:
    """Have the node be as the file says, and record what changes. Raises DataError."""
    try:
        with node.turn():
            return _restore(node, database)
    except sqlite3.Error as error:
        raise DataError(f"{path} is damaged ({error}); name another file") from error
    except (AmqpError, Refused, ValueError, LookupError, TypeError, RecursionError) as error:
        why = f"{type(error).__name__}: {error}"
        raise DataError(
            f"{path} is not what an embedded broker kept ({why}); name another file"
        ) from error


def _restore(node: Node, database: sqlite3.Connection) -> Restored:
    run = database.execute
    kept = dict.fromkeys(run("SELECT kind, document FROM setting ORDER BY id"))
    if kept:
        settings.restore(node, kept)
    vhosts = node.broker.vhosts
    things = {
        number: read_definition(kind, document, vhosts)
        for number, kind, document in run(
            "SELECT id, kind, document FROM definition ORDER BY kind = 'binding', id"
        )
    }
    settings.restore_topics(node, kept)
    changes = node.broker.record()
    in_order = run("SELECT value FROM about WHERE name = 'ended'").fetchone() == (IN_ORDER,)
    node.broker.restore(_contents(database, things), node.now(), in_order=in_order)
    (last,) = run(
        "SELECT max(coalesce(max(id), 0), (SELECT coalesce(max(id), 0) FROM definition), "
        "coalesce(max(turn), 0)) FROM message"
    ).fetchone()
    return Restored({key_of(each): number for number, each in things.items()}, kept, last, changes)


def _contents(database: sqlite3.Connection, things: Mapping[int, Definition]) -> Iterator[Contents]:
    rows = database.execute(
        "SELECT queue, id, position, taken, redelivered, failures, acquired, "
        "expires_at, exchange, routing_key, properties, rest, body FROM message ORDER BY queue, turn"
    )
    for number, group in groupby(rows, key=itemgetter(0)):
        queue = things[number]
        if not isinstance(queue, Queue):
            raise ValueError(f"{number} is no queue")  # noqa: TRY004 - it is the file that is wrong
        ready: list[Enqueued] = []
        held: list[Enqueued] = []
        for _, row, position, taken, redelivered, failures, acquired, *columns in group:
            enqueued = read_message(queue, position, tuple(columns))
            enqueued.kept_as = row
            enqueued.redelivered = bool(redelivered)
            enqueued.failures, enqueued.acquired = failures, acquired
            (held if taken else ready).append(enqueued)
        yield Contents(queue, ready, held)
