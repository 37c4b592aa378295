"""A consumer of one queue: what is given is worked on, settled, and given up with its connection."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from orders.broker import LOST, Link, keep_linked
from orders.database import Refused
from orders.messages import Malformed
from orders.settings import Settings
from orders.stopping import Stop, Stopped

LOG = logging.getLogger(__name__)
MANY = 16  # at once, where the prefetch count knows no bound

Handler = Callable[[Link, AbstractIncomingMessage], Awaitable[None]]


class Consumer:
    """One queue of one exchange, through any number of connections."""

    def __init__(
        self,
        settings: Settings,
        stop: Stop,
        exchange: str,
        queue: str,
        handler: Handler,
        *,
        concurrent: bool,
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._exchange = exchange
        self._queue = queue
        self._handler = handler
        self._width = (settings.prefetch or MANY) if concurrent else 1
        self._settled = 0

    async def run(self) -> None:
        """Consume until told to stop, or until as many messages are settled as were asked for."""
        await keep_linked(self._settings, self._stop, self._consume)

    async def _consume(self, link: Link) -> bool:
        shift = Shift(link, self._width, self._work, self._may_begin)
        queue = await self._stop.within(self._declare(link), 0)
        tag = await self._stop.within(self._subscribe(queue, link, shift), 0)
        told = asyncio.ensure_future(self._stop.wait())
        try:
            await shift.over(told)
            if told.done():
                await self._stop.within(queue.cancel(tag, nowait=True))
                await shift.finish()
                raise Stopped
            return self._bound_reached
        finally:
            told.cancel()
            await shift.abandon()

    @property
    def _bound_reached(self) -> bool:
        return self._settled == self._settings.bound > 0

    def _may_begin(self, in_work: int) -> bool:
        return self._settings.bound == 0 or self._settled + in_work < self._settings.bound

    async def _declare(self, link: Link) -> AbstractQueue:
        exchange = await link.channel.declare_exchange(self._exchange, durable=True)
        queue = await link.channel.declare_queue(self._queue, durable=True)
        await queue.bind(exchange, routing_key="")
        return queue

    async def _subscribe(self, queue: AbstractQueue, link: Link, shift: "Shift") -> str:
        await link.channel.set_qos(prefetch_count=self._settings.prefetch)
        channel = await link.channel.get_underlay_channel()
        channel.on_consumer_cancel_callbacks.add(shift.on_cancel)
        return await queue.consume(shift.on_message)

    async def _work(self, link: Link, message: AbstractIncomingMessage) -> None:
        """Do one message and settle it; it is left to the broker where that cannot be."""
        try:
            await self._handler(link, message)
        except (*LOST, Stopped):
            raise
        except (Malformed, Refused) as error:
            LOG.warning("put aside: %s", error)
            await self._put_aside(link, message)
        except Exception:
            LOG.exception("put aside")
            await self._put_aside(link, message)
        else:
            await self._stop.within(message.ack())
        self._settled += 1

    async def _put_aside(self, link: Link, message: AbstractIncomingMessage) -> None:
        """Keep a copy where a person finds it, and reject the message."""
        name = f"{self._queue}.aside"
        exchange = await link.exchange(name)
        queue = await self._stop.within(link.channel.declare_queue(name, durable=True))
        await self._stop.within(queue.bind(exchange, routing_key=""))
        copy = aio_pika.Message(
            message.body,
            headers=message.headers,
            content_type=message.content_type,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=message.message_id,
            correlation_id=message.correlation_id,
        )
        await link.publish(exchange, [copy])
        await self._stop.within(message.reject(requeue=False))


class Shift:
    """The workers of one connection, and what they were given there."""

    def __init__(
        self,
        link: Link,
        width: int,
        work: Callable[[Link, AbstractIncomingMessage], Awaitable[None]],
        may_begin: Callable[[int], bool],
    ) -> None:
        self._link = link
        self._work = work
        self._may_begin = may_begin
        self._given: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        self._in_work = 0
        self._stopping = False
        self._workers = {asyncio.ensure_future(self._run()) for _ in range(width)}

    async def on_message(self, message: AbstractIncomingMessage) -> None:
        """Take what the broker gives; work goes on where the library cannot cancel it."""
        self._given.put_nowait(message)

    def on_cancel(self, _: object) -> None:
        """Do what was given, and end: the broker gives no more."""
        self._end_after_the_given()

    async def over(self, told: asyncio.Future[None] | None = None) -> None:
        """Return when the workers have ended, the link is lost, or the stop signal came."""
        lost = asyncio.ensure_future(self._link.lost.wait())
        ended = asyncio.ensure_future(asyncio.wait(self._workers))
        first: set[asyncio.Future[Any]] = {lost, ended} if told is None else {lost, ended, told}
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
            ended.cancel()

    async def finish(self) -> None:
        """Finish what is in work, and leave the rest."""
        self._stopping = True
        self._end_after_the_given()
        await self.over()

    async def abandon(self) -> None:
        """Give up what is still in work: the broker gives it to somebody again."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def _end_after_the_given(self) -> None:
        for _ in self._workers:
            self._given.put_nowait(None)

    async def _run(self) -> None:
        while self._may_begin(self._in_work):
            message = await self._given.get()
            if message is None or self._stopping or not self._may_begin(self._in_work):
                break
            self._in_work += 1
            try:
                await self._work(self._link, message)
            except Stopped:
                break
            except LOST as error:
                LOG.warning("left to the broker: %r", error)
                self._link.lost.set()
                break
            finally:
                self._in_work -= 1
        self._given.put_nowait(None)  # the next one ends, too
