"""Role `http`: GET /task, served simultaneously, over one link that is made anew when it is lost."""

import asyncio
import itertools
import logging
from abc import ABC, abstractmethod
from typing import Any

import aio_pika
import sqlalchemy as sa
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError
from aiohttp import web

from orders.broker import LOST, Link, keep_linked
from orders.database import TASK, Database, now
from orders.messages import from_php, to_json
from orders.settings import Settings
from orders.stopping import Stop, Stopped

LOG = logging.getLogger(__name__)
TASK_EXCHANGE = "old_sound_rabbit_mq.task"
RPC_EXCHANGE = "task"
RETRY = 0.2  # seconds between two tries of a request that found no server


class Failed(Exception):  # noqa: N818 - the answer to one call
    """The call cannot be answered with what it asked for."""


class Page(ABC):
    """What both designs share: tasks are rows, and a link comes and goes."""

    def __init__(self, settings: Settings, database: Database, stop: Stop) -> None:
        self._settings = settings
        self._database = database
        self._stop = stop
        self._link: Link | None = None
        self._linked = asyncio.Condition()

    async def run(self) -> None:
        """Serve until told to stop."""
        application = web.Application()
        application.router.add_get("/task", self._answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._settings.port).start()
            await keep_linked(self._settings, self._stop, self._use)
        finally:
            await runner.cleanup()

    async def _use(self, link: Link) -> bool:
        await self.prepare(link)
        await self._show(link)
        try:
            await self._stop.within(link.lost.wait(), 0)
        finally:
            await self._show(None)
        return False

    async def _show(self, link: Link | None) -> None:
        async with self._linked:
            self._link = link
            self._linked.notify_all()

    async def link(self) -> Link:
        """The link, once there is one."""
        async with self._linked:
            await self._linked.wait_for(
                lambda: self._link is not None and not self._link.lost.is_set()
            )
            assert self._link is not None
            return self._link

    async def _answer(self, _: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self.call(await self._database.persist(_insert_task, self._stop))
        except TimeoutError:
            return web.json_response("No answer in time", status=504)
        except (Failed, Stopped, *LOST) as error:
            return web.json_response(str(error), status=503)

    async def prepare(self, link: Link) -> None:
        """Make ready what calls need on a new link: nothing, where a page does not say otherwise."""
        del link

    @abstractmethod
    async def call(self, task: int) -> web.Response:
        """Answer for a new task."""


class TaskPage(Page):
    """A task is accepted when the broker has it in a queue."""

    async def call(self, task: int) -> web.Response:
        link = await self.link()
        message = aio_pika.Message(
            to_json({"taskId": task}),
            content_type="text/plain",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=f"task-{task}",
        )
        try:
            await self._stop.within(link.publish_once(TASK_EXCHANGE, message))
        except DeliveryError as error:
            raise Failed("The task has reached no queue") from error
        return web.json_response("Task accepted", status=202)


class RpcPage(Page):
    """A call waits for its reply, which is known by its correlation id."""

    def __init__(self, settings: Settings, database: Database, stop: Stop) -> None:
        super().__init__(settings, database, stop)
        self._replies = ""
        self._calls: dict[str, asyncio.Future[bytes]] = {}
        self._numbers = itertools.count(1)

    async def prepare(self, link: Link) -> None:
        queue = await self._stop.within(link.channel.declare_queue(exclusive=True), 0)
        channel = await link.channel.get_underlay_channel()
        channel.on_consumer_cancel_callbacks.add(lambda _: link.lost.set())
        await self._stop.within(queue.consume(self._on_reply, no_ack=True), 0)
        self._replies = queue.name

    async def _on_reply(self, message: AbstractIncomingMessage) -> None:
        waiting = self._calls.pop(message.correlation_id or "", None)
        if waiting is not None and not waiting.done():
            waiting.set_result(message.body)

    async def call(self, task: int) -> web.Response:
        body = await self._ask(task)
        if not body.startswith(b"s:"):
            raise Failed(body.decode(errors="replace"))
        return web.json_response(from_php(body))

    async def _ask(self, task: int) -> bytes:
        """The reply, over as many links as it takes: work that is done is not done again."""
        while True:
            link = await self.link()
            correlation_id = f"task-{task}-{next(self._numbers)}"
            reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
            self._calls[correlation_id] = reply
            lost = asyncio.ensure_future(link.lost.wait())
            try:
                await self._request(link, task, correlation_id)
                either: set[asyncio.Future[Any]] = {reply, lost}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                if reply.done():
                    return reply.result()
            except LOST as error:
                LOG.warning("request %s: %r", correlation_id, error)
                await self._stop.pause(RETRY)
            finally:
                lost.cancel()
                self._calls.pop(correlation_id, None)

    async def _request(self, link: Link, task: int, correlation_id: str) -> None:
        message = aio_pika.Message(
            to_json({"taskId": task}),
            content_type="text/plain",
            delivery_mode=aio_pika.DeliveryMode.NOT_PERSISTENT,
            correlation_id=correlation_id,
            reply_to=self._replies,
            expiration=self._settings.timeout,
        )
        await self._stop.within(link.publish_once(RPC_EXCHANGE, message))


def _insert_task(connection: sa.Connection) -> int:
    inserted = TASK.insert().values(created_at=now()).returning(TASK.c.id)
    return int(connection.execute(inserted).scalar_one())
