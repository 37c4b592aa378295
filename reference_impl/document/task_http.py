"""Chapter "asynchronous task", the controller: `GET /task` accepts a task.

Defect: the producer's exchange is `old_sound_rabbit_mq.server.task`, the consumer's is
`old_sound_rabbit_mq.task`; nothing is bound to the former, so that every task is lost.
Defect: the row is committed before the publish: without a broker the task stays, and is never
done.
"""

import sqlalchemy as sa
from flask import Flask, Response

from reference_impl.document import tasks
from reference_impl.document.bundle import Producer, connect
from reference_impl.http import serve
from reference_impl.messages import TaskMessage
from reference_impl.php import json_encode
from reference_impl.schema import database
from reference_impl.settings import Settings
from reference_impl.stop import Stop
from reference_impl.topology import MISTAKEN_TASK_EXCHANGE


def application(settings: Settings, pool: sa.Engine) -> Flask:
    """Make the web application; each request opens its own connection, as PHP does."""
    app = Flask(__name__)

    @app.get("/")
    def index() -> str:
        return "Warren's reference consumers: GET /task\n"

    @app.get("/task")
    def add_task() -> Response:
        task_id = tasks.add(pool)
        with connect(settings) as connection:
            producer = Producer(connection.channel(), MISTAKEN_TASK_EXCHANGE)
            producer.publish(TaskMessage(taskId=task_id).encode())
        return Response(json_encode("Task accepted"), 202, content_type="application/json")

    return app


def play(settings: Settings, stop: Stop) -> None:
    """Answer requests."""
    with database(settings.database_url) as pool:
        serve(application(settings, pool), settings.http_port, stop)
