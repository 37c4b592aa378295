"""Work in tasks (document 1, chapters 5 and 6): a row of `task` that a consumer completes, asked for by HTTP.

A task has one row, which is changed: a task that is done again shows in a result that differs from the one before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from warren.evidence.json_text import parse_json
from warren.evidence.violation import Violation
from warren.workloads.course.bad_input import MALFORMED, MISSHAPEN
from warren.workloads.course.design import CourseDesign
from warren.workloads.course.package_tally import unexpected
from warren.workloads.course.roles import HTTP, ROUTES, RPC_SERVER, TASK
from warren.workloads.protocol import Caller, Poison

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from warren.evidence.ledger import Ledger
    from warren.evidence.rows import MessageRow, TaskRow
    from warren.workloads.protocol import Maker, Role, Route, Tables, Tally, Unit

CALLER: Final = Caller(HTTP, "/task", (200, 202))


@dataclass(frozen=True, slots=True)
class Task:
    """A message that names a task; without one (`accepted`), role `http` has published it."""

    task: object
    message_id: str = ""
    body: bytes = b""

    @property
    def id(self) -> str:
        """Its message-id."""
        return self.message_id

    @property
    def size(self) -> int:
        """A task is one piece of work."""
        return 1

    @classmethod
    def accepted(cls, row: TaskRow) -> Task:
        """Give the unit of work that role `http` made of a call."""
        return cls(row.id)


@dataclass(frozen=True, slots=True)
class TaskTally:
    """The tasks that were asked for, and the rows that were there."""

    tasks: tuple[object, ...]
    rows: tuple[TaskRow, ...]
    strangers: tuple[MessageRow, ...]
    """Rows of `message_log`, which no task leaves."""

    @property
    def complete(self) -> bool:
        """Whether every task is completed."""
        return all(map(self._is_completed, self.tasks))

    @property
    def count(self) -> int:
        """How many of the tasks are completed."""
        return sum(map(self._is_completed, self.tasks))

    @property
    def tells_apart(self) -> bool:
        """Each row says whose it is."""
        return True

    @property
    def untouched(self) -> bool:
        """Whether there is neither a task nor a row."""
        return not (self.tasks or self.strangers)

    @property
    def in_change(self) -> bool:
        """A row is there or not."""
        return False

    def has(self, body: bytes) -> bool:
        """Whether the task that a message names is completed."""
        read = parse_json(body)
        return isinstance(read, dict) and self._is_completed(read.get("taskId"))

    def effects_of(self, body: bytes) -> frozenset[object]:
        """Tell none: a task's one row does not say which message completed it."""
        del body
        return frozenset()

    def rows_of(self, effects: Collection[object]) -> tuple[str, ...]:
        """Show none, as `effects_of` tells none."""
        del effects
        return ()

    def least_work(self, effects: Collection[object]) -> float:
        """Give 0, as `effects_of` tells no effect."""
        del effects
        return 0

    def losses(self, ledger: Ledger) -> tuple[Violation, ...]:
        """Say which tasks were never completed."""
        return tuple(
            Violation(f"lost: task {task} was never completed", tuple(map(str, ledger.deliveries)))
            for task in self.tasks
            if not self._is_completed(task)
        )

    def duplicates(self, ledger: Ledger, before: Tally | None = None) -> tuple[Violation, ...]:
        """Say which tasks that were completed `before` were done again."""
        known = before.completed() if isinstance(before, TaskTally) else {}
        again = [row for row in self.rows if known.get(row.id, row) != row]
        return (
            *self.unexpected(),
            *(
                Violation(
                    f"duplicated: task {row.id} was done again, its result changed",
                    (
                        f"task {row.id}: {known[row.id].result} -> {row.result}",
                        *map(str, ledger.deliveries),
                    ),
                    seen=True,
                )
                for row in again
            ),
        )

    def unexpected(self) -> tuple[Violation, ...]:
        """Say which rows belong to no task."""
        return unexpected(self.strangers)

    def completed(self) -> dict[int, TaskRow]:
        """Give the rows of completed tasks by their id."""
        return {row.id: row for row in self.rows if row.completed_at is not None}

    def _is_completed(self, task: object) -> bool:
        return any(row.id == task and row.completed_at is not None for row in self.rows)


@dataclass(frozen=True, slots=True)
class TaskDesign(CourseDesign):
    """Tasks that a consumer completes; `work` is the shortest and longest work on one."""

    slug: str
    roles: dict[Role, int] = field(hash=False)
    work: tuple[float, float]

    @property
    def worker(self) -> Role:
        """The role that completes tasks."""
        return next(iter(self.roles))

    @property
    def entry(self) -> Role:
        """Tasks go straight to who completes them."""
        return self.worker

    @property
    def caller(self) -> Caller:
        """Role `http` adds a task and publishes it when it is asked."""
        return CALLER

    @property
    def routes(self) -> tuple[Route, ...]:
        """All of the course."""
        return ROUTES

    @property
    def malformed(self) -> Sequence[bytes]:
        """Bodies that are no JSON."""
        return MALFORMED

    @property
    def misshapen(self) -> Sequence[bytes]:
        """JSON of another shape."""
        return MISSHAPEN

    def make(self, size: int, number: int, maker: Maker) -> Task:
        """Add a task, and name it in a message: tasks have one size."""
        del size, number
        return self.read(task_body(maker.add_task()), maker.new_id())

    def make_unique(self, size: int, maker: Maker) -> Task:
        """Add a task, and name it: no two messages name the same one."""
        return self.make(size, 0, maker)

    def fill(self, octets: int, maker: Maker) -> Task:
        """Add a task, and name it in a message with as much white space as it takes: JSON may have any."""
        message_id = maker.new_id()
        return self.read(task_body(maker.add_task()).rjust(octets), message_id)

    def longest_body(self, row: int) -> None:
        """Give none: a task's row does not grow with its message."""
        del row

    def poison(self, maker: Maker) -> Poison:
        """Add a task that cannot be completed."""
        task = maker.add_task()
        maker.refuse_task(task)
        return Poison(maker.new_id(), task_body(task), task_body(task))

    def read(self, body: bytes, message_id: str) -> Task:
        """Give the task that a body names."""
        return Task(json.loads(body)["taskId"], message_id, body)

    def called(self, tables: Tables) -> tuple[Task, ...]:
        """Give the tasks that are there."""
        return tuple(map(Task.accepted, tables.task_rows()))

    def unit_work(self, size: int) -> float:
        """Give the longest work on a task."""
        del size
        return self.work[1]

    def message_work(self, size: int) -> tuple[float, float]:
        """Give the shortest and longest work on a task."""
        del size
        return self.work

    def tally(self, units: Iterable[Unit], tables: Tables) -> TaskTally:
        """Look for the tasks in their table."""
        tasks = tuple(unit.task for unit in units if isinstance(unit, Task))
        return TaskTally(tasks, tables.task_rows(), tables.message_rows())


TASKS = TaskDesign("task", {TASK: 1, HTTP: 1}, (0, 0))
RPC = TaskDesign("rpc", {RPC_SERVER: 1, HTTP: 1}, (2, 2))


def task_body(task: int) -> bytes:
    """Write the message that names a task: JSON without spaces."""
    return json.dumps({"taskId": task}, separators=(",", ":")).encode()
