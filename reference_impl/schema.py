"""The document's two tables, and how their database is opened.

Migrations are in `migrations/`; a query stands where it is needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import event

metadata = sa.MetaData()

_LOCK_WAIT_SECONDS = 30

message_log = sa.Table(
    "message_log",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
)

task = sa.Table(
    "task",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("result", sa.String(255)),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("completed_at", sa.DateTime),
)


def engine(url: str) -> sa.Engine:
    """Open a pool on the database; every wait for a connection or a lock is bounded.

    SQLite transactions take the write lock at once (`BEGIN IMMEDIATE`): one that reads first and
    writes later would otherwise fail when another wrote in between, without any waiting.
    """
    backend = sa.make_url(url).get_backend_name()
    wait = {"timeout" if backend == "sqlite" else "connect_timeout": _LOCK_WAIT_SECONDS}
    pool = sa.create_engine(url, connect_args=wait, pool_pre_ping=backend != "sqlite")
    if backend == "sqlite":
        event.listen(pool, "connect", _leave_transactions_to_us)
        event.listen(pool, "begin", _begin_immediate)
    return pool


@contextmanager
def database(url: str) -> Iterator[sa.Engine]:
    """Open a pool as `engine` does, and close it."""
    pool = engine(url)
    try:
        yield pool
    finally:
        pool.dispose()


def now() -> datetime:
    """Tell the time as the tables hold it: UTC, whole seconds, as Doctrine's `datetime` does."""
    return datetime.now(UTC).replace(microsecond=0, tzinfo=None)


def log(connection: sa.Connection, message: str) -> None:
    """Add one row to `message_log`."""
    connection.execute(message_log.insert().values(message=message, created_at=now()))


def _leave_transactions_to_us(connection: object, _record: object) -> None:
    """Keep the driver from beginning transactions itself: it would wait for the first write."""
    connection.isolation_level = None  # type: ignore[attr-defined]  # sqlite3.Connection


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
