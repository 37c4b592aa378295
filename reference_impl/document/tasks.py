"""The entity `Task`: making one, completing one."""

import random
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from reference_impl.schema import now, task

PHP_INT_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Completed:
    """A task with its result; times in UTC, whole seconds."""

    result: str
    created_at: datetime
    completed_at: datetime

    @property
    def process_time(self) -> int:
        """`DateInterval::$s` between the two times.

        Defect: that is the seconds' part of the interval, not its length: 61 s are 1.
        """
        return int((self.completed_at - self.created_at).total_seconds()) % 60


def add(database: sa.Engine) -> int:
    """Insert a task; its id."""
    with database.begin() as connection:
        inserted = connection.execute(task.insert().values(created_at=now()))
        key = inserted.inserted_primary_key
    assert key is not None  # a single-row insert has one
    return int(key[0])


def complete(database: sa.Engine, task_id: int) -> Completed | None:
    """Give the task a random result, again if it has one; None if there is no such task.

    Defect: nothing keeps a redelivered message from changing a result that was given.
    """
    with database.begin() as connection:
        created_at = connection.scalar(sa.select(task.c.created_at).where(task.c.id == task_id))
        if created_at is None:
            return None
        result = str(random.randint(0, PHP_INT_MAX))  # noqa: S311 - as the document
        completed_at = now()
        connection.execute(
            task.update()
            .where(task.c.id == task_id)
            .values(result=result, completed_at=completed_at)
        )
    return Completed(result, created_at, completed_at)
