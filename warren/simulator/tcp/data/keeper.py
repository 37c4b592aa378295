"""Writes down what changes in what outlives the broker: one transaction for all turns of one pass of the loop."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from warren.simulator.model.changes import Place
from warren.simulator.tcp.data.documents import (
    is_predeclared,
    kind_of,
    write_definition,
    write_message,
)
from warren.simulator.tcp.data.errors import DataError
from warren.simulator.tcp.data.file import IN_ORDER, open_data
from warren.simulator.tcp.data.restoring import key_of, restore
from warren.simulator.tcp.data.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from warren.simulator.model.ready import Enqueued
    from warren.simulator.tcp.data.documents import Row
    from warren.simulator.tcp.node import Node

Written: TypeAlias = "tuple[str, list[Row]]"
"""A statement, and the rows that it is for."""
_INSERT = "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_UPDATE = (
    "UPDATE message SET turn = ?, position = ?, taken = ?, redelivered = ?, failures = ?, acquired = ? "
    "WHERE id = ?"
)
_DELETE = "DELETE FROM message WHERE id BETWEEN ? AND ?"


class Keeper:
    """Keeps one node's data in one file, from the start of its process to the end."""

    def __init__(self, node: Node, path: Path) -> None:
        """Take up what an earlier broker left in the file, and record from now on. Raises DataError."""
        self._node = node
        self._path = path
        self._database = open_data(path, node.options.semantics)
        try:
            restored = restore(node, self._database, path)
            self._settings = restored.settings
            self._ids = restored.ids
            self._changes = restored.changes
            self._numbers = count(
                restored.last + 1
            )  # of messages, definitions, and their last changes
            self._note_end("cut off")  # unless it comes in order
            self.keep_settings()
        except BaseException:
            self._database.close()
            raise

    def keep(self) -> None:
        """Write what has changed since the last time, all or nothing. Raises DataError."""
        changes = self._changes
        if not changes:
            return
        written = [*self._definitions(), *self._messages()]
        if written:
            with self._transaction() as database:
                for statement, rows in written:
                    database.executemany(statement, rows)
        changes.clear()

    def keep_settings(self) -> None:
        """Write what operators have set otherwise than it was kept. Raises DataError."""
        now, kept = settings(self._node), self._settings
        new = [each for each in now if each not in kept]
        gone = [each for each in kept if each not in now]
        if not (new or gone):
            return
        with self._transaction() as database:
            database.executemany("DELETE FROM setting WHERE kind = ? AND document = ?", gone)
            database.executemany("INSERT INTO setting (kind, document) VALUES (?, ?)", new)
        self._settings = now

    def close(self) -> None:
        """Write the rest, and that the end was in order; the file is nobody's then. Raises DataError."""
        self.keep()
        self._note_end(IN_ORDER)
        try:
            self._database.close()
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    # One thing and another

    def _definitions(self) -> Iterator[Written]:
        for thing, exists in self._changes.definitions:
            if not exists:
                number = self._ids.pop(key_of(thing), None)
                if number is not None:
                    yield "DELETE FROM definition WHERE id = ?", [(number,)]
                    yield "DELETE FROM message WHERE queue = ?", [(number,)]
            elif not is_predeclared(thing):
                self._ids[key_of(thing)] = number = next(self._numbers)
                row = (number, kind_of(thing), write_definition(thing))
                yield "INSERT INTO definition VALUES (?, ?, ?)", [row]

    def _messages(self) -> Iterator[Written]:
        new: list[Row] = []
        moved: list[Row] = []
        gone: list[int] = []
        for enqueued, place in self._changes.messages.items():
            queue, row = enqueued.queue, enqueued.kept_as
            if queue.deleted:
                continue
            if place is Place.GONE:
                if row:
                    gone.append(row)
                    enqueued.kept_as = 0
                continue
            taken = place is Place.TAKEN
            if row:
                if not taken or queue.remembers_taken:
                    moved.append((*self._where(enqueued, taken=taken), row))
            elif queue.keeps(enqueued):
                where = self._where(enqueued, taken=taken)
                enqueued.kept_as = where[0]
                new.append((where[0], self._ids[queue], *where, *write_message(enqueued)))
        for statement, rows in ((_DELETE, ranges(gone)), (_UPDATE, moved), (_INSERT, new)):
            if rows:
                yield statement, rows

    def _where(self, enqueued: Enqueued, *, taken: bool) -> Row:
        """Return the columns of a message that change."""
        counts = (enqueued.redelivered, enqueued.failures, enqueued.acquired)
        return (next(self._numbers), enqueued.position, taken, *counts)

    def _note_end(self, how: str) -> None:
        with self._transaction() as database:
            database.execute("UPDATE about SET value = ? WHERE name = 'ended'", (how,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._database.execute("BEGIN")
            yield self._database
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    def _trouble(self, error: sqlite3.Error) -> DataError:
        return DataError(
            f"{self._path} cannot be written ({error}); what was not confirmed may be lost"
        )


def ranges(numbers: list[int]) -> list[Row]:
    """Return first and last of what follows one upon another: a purge is a few statements, and not one for each."""
    numbers.sort()
    found: list[Row] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
