"""Tasks of the hardened family, on real databases."""

import sqlalchemy as sa
from freezegun import freeze_time

from reference_impl.hardened.tasks import Tasks


def test_complete_once(database: sa.Engine) -> None:
    """Completing a task again leaves its result and its time as they were."""
    tasks = Tasks(database)
    with freeze_time("2024-01-02 12:00:00"):
        task_id = tasks.add()
    with freeze_time("2024-01-02 12:01:01"):
        tasks.complete(task_id)
    first = tasks.get(task_id)
    with freeze_time("2024-01-02 13:00:00"):
        tasks.complete(task_id)
    assert tasks.get(task_id) == first
    assert first is not None
    assert first.process_time == 61
    assert 0 <= int(first.result or "-1") < 2**63


def test_missing(database: sa.Engine) -> None:
    """A task that was removed is not there, and completing it does nothing."""
    tasks = Tasks(database)
    task_id = tasks.add()
    tasks.remove(task_id)
    tasks.complete(task_id)
    assert tasks.get(task_id) is None
