"""Chapter "RPC", the server: RabbitMqBundle's `RpcServer` with the document's callback.

Defect: the request is acked before the work: a server that dies loses it.
Defect: a task that is not there kills the server (`$task->getResult()` on null is an `Error`,
and the bundle answers only to an `Exception`), and so does a misshapen request.
Defect: `rabbitmq:rpc-server` handles no signals, and the console that it runs in ends it at one, with status 0: in
the middle of its work, which is lost.
"""

import signal
import sys
import threading

import pika
import sqlalchemy as sa
from pika import spec
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.document.bundle import connect
from reference_impl.document.tasks import complete
from reference_impl.document.work import sleep
from reference_impl.errors import ConsumerError
from reference_impl.messages import MalformedError, TaskMessage, decode
from reference_impl.php import json_encode, serialize
from reference_impl.schema import database
from reference_impl.settings import Settings
from reference_impl.stop import Stop
from reference_impl.topology import RPC

_LOOK_FOR_STOP_SECONDS = 0.2

MSG_REJECT = "-1"
"""What the callback returns for a body that is no JSON; the bundle sends it as a result."""


class MissingTaskError(ConsumerError):
    """There is no such task: PHP's `Error`, which nothing catches."""


class RpcServer:
    """Acks a request, calls back, replies."""

    def __init__(self, settings: Settings, pool: sa.Engine) -> None:
        """Serve as the settings say."""
        self._settings = settings
        self._pool = pool
        self._executed = 0

    def start(self, channel: BlockingChannel, stop: Stop) -> None:
        """Serve until `max_messages` requests were answered.

        Raises:
            MissingTaskError, MisshapenError: a request killed the server.
            pika.exceptions.AMQPError: the connection was lost.

        """
        channel.basic_qos(prefetch_count=self._settings.prefetch)
        RPC.declare(channel)
        channel.basic_consume(RPC.queue, self._deliver)
        while channel.consumer_tags and not stop.requested:
            channel.connection.process_data_events(time_limit=_LOOK_FOR_STOP_SECONDS)

    def _deliver(
        self,
        channel: BlockingChannel,
        method: spec.Basic.Deliver,
        properties: pika.BasicProperties,
        body: bytes,
    ) -> None:
        channel.basic_ack(method.delivery_tag)
        try:
            result = execute(self._settings, self._pool, body)
        except sa.exc.SQLAlchemyError as error:
            reply(channel, properties, f"error: {error}".encode())
            return
        reply(channel, properties, serialize(result))
        self._executed += 1
        if self._executed == self._settings.max_messages > 0:
            channel.stop_consuming()


def execute(settings: Settings, pool: sa.Engine, body: bytes) -> str:
    """Work 2 seconds, complete the task, give its result as JSON.

    Raises:
        MissingTaskError: there is no such task.
        MisshapenError: the body is JSON of another shape.

    """
    try:
        task_id = decode(TaskMessage, body).taskId
    except MalformedError as error:
        print(f"Incorrect message: {error}", flush=True)  # noqa: T201 - as the document does
        return MSG_REJECT
    sleep(settings, 2)
    task = complete(pool, task_id)
    if task is None:
        raise MissingTaskError(f"there is no task {task_id}")
    return json_encode({"result": task.result, "process_time": task.process_time})


def reply(channel: BlockingChannel, request: pika.BasicProperties, body: bytes) -> None:
    """Send a reply to the request's queue; a caller that is gone is not noticed."""
    properties = pika.BasicProperties(
        content_type="text/plain", correlation_id=request.correlation_id
    )
    channel.basic_publish("", request.reply_to, body, properties)


def play(settings: Settings, stop: Stop) -> None:
    """Serve requests; a signal ends the process at once, and its connection is closed as PHP's destructors do."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: sys.exit(0))
    with database(settings.database_url) as pool, connect(settings) as connection:
        RpcServer(settings, pool).start(connection.channel(), stop)
