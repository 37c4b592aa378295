"""What each role does with a message."""

import asyncio
import random
from collections.abc import Callable

import aio_pika
import sqlalchemy as sa
from aio_pika.abc import AbstractIncomingMessage

from orders.broker import Link
from orders.consumer import Handler
from orders.database import TASK, Database, Refused, log, note, noted, now
from orders.messages import (
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
from orders.settings import Settings
from orders.stopping import Stop

PREFIX = "old_sound_rabbit_mq"
PART_EXCHANGE = f"{PREFIX}.part"
RPC_SECONDS = 2


class Designs:
    """The handlers of all designs, over one database."""

    def __init__(self, settings: Settings, database: Database, stop: Stop) -> None:
        self._settings = settings
        self._database = database
        self._stop = stop

    def of(self, design: str, role: str) -> tuple[str, str, Handler, bool]:
        """Exchange, queue and handler of a role, and whether it works on many messages at once."""
        stream = f"{PREFIX}.stream", f"{PREFIX}.consumer.stream"
        part = PART_EXCHANGE, f"{PREFIX}.consumer.part"
        task = f"{PREFIX}.task", f"{PREFIX}.consumer.task"
        call = "task", f"{PREFIX}.task"
        one_by_one, at_once = False, True
        return {
            ("blocking", "stream"): (*stream, self._package, at_once),
            ("parts", "stream"): (*stream, self._split, one_by_one),
            ("parts", "part"): (*part, self._part(lambda: 1), one_by_one),
            ("parts-random", "stream"): (*stream, self._split, one_by_one),
            ("parts-random", "part"): (*part, self._part(_some_seconds), one_by_one),
            ("pipeline", "stream"): (*stream, self._first_step, one_by_one),
            ("pipeline", "part"): (*part, self._step, one_by_one),
            ("task", "task"): (*task, self._task, one_by_one),
            ("rpc", "rpc-server"): (*call, self._call, at_once),
        }[design, role]

    async def _package(self, _: Link, message: AbstractIncomingMessage) -> None:
        body = decode(message.body)
        await self._log(message, len(read_texts(body)), body)

    async def _split(self, link: Link, message: AbstractIncomingMessage) -> None:
        body = decode(message.body)
        texts = read_texts(body)
        if not texts:
            await self._log(message, 0, body)
            return
        parts = [*(Part(text, None) for text in texts[:-1]), Part(texts[-1], body)]
        exchange = await link.exchange(PART_EXCHANGE)
        await link.publish(
            exchange, [_persistent(p.to_body(), message, str(i)) for i, p in enumerate(parts)]
        )

    async def _first_step(self, link: Link, message: AbstractIncomingMessage) -> None:
        texts = read_texts(decode(message.body))
        if texts:
            await self._publish_step(link, message, Step(texts, 0, []))
        else:
            await self._log(message, 0, to_json({"texts": []}).decode())

    def _part(self, seconds: Callable[[], int]) -> Handler:
        async def handle(_: Link, message: AbstractIncomingMessage) -> None:
            body = decode(message.body)
            part = read_part(body)
            await self._log(
                message, seconds(), body, *([] if part.source is None else [part.source])
            )

        return handle

    async def _step(self, link: Link, message: AbstractIncomingMessage) -> None:
        body = decode(message.body)
        step = read_step(body).next()
        if step.index < len(step.texts):
            await self._log(message, _some_seconds(), body)
            await self._publish_step(link, message, step)
        else:
            await self._log(message, _some_seconds(), body, to_json({"texts": step.done}).decode())

    async def _publish_step(self, link: Link, message: AbstractIncomingMessage, step: Step) -> None:
        exchange = await link.exchange(PART_EXCHANGE)
        await link.publish(exchange, [_persistent(step.to_body(), message, f"step {step.index}")])

    async def _log(self, message: AbstractIncomingMessage, seconds: int, *rows: str) -> None:
        """Work, and leave these rows, once per message."""
        exchange, message_id = message.exchange or "", message.message_id

        def leave(connection: sa.Connection) -> None:
            if note(connection, exchange, message_id):
                for row in rows:
                    log(connection, row)

        if message.redelivered and message_id:
            done = await self._database.persist(
                lambda c: noted(c, exchange, message_id), self._stop
            )
            if done:
                return
        await self._sleep(seconds)
        await self._database.persist(leave, self._stop)

    async def _task(self, _: Link, message: AbstractIncomingMessage) -> None:
        await self._complete(read_task(decode(message.body)))

    async def _call(self, link: Link, message: AbstractIncomingMessage) -> None:
        try:
            task = read_task(decode(message.body))
            await self._sleep(RPC_SECONDS)
            result = await self._complete(task)
        except Missing as error:
            await self._reply(link, message, f"error: {error}".encode())
        except (Malformed, Refused) as error:
            await self._reply(link, message, f"error: {error}".encode())
            raise
        else:
            reply = {"result": result, "process_time": RPC_SECONDS}
            await self._reply(link, message, to_php(reply))

    async def _complete(self, task: int) -> str:
        """The result of a task, which is there when this returns."""
        result = str(random.randrange(10**6, 10**7))  # noqa: S311 - stands for some work

        def complete(connection: sa.Connection) -> str | None:
            mine = TASK.c.id == task
            open_ = mine & TASK.c.completed_at.is_(None)
            connection.execute(TASK.update().where(open_).values(result=result, completed_at=now()))
            found: str | None = connection.scalar(sa.select(TASK.c.result).where(mine))
            return found

        found = await self._database.persist(complete, self._stop)
        if found is None:
            raise Missing(f"there is no task {task}")
        return found

    @staticmethod
    async def _reply(link: Link, message: AbstractIncomingMessage, body: bytes) -> None:
        if message.reply_to:
            reply = aio_pika.Message(
                body, content_type="text/plain", correlation_id=message.correlation_id
            )
            await link.reply(reply, message.reply_to)

    async def _sleep(self, seconds: int) -> None:
        await asyncio.sleep(seconds * self._settings.second)


class Missing(Malformed):
    """The task of a message is not in its table."""


def _some_seconds() -> int:
    return random.randint(1, 3)  # noqa: S311 - how long some work takes


def _persistent(body: bytes, source: AbstractIncomingMessage, what: str) -> aio_pika.Message:
    """What is published for a message, to be kept."""
    return aio_pika.Message(
        body,
        content_type="text/plain",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=follow(source.message_id, what),
    )
