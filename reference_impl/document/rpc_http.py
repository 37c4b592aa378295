"""Chapter "RPC", the controller: `GET /task` waits for the task's result.

Defect: an error reply ends in a bare 500, and a missing one never ends.
"""

import sqlalchemy as sa
from flask import Flask, Response

from reference_impl.document import tasks
from reference_impl.document.bundle import connect
from reference_impl.document.rpc_client import RpcClient, TaskService
from reference_impl.http import serve
from reference_impl.schema import database
from reference_impl.settings import Settings
from reference_impl.stop import Stop


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
            reply = TaskService(RpcClient(connection.channel())).call(task_id)
        return Response(reply, 200, content_type="application/json")

    return app


def play(settings: Settings, stop: Stop) -> None:
    """Answer requests."""
    with database(settings.database_url) as pool:
        serve(application(settings, pool), settings.http_port, stop)
