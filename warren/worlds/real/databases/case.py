"""The database of one case, as the rig reads it."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, insert, inspect, select, text, type_coerce
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import NullType

from warren.errors import DatabaseUnavailable, FaultUnsupported, InstanceError, UnreadEffect
from warren.evidence.rows import MessageRow, TableRows, TaskRow
from warren.worlds.database_line.mysql import MysqlFollower
from warren.worlds.database_line.postgresql import PostgresqlFollower
from warren.worlds.real.databases.address import DatabaseUrls
from warren.worlds.real.databases.any_tables import (
    UNREADABLE,
    generated_columns,
    read_table,
    read_tables,
)
from warren.worlds.real.databases.file_locks import FileLocks
from warren.worlds.real.databases.line import FileLine, UnfollowedLine
from warren.worlds.real.databases.refusals import refusals
from warren.worlds.real.databases.schema import MESSAGE_LOG, TASK
from warren.worlds.real.runs.mounts import SmallDisk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import URL, Engine, FromClause, Row, Select

    from warren.evidence.frames import Fact
    from warren.worlds.database_line.pieces import Follower

_MESSAGES = select(MESSAGE_LOG.c.id, MESSAGE_LOG.c.message).order_by(MESSAGE_LOG.c.id)
_TASKS = select(
    TASK.c.id,
    TASK.c.result,
    type_coerce(TASK.c.completed_at, NullType()).label("completed_at"),  # as it is, of any format
).order_by(TASK.c.id)
"""The judged columns and no other: only these may be wrong. Made once, since rows are read many times a second."""
_OCTETS = text(
    "SELECT character_octet_length FROM information_schema.columns"
    " WHERE table_name = 'message_log' AND column_name = 'message'"
    " AND :schema IN (table_schema, table_catalog)"
)
"""A database is a schema to MySQL, a catalogue to PostgreSQL."""
_LOCK_TIMEOUT = 5  # seconds that SQLite waits for another writer
_SMALL: Final = 16 << 20
"""Octets of a file system that is to be full: with room for all that a case writes."""
_HIDDEN: Final = "_hidden"
_Followed = tuple[int, type[PostgresqlFollower | MysqlFollower]]
_FOLLOWED: Final[dict[str, _Followed]] = {
    "postgresql": (5432, PostgresqlFollower),
    "mysql": (3306, MysqlFollower),
}
"""The servers whose protocol is followed: the port that a URL need not name, and what follows it."""
_READABLE: Final = (None, "disable", "allow", "prefer")
"""What a URL may say of `sslmode` so that a line can read along."""


class CaseDatabase:
    """A copy of an implementation's template.

    A read is one statement outside any transaction, so it holds up no writer, and asks the server once.
    """

    def __init__(self, name: str, url: URL) -> None:
        """Name the database at `url`; nothing is opened before it is needed."""
        self.name = name
        self.urls = DatabaseUrls.of(url)
        self._url = url
        self._engine: Engine | None = None
        self._reader: Engine | None = None
        self._disk: SmallDisk | None = None
        self._locks = self._file_locks()
        self._hidden: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What it is: sqlite, postgresql or mysql."""
        return self._url.get_backend_name()

    @property
    def server(self) -> tuple[str, int] | None:
        """Where a relay reaches its server; None where there is none whose protocol is followed."""
        host, asked = self._url.host, self._url.query
        is_readable = asked.get("sslmode") in _READABLE and not any("ssl_" in key for key in asked)
        if self.kind not in _FOLLOWED or not host or host.startswith("/") or not is_readable:
            return None
        return host, self._url.port or _FOLLOWED[self.kind][0]

    def follower(self) -> Follower:
        """Make what reads along on one connection to `server`."""
        return _FOLLOWED[self.kind][1]()

    def line(
        self,
        instance: str,
        now: Callable[[], float],
        log: Callable[[Fact], None],
        whose: Callable[[int], str | None],
    ) -> UnfollowedLine:
        """Give an instance its way to a database without a `server`; `whose` tells whose a process is (`FileHold`)."""
        if self._locks is None:
            return UnfollowedLine(self.kind)
        return FileLine(self._locks, instance, now, log, whose, disk=self._disk)

    def let_commits_be_held(self) -> None:
        """Make what must be made before any instance has it open, so that its commits can be held."""
        if self._locks is not None:
            self.close()
            self._locks.use_rollback_journal()

    def let_space_run_out(self) -> None:
        """Move a file to a small file system, before any instance has it open; a server needs nothing.

        Raises `FaultUnsupported` where there can be no such file system, or nobody follows the server's protocol.
        """
        if self._locks is None and self.server is None:
            raise FaultUnsupported("it cannot be made to run out of space", where=self.kind)
        if self._locks is not None and self._url.database:
            file = Path(self._url.database)
            self.close()
            self._disk = SmallDisk(file.with_suffix(".disk"), _SMALL)
            moved = shutil.move(file, self._disk.folder)
            self._url = self._url.set(database=str(moved))
            self.urls, self._locks = DatabaseUrls.of(self._url), self._file_locks()

    def lock(self) -> None:
        """Keep everybody else from writing, until `unlock`. Raises `FaultUnsupported` for a server.

        There who finds a lock waits for as long as it takes; with a file it fails after its own busy time-out.
        """
        if self._locks is None:
            raise FaultUnsupported("a lock is waited for, and fails nobody", where=self.kind)
        try:
            self._locks.lock()
        except sqlite3.OperationalError as error:
            raise self._unusable("it cannot be locked", MESSAGE_LOG, error) from error

    def unlock(self) -> None:
        """Let others write again."""
        if self._locks is not None:
            self._locks.unlock()

    def hide_tables(self, *, every: bool) -> None:
        """Take the contract's tables away, or `every` one, as in the middle of a migration, until `show_tables`."""
        self._hidden = self._all_tables() if every else (MESSAGE_LOG.name, TASK.name)
        self._rename(*self._hidden, suffix="", to=_HIDDEN)

    def show_tables(self) -> None:
        """Give them back."""
        self._rename(*self._hidden, suffix=_HIDDEN, to="")

    def engine(self) -> Engine:
        """Return the engine, closed by `close`."""
        if self._engine is None:
            self._engine = open_engine(self._url)
        return self._engine

    def _reading(self) -> Engine:
        """Return the engine that rows are read by, closed by `close`."""
        if self._reader is None:
            self._reader = open_engine(self._url, isolation_level="AUTOCOMMIT")
        return self._reader

    def messages(self) -> tuple[MessageRow, ...]:
        """Return the rows of message_log by id. Raises InstanceError if they break the contract."""
        return tuple(MessageRow(row.id, row.message) for row in self._rows(_MESSAGES, MESSAGE_LOG))

    def tasks(self) -> tuple[TaskRow, ...]:
        """Return the rows of task by id. Raises InstanceError if they break the contract."""
        return tuple(
            TaskRow(row.id, row.result, row.completed_at) for row in self._rows(_TASKS, TASK)
        )

    def count(self, sql: str, unit_id: str, number: int) -> int:
        """Return the number that a user's statement finds. Raises InstanceError if the database does not take it."""
        statement = text(sql)
        known = {"id": unit_id, "number": number}
        given = {name: known[name] for name in statement.compile().params if name in known}
        try:
            with self.engine().connect() as connection:
                found = connection.scalar(statement, given)
        except (SQLAlchemyError, ValueError, TypeError) as error:
            raise UnreadEffect(
                f"its effect cannot be read: {first_line(error)}",
                f"{sql!r} in {self.name}",
                "mend the statement of the effect, or the tables that it reads",
            ) from error
        if not isinstance(found, int | Decimal | None):
            raise InstanceError(
                f"it gives {found!r:.80}, which is no number",
                f"{sql!r} in {self.name}",
                "let the effect's statement count: SELECT count(*) FROM … WHERE … = :id",
            )
        return int(found or 0)

    def table(self, name: str) -> TableRows | None:
        """Return the rows of one table; None where there is none. Raises InstanceError if they cannot be read."""
        try:
            with self._reading().connect() as connection:
                return read_table(connection, name)
        except UNREADABLE as error:
            raise self._unreadable(error) from error

    def contents(self) -> dict[str, TableRows]:
        """Return the rows of every table. Raises InstanceError if they cannot be read."""
        try:
            with self.engine().connect() as connection:
                return read_tables(connection)
        except UNREADABLE as error:
            raise self._unreadable(error) from error

    def generated_columns(self) -> dict[str, frozenset[str]]:
        """Return the columns of each table whose values the database makes. Raises InstanceError if it does not say."""
        try:
            with self.engine().connect() as connection:
                return generated_columns(connection)
        except UNREADABLE as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> InstanceError:
        what = f"its tables cannot be read: {first_line(error)}"
        return InstanceError(what, f"database {self.name}")

    def add_task(self) -> int:
        """Insert a task that nobody has begun and return its id. Raises InstanceError if that cannot be done."""
        now = datetime.now(UTC).replace(tzinfo=None)
        try:
            with self.engine().begin() as connection:
                inserted = connection.execute(insert(TASK).values(created_at=now))
                key = inserted.inserted_primary_key
        except SQLAlchemyError as error:
            raise self._unusable("no row can be added", TASK, error) from error
        assert key is not None, "the table has a primary key"
        return int(key[0])

    def refuse(self, table: str, what: str) -> None:
        """Refuse, from now on, the rows of a table that `refusals` describes. Raises DatabaseUnavailable."""
        try:
            with self.engine().begin() as connection:
                for statement in refusals(self._url.get_backend_name(), table, what):
                    connection.exec_driver_sql(statement)
        except SQLAlchemyError as error:
            raise DatabaseUnavailable(
                f"it takes no trigger: {first_line(error)}",
                f"table {table} in {self.name}",
                "give its user the right to make triggers (MySQL: log_bin_trust_function_creators)",
            ) from error

    def longest_message(self) -> int | None:
        """Return how many octets a message of message_log may have; None in SQLite, which sets no bound.

        Raises InstanceError if the table breaks the contract.
        """
        if self._url.get_backend_name() == "sqlite":
            return None
        try:
            with self.engine().connect() as connection:
                octets: int | None = connection.scalar(_OCTETS, {"schema": self._url.database})
        except SQLAlchemyError as error:
            raise self._unusable("its columns cannot be read", MESSAGE_LOG, error) from error
        return octets

    def disconnect(self) -> None:
        """Close our connections; what reads it next opens another."""
        for engine in (self._engine, self._reader):
            if engine is not None:
                engine.dispose()
        self._engine = self._reader = None

    def close(self) -> None:
        """Close our connections, and hold nothing any more."""
        self.disconnect()
        if self._locks is not None:
            self._locks.close()
        if self._disk is not None:
            self._disk.close()

    def _file_locks(self) -> FileLocks | None:
        file = self._url.database if self.kind == "sqlite" else None
        return FileLocks(Path(file)) if file else None

    def _all_tables(self) -> tuple[str, ...]:
        try:
            return tuple(inspect(self.engine()).get_table_names())
        except SQLAlchemyError as error:
            raise InstanceError(
                f"its tables cannot be listed: {first_line(error)}", f"database {self.name}"
            ) from error

    def _rename(self, *tables: str, suffix: str, to: str) -> None:
        try:
            with self.engine().begin() as connection:
                quote = connection.dialect.identifier_preparer.quote
                for table in tables:
                    old, new = map(quote, (f"{table}{suffix}", f"{table}{to}"))
                    connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
        except SQLAlchemyError as error:
            raise InstanceError(
                f"its tables cannot be renamed: {first_line(error)}",
                f"database {self.name}",
                "keep no transaction open without need",
            ) from error

    def _rows(self, query: Select[Any], table: FromClause) -> Sequence[Row[Any]]:
        try:
            with self._reading().connect() as connection:
                return connection.execute(query).all()
        except (SQLAlchemyError, ValueError, TypeError) as error:
            raise self._unusable("its rows cannot be read", table, error) from error

    def _unusable(self, what: str, table: FromClause, error: Exception) -> InstanceError:
        """Say that the implementation has made its tables other than we can use them."""
        return InstanceError(
            f"{what}: {first_line(error)}",
            f"table {table} in {self.name}",
            "make the tables as docs/contract.md has them, and leave them free for others",
        )


def open_engine(url: URL, **arguments: Any) -> Engine:
    """Return an engine whose connections wait for a lock, and for an answer, a bounded time."""
    limits: dict[str, dict[str, Any]] = {
        "sqlite": {"timeout": _LOCK_TIMEOUT},
        "postgresql": {"connect_timeout": 10},
        "mysql": {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60},
    }
    return create_engine(url, connect_args=limits[url.get_backend_name()], **arguments)


def first_line(error: Exception) -> str:
    """Return what a driver said, without the statement and the links that SQLAlchemy adds."""
    said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
    return said.splitlines()[0]
