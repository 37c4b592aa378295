"""Gathering the parts of a package: its row is written once, after all of theirs."""

from dataclasses import dataclass

import pika
import sqlalchemy as sa

from reference_impl.hardened.errors import RejectedError
from reference_impl.hardened.tables import insert_once, package, part_result
from reference_impl.schema import log, now


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of which package a message is: the headers that our stream consumer adds."""

    package: str
    index: int
    count: int

    @property
    def message_id(self) -> str:
        """The part's identity, the same whenever its package is published again."""
        return f"{self.package}/{self.index}"

    @property
    def headers(self) -> dict[str, object]:
        """The headers `package`, `index` and `count`."""
        return {"package": self.package, "index": self.index, "count": self.count}

    @classmethod
    def of(cls, properties: pika.BasicProperties) -> "Part | None":
        """Read the headers; None if a peer published the part without them."""
        match properties.headers or {}:
            case {"package": str(name), "index": int(index), "count": int(count)}:
                return cls(name, index, count)
        return None


class Gathering:
    """Knows which parts of a package are done.

    A part that is done locks its package's row for one short transaction. So of two that finish
    together the second sees the first, and exactly one of them is the last. The work comes before
    that, in parallel. SQLite needs no row lock: its transactions come one after another.
    """

    def open(self, connection: sa.Connection, first: Part, message: str) -> None:
        """Make the package's row before its parts are published, if it is not there yet."""
        row = {"id": first.package, "message": message, "count": first.count, "created_at": now()}
        insert_once(connection, package, row)

    def add(self, connection: sa.Connection, part: Part, body: str) -> None:
        """Log a part that is done and, after the last one, its package; each only once.

        Raises:
            RejectedError: nobody opened that package in this database.

        """
        source = self.lock(connection, part)
        if not self.record(connection, part):
            return
        log(connection, body)
        if self.is_complete(connection, part):
            log(connection, source)
            done = package.update().where(package.c.id == part.package)
            connection.execute(done.values(completed_at=now()))

    def lock(self, connection: sa.Connection, part: Part) -> str:
        """Lock the package until the transaction ends; give its source body."""
        row = sa.select(package.c.message).where(package.c.id == part.package)
        source = connection.scalar(row.with_for_update())
        if source is None:
            raise RejectedError(f"there is no package {part.package!r}")
        return str(source)

    def record(self, connection: sa.Connection, part: Part) -> bool:
        """Record the part; False if it was done before."""
        row = {"package": part.package, "index": part.index, "created_at": now()}
        return insert_once(connection, part_result, row)

    def is_complete(self, connection: sa.Connection, part: Part) -> bool:
        """Tell whether all parts are recorded."""
        parts = sa.select(sa.func.count()).where(part_result.c.package == part.package)
        return connection.scalar(parts) == part.count
