"""The document's task: its result, its times, and the defect in their difference."""

import pytest
import sqlalchemy as sa
from freezegun import freeze_time

from reference_impl.document import tasks
from reference_impl.schema import task


@pytest.mark.parametrize(
    ("completed", "seconds"),
    [
        ("12:00:00", 0),
        ("12:00:02", 2),
        ("12:00:59", 59),
        ("12:01:00", 0),
        ("12:01:01", 1),
        ("13:00:07", 7),
    ],
)
def test_process_time_wraps_at_60(sqlite: sa.Engine, completed: str, seconds: int) -> None:
    """Defect: the process time is the seconds' part of the interval, not its length."""
    with freeze_time("2024-01-02 12:00:00.9"):
        task_id = tasks.add(sqlite)
    with freeze_time(f"2024-01-02 {completed}.1"):
        done = tasks.complete(sqlite, task_id)
    assert done is not None
    assert done.process_time == seconds


def test_completing_again_changes_the_result(sqlite: sa.Engine) -> None:
    """Defect: a redelivered message gives the task another result and another time."""
    task_id = tasks.add(sqlite)
    first = tasks.complete(sqlite, task_id)
    with freeze_time("2099-01-01"):
        second = tasks.complete(sqlite, task_id)
    assert first is not None
    assert second is not None
    assert first.result != second.result
    with sqlite.begin() as connection:
        row = connection.execute(task.select()).one()
    assert (row.result, row.completed_at) == (second.result, second.completed_at)


def test_result_is_a_php_integer(sqlite: sa.Engine) -> None:
    """The result is a decimal number from 0 to 2**63 - 1, as a string."""
    done = tasks.complete(sqlite, tasks.add(sqlite))
    assert done is not None
    assert 0 <= int(done.result) < 2**63


def test_missing_task(sqlite: sa.Engine) -> None:
    """A task that is not there is no error here."""
    assert tasks.complete(sqlite, 7) is None
