"""The queue: one table, several queues by name, messages in the order of their ids.

A message that is taken becomes invisible for a while (the visibility timeout) instead of being
locked: no transaction stays open while somebody works, and the death of a worker needs nobody to
notice it. Whoever takes it then takes it again; a receipt tells the two apart.

Taking locks one row and skips those that others are taking (SELECT … FOR UPDATE SKIP LOCKED: MySQL 8,
MariaDB 10.6, PostgreSQL 9.5). SQLite has no row locks: there `reference_impl.schema.engine` takes the
write lock of the whole file first, and takers wait for each other.
"""

import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from reference_impl.errors import ConsumerError
from reference_impl.table_queue.clock import database_now

_RECEIPT_BYTES = 16

metadata = sa.MetaData()

queue_message = sa.Table(
    "queue_message",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("queue", sa.String(255), nullable=False),
    sa.Column("body", sa.LargeBinary(2**24 - 1), nullable=False),
    sa.Column("visible_at", sa.Double, nullable=False),
    sa.Column("deliveries", sa.Integer, nullable=False),
    sa.Column("receipt", sa.String(2 * _RECEIPT_BYTES)),
    sa.Index("queue_message_in_order", "queue", "id"),
)
_columns = queue_message.c


class LostError(ConsumerError):
    """A message is no longer ours: it was settled, or its visibility timeout was over and another took it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message in a worker's hands, until the visibility timeout is over."""

    id: int
    body: bytes
    deliveries: int
    receipt: str

    @property
    def redelivered(self) -> bool:
        """Whether it was taken before."""
        return self.deliveries > 1


class TableQueue:
    """One queue in the table; any number of workers may use it at once."""

    def __init__(self, database: sa.Engine, name: str, visibility: float) -> None:
        """Use the queue `name`; what is taken stays invisible for `visibility` seconds."""
        sqlite = database.dialect.name == "sqlite"
        # Under MySQL's default, REPEATABLE READ, a taker would also lock the rows it only passed.
        self._database = (
            database if sqlite else database.execution_options(isolation_level="READ COMMITTED")
        )
        self._name, self._visibility = name, visibility

    def create(self) -> None:
        """Make the table where it is missing. Two must not do that at once."""
        metadata.create_all(self._database)

    def put(self, body: bytes, within: sa.Connection | None = None) -> int:
        """Add a message and give its id.

        `within` is the caller's transaction: the message is there if and only if that commits.
        """
        if within is None:
            with self._database.begin() as connection:
                return self.put(body, connection)
        row = {"queue": self._name, "body": body, "visible_at": database_now(), "deliveries": 0}
        key = within.execute(queue_message.insert().values(row)).inserted_primary_key
        assert key is not None  # a single-row insert has one
        return int(key[0])

    def take(self) -> Taken | None:
        """Take the oldest message that is visible, or None."""
        receipt = secrets.token_hex(_RECEIPT_BYTES)
        oldest = (
            sa.select(_columns.id, _columns.body, _columns.deliveries)
            .where(_columns.queue == self._name, _columns.visible_at <= database_now())
            .order_by(_columns.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._database.begin() as connection:
            row = connection.execute(oldest).first()
            if row is None:
                return None
            connection.execute(
                queue_message.update()
                .where(_columns.id == row.id)
                .values(
                    visible_at=database_now() + self._visibility,
                    deliveries=row.deliveries + 1,
                    receipt=receipt,
                )
            )
        return Taken(row.id, bytes(row.body), row.deliveries + 1, receipt)

    def ack(self, receipt: str) -> None:
        """Settle a message: it is gone. Raises LostError."""
        self._settle(queue_message.delete(), receipt)

    def nack(self, receipt: str) -> None:
        """Return a message: it is visible at once, at its old place. Raises LostError."""
        visible = {"visible_at": database_now(), "receipt": None}
        self._settle(queue_message.update().values(visible), receipt)

    def extend(self, receipt: str) -> None:
        """Begin the visibility timeout anew, as a heartbeat would. Raises LostError."""
        later = {"visible_at": database_now() + self._visibility}
        self._settle(queue_message.update().values(later), receipt)

    def counts(self) -> tuple[int, int]:
        """Count the messages that are ready and those in somebody's hands."""
        ready = sa.case((_columns.visible_at <= database_now(), 1), else_=0)
        counting = sa.select(
            sa.func.count(_columns.id), sa.func.coalesce(sa.func.sum(ready), 0)
        ).where(_columns.queue == self._name)
        with self._database.begin() as connection:
            total, visible = connection.execute(counting).one()
        return int(visible), int(total) - int(visible)

    def _settle(self, statement: sa.Update | sa.Delete, receipt: str) -> None:
        mine = statement.where(_columns.queue == self._name, _columns.receipt == receipt)
        with self._database.begin() as connection:
            if connection.execute(mine).rowcount != 1:
                raise LostError("the message is not ours: it was settled, or taken by another one")
