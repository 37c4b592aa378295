"""Tasks: made by `http`, completed once by a consumer."""

import random
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from reference_impl.schema import now, task

_LARGEST_RESULT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Task:
    """A row of `task`; times in UTC, whole seconds."""

    id: int
    result: str | None
    created_at: datetime
    completed_at: datetime | None

    @property
    def process_time(self) -> int:
        """Whole seconds from creation to completion; 0 while it is not complete."""
        if self.completed_at is None:
            return 0
        return int((self.completed_at - self.created_at).total_seconds())


class Tasks:
    """The table `task`."""

    def __init__(self, database: sa.Engine) -> None:
        """Keep tasks in `database`."""
        self._database = database

    def add(self) -> int:
        """Insert a task; its id."""
        with self._database.begin() as connection:
            inserted = connection.execute(task.insert().values(created_at=now()))
            key = inserted.inserted_primary_key
        assert key is not None  # a single-row insert has one
        return int(key[0])

    def remove(self, task_id: int) -> None:
        """Delete a task that could not be handed over."""
        with self._database.begin() as connection:
            connection.execute(task.delete().where(task.c.id == task_id))

    def get(self, task_id: int) -> Task | None:
        """Read a task; None if there is no such task."""
        with self._database.begin() as connection:
            row = connection.execute(task.select().where(task.c.id == task_id)).one_or_none()
        return None if row is None else Task(row.id, row.result, row.created_at, row.completed_at)

    def complete(self, task_id: int) -> None:
        """Give the task a random result, unless it has one."""
        open_task = task.update().where(task.c.id == task_id, task.c.completed_at.is_(None))
        result = str(random.randint(0, _LARGEST_RESULT))  # noqa: S311 - as the document
        with self._database.begin() as connection:
            connection.execute(open_task.values(result=result, completed_at=now()))
