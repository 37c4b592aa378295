"""What each role does with a message."""

import random
from collections.abc import Callable

import sqlalchemy as sa

from workers.consumer import PERSISTENT, Job, Source
from workers.database import Database, Refused, complete_task, log, note, noted
from workers.line import Outgoing
from workers.messages import (
    Malformed,
    Part,
    Step,
    decode,
    follow,
    read_part,
    read_step,
    read_task,
    read_texts,
    to_json,
    to_php,
)
from workers.settings import Settings

PREFIX = "old_sound_rabbit_mq"
PART_EXCHANGE = f"{PREFIX}.part"
RPC_SECONDS = 2


class Missing(Malformed):
    """The task of a message is not in its table."""


class Designs:
    """The sources of all designs, over one database."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._second = settings.second
        self._database = database

    def of(self, design: str, role: str) -> Source:
        """What a role consumes."""
        stream = f"{PREFIX}.stream", f"{PREFIX}.consumer.stream"
        part = PART_EXCHANGE, f"{PREFIX}.consumer.part"
        task = f"{PREFIX}.task", f"{PREFIX}.consumer.task"
        return {
            ("blocking", "stream"): Source(*stream, self._package, at_once=True),
            ("parts", "stream"): Source(*stream, self._split),
            ("parts", "part"): Source(*part, self._part(lambda: 1)),
            ("parts-random", "stream"): Source(*stream, self._split),
            ("parts-random", "part"): Source(*part, self._part(_some_seconds)),
            ("pipeline", "stream"): Source(*stream, self._first_step),
            ("pipeline", "part"): Source(*part, self._step),
            ("task", "task"): Source(*task, self._task),
            ("rpc", "rpc-server"): Source("task", f"{PREFIX}.task", self._call, at_once=True),
        }[design, role]

    def _package(self, job: Job) -> None:
        body = decode(job.body)
        self._log(job, len(read_texts(body)), body)

    def _split(self, job: Job) -> None:
        body = decode(job.body)
        texts = read_texts(body)
        if not texts:
            self._log(job, 0, body)
            return
        parts = [*(Part(text, None) for text in texts[:-1]), Part(texts[-1], body)]
        job.declare_exchange(PART_EXCHANGE)
        job.publish(*(_part(part.to_body(), job, str(i)) for i, part in enumerate(parts)))

    def _first_step(self, job: Job) -> None:
        texts = read_texts(decode(job.body))
        if texts:
            self._publish_step(job, Step(texts, 0, []))
        else:
            self._log(job, 0, to_json({"texts": []}).decode())

    def _part(self, seconds: Callable[[], int]) -> Callable[[Job], None]:
        def handle(job: Job) -> None:
            body = decode(job.body)
            part = read_part(body)
            self._log(job, seconds(), body, *([] if part.source is None else [part.source]))

        return handle

    def _step(self, job: Job) -> None:
        body = decode(job.body)
        step = read_step(body).next()
        if step.index < len(step.texts):
            self._log(job, _some_seconds(), body)
            self._publish_step(job, step)
        else:
            self._log(job, _some_seconds(), body, to_json({"texts": step.done}).decode())

    def _publish_step(self, job: Job, step: Step) -> None:
        job.declare_exchange(PART_EXCHANGE)
        job.publish(_part(step.to_body(), job, f"step {step.index}"))

    def _log(self, job: Job, seconds: int, *rows: str) -> None:
        """Work, and leave these rows, once per message."""
        if job.redelivered and job.message_id:
            key = job.exchange, job.message_id
            if self._database.persist(lambda c: noted(c, *key), job.pause):
                return
        job.sleep(seconds * self._second)
        self._database.persist(lambda c: _leave(c, job, rows), job.pause)

    def _task(self, job: Job) -> None:
        self._complete(job, read_task(decode(job.body)))

    def _call(self, job: Job) -> None:
        try:
            task = read_task(decode(job.body))
            job.sleep(RPC_SECONDS * self._second)
            result = self._complete(job, task)
        except Missing as error:
            _reply(job, f"error: {error}".encode())
        except (Malformed, Refused) as error:
            _reply(job, f"error: {error}".encode())
            raise
        else:
            _reply(job, to_php({"result": result, "process_time": RPC_SECONDS}))

    def _complete(self, job: Job, task: int) -> str:
        """The result of a task, which is there when this returns."""
        result = str(random.randrange(10**6, 10**7))  # noqa: S311 - stands for some work
        found = self._database.persist(lambda c: complete_task(c, task, result), job.pause)
        if found is None:
            raise Missing(f"there is no task {task}")
        return found


def _leave(connection: sa.Connection, job: Job, rows: tuple[str, ...]) -> None:
    if note(connection, job.exchange, job.message_id):
        for row in rows:
            log(connection, row)


def _part(body: bytes, job: Job, what: str) -> Outgoing:
    """What is published for a message, to be kept."""
    properties = PERSISTENT | {"message_id": follow(job.message_id, what)}
    return Outgoing(PART_EXCHANGE, body, properties=properties)


def _reply(job: Job, body: bytes) -> None:
    """Reply to a caller, who may be waiting no more."""
    if reply_to := job.properties.get("reply_to"):
        named = {"correlation_id": job.properties.get("correlation_id")}
        job.publish(Outgoing("", body, reply_to, mandatory=False, properties=named))


def _some_seconds() -> int:
    return random.randint(1, 3)  # noqa: S311 - how long some work takes
