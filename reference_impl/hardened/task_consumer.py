"""`task`, the consumer: completes each task once."""

from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import RejectedError
from reference_impl.hardened.tools import Tools
from reference_impl.messages import TaskMessage, decode


class TaskConsumer:
    """Gives a task its result; a task that is not there is rejected, not passed over."""

    def __init__(self, tools: Tools) -> None:
        """Work with `tools`."""
        self.tools = tools

    def handle(self, delivery: Delivery) -> None:
        """Complete the task."""
        task_id = decode(TaskMessage, delivery.body).taskId
        if self.tools.tasks.get(task_id) is None:
            raise RejectedError(f"there is no task {task_id}")
        self.tools.tasks.complete(task_id)
