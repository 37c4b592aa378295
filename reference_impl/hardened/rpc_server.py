"""`rpc`, the server: works, replies, and only then acks."""

import pika

from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import RejectedError, UnroutableError
from reference_impl.hardened.tools import Tools
from reference_impl.messages import MalformedError, MisshapenError, TaskMessage, decode
from reference_impl.php import json_encode, serialize


class RpcServer:
    """Completes a task once and replies with its result, as often as the request is delivered."""

    def __init__(self, tools: Tools) -> None:
        """Work with `tools`."""
        self.tools = tools

    def handle(self, delivery: Delivery) -> None:
        """Reply with a result, or with an error that the caller can tell from one.

        Raises:
            RejectedError, MalformedError, MisshapenError: after the error reply, if one can be
                sent.

        """
        if not delivery.properties.reply_to:
            raise RejectedError("a request without reply_to")
        try:
            task_id = decode(TaskMessage, delivery.body).taskId
        except (MalformedError, MisshapenError) as error:
            self.reply(delivery, f"error: {error}".encode())
            raise
        self.reply(delivery, self.answer(task_id))

    def answer(self, task_id: int) -> bytes:
        """Complete the task if it is not; the reply's body."""
        task = self.tools.tasks.get(task_id)
        if task is not None and task.result is None:
            self.tools.work.sleep()
            self.tools.tasks.complete(task_id)
            task = self.tools.tasks.get(task_id)
        if task is None:
            return f"error: there is no task {task_id}".encode()
        return serialize(json_encode({"result": task.result, "process_time": task.process_time}))

    def reply(self, delivery: Delivery, body: bytes) -> None:
        """Send a reply, confirmed; a caller that is gone needs none."""
        properties = pika.BasicProperties(
            content_type="text/plain", correlation_id=self.correlation_id(delivery)
        )
        try:
            self.tools.publisher.publish_to_queue(
                str(delivery.properties.reply_to), body, properties
            )
        except UnroutableError:
            return

    def correlation_id(self, delivery: Delivery) -> str | None:
        """Give the request's own id back."""
        identity: str | None = delivery.properties.correlation_id
        return identity
