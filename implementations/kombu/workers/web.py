"""Role `http`: GET /task, in threads; every call has a connection of its own, which ends with its time."""

import time
import uuid
from collections.abc import Callable  # noqa: TC003 - flask reads the annotations
from typing import Any

import flask
import waitress

from workers.database import Database, insert_task
from workers.line import LOSSES, Line, Outgoing
from workers.messages import from_php, to_json
from workers.settings import Settings

CALLS = 24  # at once
RETRY = 0.2  # seconds between two tries

Answer = tuple[flask.Response, int]


class Call:
    """One call, from its task to its answer, within its time."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._end = time.monotonic() + settings.timeout
        self._task = database.persist(insert_task, self._pause)

    @property
    def left(self) -> float:
        """Seconds left; none is a TimeoutError."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _pause(self, seconds: float) -> None:
        time.sleep(min(seconds, self.left))

    def accept(self) -> Answer:
        """Accept the task when the broker has it in a queue."""
        kept = {"delivery_mode": 2, "message_id": f"task-{self._task}"}
        message = Outgoing(
            "old_sound_rabbit_mq.task", to_json({"taskId": self._task}), properties=kept
        )
        with Line(self._settings, self._end) as line:
            if line.publish([message]):
                return flask.jsonify("The task has reached no queue"), 503
        return flask.jsonify("Task accepted"), 202

    def ask(self) -> Answer:
        """Ask a server, over as many lines as it takes: work that is done is not done again."""
        while True:
            try:
                with Line(self._settings, self._end) as line:
                    return self._ask(line)
            except LOSSES:
                self._pause(RETRY)

    def _ask(self, line: Line) -> Answer:
        replies: list[bytes] = []
        name = line.channel.queue_declare(exclusive=True).queue
        mine = str(uuid.uuid4())

        def take(message: Any) -> None:
            if message.properties.get("correlation_id") == mine:
                replies.append(message.body)

        line.channel.basic_consume(name, no_ack=True, callback=take)
        while line.publish([self._request(mine, name)]):
            self._pause(RETRY)
        while not replies:
            line.turn(timeout=min(1.0, self.left))
        if not replies[0].startswith(b"s:"):
            return flask.jsonify(replies[0].decode(errors="replace")), 500
        return flask.jsonify(from_php(replies[0])), 200

    def _request(self, correlation_id: str, reply_to: str) -> Outgoing:
        properties = {
            "delivery_mode": 1,
            "correlation_id": correlation_id,
            "reply_to": reply_to,
            "expiration": str(int(self._settings.timeout * 1000)),
        }
        return Outgoing("task", to_json({"taskId": self._task}), properties=properties)


def serve(settings: Settings, design: str) -> None:
    """Serve until a stop signal raises its exception."""
    database = Database(settings.database_url)
    how: Callable[[Call], Answer] = {"task": Call.accept, "rpc": Call.ask}[design]
    application = flask.Flask("workers")

    @application.get("/task")
    def answer() -> Answer:
        try:
            return how(Call(settings, database))
        except LOSSES as error:
            return flask.jsonify(repr(error)), 503

    waitress.serve(
        application,
        host="127.0.0.1",
        port=settings.port,
        threads=CALLS,
        clear_untrusted_proxy_headers=True,
    )
