"""`GET /task`, of `task` and of `rpc`: a task is accepted, or its result waited for."""

import uuid

from flask import Flask, Response

from reference_impl.hardened.errors import HardenedError, TryAgainError
from reference_impl.hardened.publisher import Publisher
from reference_impl.hardened.rpc_client import ErrorReplyError, NoReplyError, RpcClient
from reference_impl.hardened.tasks import Tasks
from reference_impl.messages import TaskMessage
from reference_impl.php import json_encode
from reference_impl.settings import Settings
from reference_impl.topology import RPC, TASK

_OK, _ACCEPTED, _BAD_GATEWAY, _UNAVAILABLE, _GATEWAY_TIMEOUT = 200, 202, 502, 503, 504


class TaskAcceptor:
    """Accepts tasks: 202 once the broker has the message in a queue.

    The row comes first, for the consumer looks for it; when the message cannot be handed over
    within `timeout` the row is deleted again and the answer is 503. Should the broker have taken
    the message all the same, its consumer finds no task and puts it aside.
    """

    def __init__(self, settings: Settings, tasks: Tasks, publisher: Publisher) -> None:
        """Accept tasks into `tasks` and publish them."""
        self.settings = settings
        self.tasks = tasks
        self.publisher = publisher

    def add_task(self) -> Response:
        """Insert a task and publish its id."""
        task_id = self.tasks.add()
        body = TaskMessage(taskId=task_id).encode()
        try:
            self.publisher.publish(
                TASK.exchange, body, message_id=str(uuid.uuid4()), timeout=self.settings.timeout
            )
        except HardenedError as error:
            self.tasks.remove(task_id)
            return _json({"error": str(error)}, _UNAVAILABLE)
        return _json("Task accepted", _ACCEPTED)


class TaskCaller:
    """Calls the RPC server for a task: 200 with its reply.

    An error reply is 502, no reply within `timeout` 504, no way to a server 503. The task's row
    stays while the request may still be worked on; it goes when the broker did not take the request.
    """

    def __init__(self, settings: Settings, tasks: Tasks, client: RpcClient) -> None:
        """Insert tasks into `tasks` and call through `client`."""
        self.settings = settings
        self.tasks = tasks
        self.client = client

    def add_task(self) -> Response:
        """Insert a task and wait for its result."""
        task_id = self.tasks.add()
        body = TaskMessage(taskId=task_id).encode()
        try:
            reply = self.client.call(RPC.exchange, body, self.settings.timeout)
        except ErrorReplyError as error:
            return _json({"error": str(error)}, _BAD_GATEWAY)
        except NoReplyError as error:
            return _json({"error": str(error)}, _GATEWAY_TIMEOUT)
        except HardenedError as error:
            if isinstance(error, TryAgainError):
                self.tasks.remove(task_id)
            return _json({"error": str(error)}, _UNAVAILABLE)
        return Response(reply, _OK, content_type="application/json")


def application(controller: TaskAcceptor | TaskCaller) -> Flask:
    """Make the web application around a controller."""
    app = Flask(__name__)
    app.add_url_rule("/task", view_func=controller.add_task, methods=["GET"])
    app.add_url_rule("/", "index", lambda: "Warren's reference consumers: GET /task\n")
    return app


def _json(value: object, status: int) -> Response:
    return Response(json_encode(value), status, content_type="application/json")
