"""The tables, and transactions that outlast an absent database."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa

T = TypeVar("T")
METADATA = sa.MetaData()

MESSAGE_LOG = sa.Table(
    "message_log",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("created_at", sa.TIMESTAMP, nullable=False),
)
TASK = sa.Table(
    "task",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("result", sa.String(255)),
    sa.Column("created_at", sa.TIMESTAMP, nullable=False),
    sa.Column("completed_at", sa.TIMESTAMP),
)
# Messages whose effect is there: written in its transaction, so that a redelivery adds none.
HANDLED = sa.Table(
    "handled",
    METADATA,
    sa.Column("exchange", sa.String(255), primary_key=True),
    sa.Column("message_id", sa.String(255), primary_key=True),
)

NOTE = sa.text(
    "INSERT INTO handled (exchange, message_id) VALUES (:exchange, :id) ON CONFLICT DO NOTHING"
)
BUSY = 5  # seconds: a locked SQLite file, a connection to PostgreSQL
SILENT = 30  # seconds: a server that does not answer is given up
REFUSALS = 3  # the same row, refused that often, will never be taken
UNDEFINED_TABLE = "42P01"


class Refused(Exception):  # noqa: N818 - a fact about one row
    """The database is there and does not take this row."""


class Database:
    """One pool of connections."""

    def __init__(self, url: str) -> None:
        wait = {"timeout": BUSY} if url.startswith("sqlite") else {"connect_timeout": BUSY}
        self._engine = sa.create_engine(url, connect_args=wait)

    def create_tables(self) -> None:
        """Make what is not there yet."""
        METADATA.create_all(self._engine)

    def transact(self, work: Callable[[sa.Connection], T]) -> T:
        """Do work in one transaction, once."""
        with self._engine.begin() as connection, _deadline(connection):
            return work(connection)

    def persist(self, work: Callable[[sa.Connection], T], pause: Callable[[float], None]) -> T:
        """Do work in one transaction, again and again while the database is away."""
        refusals, seconds = 0, 0.25
        while True:
            try:
                return self.transact(work)
            except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
                if not _away(error):
                    refusals += 1
                if refusals == REFUSALS:
                    raise Refused(str(error)) from error
            pause(seconds)
            seconds = min(seconds * 2, 2.0)


def log(connection: sa.Connection, body: str) -> None:
    """Leave one row with this body."""
    connection.execute(MESSAGE_LOG.insert().values(message=body, created_at=now()))


def note(connection: sa.Connection, exchange: str, message_id: str | None) -> bool:
    """Note that this message has its effect; False if it had it before. Without an id nobody knows."""
    if message_id is None:
        return True
    return connection.execute(NOTE, {"exchange": exchange, "id": message_id}).rowcount == 1


def noted(connection: sa.Connection, exchange: str, message_id: str | None) -> bool:
    """Whether this message has its effect already."""
    same = (HANDLED.c.exchange == exchange) & (HANDLED.c.message_id == message_id)
    return connection.execute(sa.select(HANDLED).where(same)).first() is not None


def insert_task(connection: sa.Connection) -> int:
    """The id of a new task."""
    inserted = TASK.insert().values(created_at=now()).returning(TASK.c.id)
    return int(connection.execute(inserted).scalar_one())


def complete_task(connection: sa.Connection, task: int, result: str) -> str | None:
    """The result of a task, which is this one unless it has one; None if there is no such task."""
    mine = TASK.c.id == task
    open_ = mine & TASK.c.completed_at.is_(None)
    connection.execute(TASK.update().where(open_).values(result=result, completed_at=now()))
    found: str | None = connection.scalar(sa.select(TASK.c.result).where(mine))
    return found


def now() -> datetime:
    """The time, as the columns hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


def _away(error: sa.exc.SQLAlchemyError) -> bool:
    """Whether the database could not be asked, or is being migrated: another try may do."""
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError | sa.exc.TimeoutError):
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    return error.connection_invalidated or getattr(error.orig, "sqlstate", "") == UNDEFINED_TABLE


@contextmanager
def _deadline(connection: sa.Connection) -> Iterator[None]:
    """Hang up on a server that says nothing, so that its transaction and locks go, too."""
    driver: Any = connection.connection.driver_connection
    if not hasattr(driver, "fileno"):  # SQLite has a time-out of its own
        yield
        return
    timer = threading.Timer(SILENT, _hang_up, (driver,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(driver: Any) -> None:
    with socket.socket(fileno=os.dup(driver.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
