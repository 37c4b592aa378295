"""Connections that are made anew for ever, and publishes that are known to have arrived.

Not `connect_robust`: it restores channels and consumers behind one's back, while work that was given on the old channel
goes on. Here whatever goes wrong ends the connection with its work, and the next one begins from nothing.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Iterable

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, DeliveryError
from yarl import URL

from orders.settings import Settings
from orders.stopping import FAREWELL, Stop

LOG = logging.getLogger(__name__)
HANDSHAKE = 30.0  # seconds for a broker to let us in
LOST = (AMQPError, ChannelInvalidStateError, ConnectionError, TimeoutError, OSError)


class Link:
    """One connection with one channel, and whether both are still there."""

    def __init__(
        self, connection: AbstractConnection, channel: AbstractChannel, stop: Stop
    ) -> None:
        self.channel = channel
        self.lost = asyncio.Event()
        self._connection = connection
        self._stop = stop
        self._exchanges: dict[str, AbstractExchange] = {}
        connection.close_callbacks.add(self._on_close)
        channel.close_callbacks.add(self._on_close)

    def _on_close(self, *_: object) -> None:
        self.lost.set()

    async def exchange(self, name: str) -> AbstractExchange:
        """An exchange to publish to, declared when it is first asked for."""
        if name not in self._exchanges:
            declared = self.channel.declare_exchange(name, durable=True)
            self._exchanges[name] = await self._stop.within(declared)
        return self._exchanges[name]

    async def publish(
        self, exchange: AbstractExchange, messages: Iterable[aio_pika.Message]
    ) -> None:
        """Return when the broker has each of these in a queue; what it returns is sent again."""
        waiting, pause = list(messages), 0.25
        while waiting:
            waiting = await self._stop.within(_publish(exchange, waiting))
            if waiting:
                LOG.warning(
                    "%s: %d messages have reached no queue yet", exchange.name, len(waiting)
                )
                await self._stop.pause(pause)
                pause = min(pause * 2, 2.0)

    async def publish_once(self, exchange: str, message: aio_pika.Message) -> None:
        """Publish on a channel of its own, which the broker closes where there is no such exchange."""
        async with self._connection.channel(on_return_raises=True) as channel:
            target = await channel.get_exchange(exchange, ensure=False)
            await target.publish(message, "")

    async def reply(self, message: aio_pika.Message, reply_to: str) -> None:
        """Send a reply, which nobody may wait for any more."""
        sent = self.channel.default_exchange.publish(message, reply_to, mandatory=False)
        await self._stop.within(sent)


async def keep_linked(
    settings: Settings, stop: Stop, use: Callable[[Link], Awaitable[bool]]
) -> None:
    """Connect and use the link, again and again, until use says that it is enough; Stopped if told to stop."""
    url = URL(settings.amqp_url).update_query(heartbeat=settings.heartbeat)
    context = ssl.create_default_context(cafile=settings.amqp_ca) if url.scheme == "amqps" else None
    pause = 0.1
    while True:
        try:
            connection = await stop.within(_connect(url, context), 0)
            try:
                channel = await stop.within(_open(connection), 0)
                if await use(Link(connection, channel, stop)):
                    return
                pause = 0.1
            finally:
                await _close(connection)
        except LOST as error:
            LOG.warning("no connection: %r", error)
        await stop.pause(pause)
        pause = min(pause * 2, 1.0)


async def _connect(url: URL, context: ssl.SSLContext | None) -> AbstractConnection:
    async with asyncio.timeout(HANDSHAKE):
        return await aio_pika.connect(url, ssl_context=context)


async def _open(connection: AbstractConnection) -> AbstractChannel:
    return await connection.channel(publisher_confirms=True, on_return_raises=True)


async def _close(connection: AbstractConnection) -> None:
    closing = asyncio.ensure_future(connection.close())
    await asyncio.wait({closing}, timeout=FAREWELL)
    closing.cancel()


async def _publish(
    exchange: AbstractExchange, messages: list[aio_pika.Message]
) -> list[aio_pika.Message]:
    """Those that reached no queue."""
    sent = [asyncio.ensure_future(exchange.publish(message, "")) for message in messages]
    answers = await asyncio.gather(*sent, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, DeliveryError):
            raise ConnectionError("not confirmed") from answer
    return [
        m for m, answer in zip(messages, answers, strict=True) if isinstance(answer, DeliveryError)
    ]
