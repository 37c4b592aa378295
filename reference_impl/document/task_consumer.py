"""Chapter "asynchronous task", the consumer: a random result for the task.

Defect: a task that is not there is acked as if it were done.
"""

from functools import partial

import sqlalchemy as sa

from reference_impl.document.bundle import Answer, Consumer, connect
from reference_impl.document.tasks import complete
from reference_impl.messages import TaskMessage, decode
from reference_impl.schema import database
from reference_impl.settings import Settings
from reference_impl.stop import Stop
from reference_impl.topology import TASK


def execute(pool: sa.Engine, body: bytes) -> Answer:
    """Give the task its result."""
    complete(pool, decode(TaskMessage, body).taskId)
    return Answer.ACK


def play(settings: Settings, stop: Stop) -> None:
    """Consume tasks."""
    with database(settings.database_url) as pool, connect(settings) as connection:
        Consumer(settings, stop).consume(connection.channel(), TASK, partial(execute, pool))
