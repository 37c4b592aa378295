"""Consumers that the tests start: in a process, in a thread, in a loop; none knows anything of Warren."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import aio_pika
import pika

if TYPE_CHECKING:
    from collections.abc import Callable

WORKER = """
import os, pika, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
channel = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"])).channel()
channel.queue_declare("orders", durable=True)
channel.basic_qos(prefetch_count=1)
for method, _, body in channel.consume("orders"):
    print("did", body.decode(), flush=True)
    channel.basic_ack(method.delivery_tag)
"""
COMMAND = (sys.executable, "-c", WORKER)


def consume(url: str) -> None:
    """Consume until the connection is lost, and let what is lost be lost."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.queue_declare("orders", durable=True)
    for method, _, _body in channel.consume("orders"):
        channel.basic_ack(method.delivery_tag)


async def consume_async(url: str) -> None:
    """Consume until cancelled."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("orders", durable=True)
        async with queue.iterator() as messages:
            async for message in messages:
                await message.ack()


IN_PROCESS: dict[str, Callable[[str], Any]] = {"function": consume, "coroutine": consume_async}
