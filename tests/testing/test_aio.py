"""The same from tests of asyncio: what waits there does not keep the loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.testing.programs import COMMAND, consume_async
from warren.errors import DeadlineError, FaultUnsupported

if TYPE_CHECKING:
    from warren.testing import Broker, Consumers


def test_process(warren_broker: Broker, warren_consumer: Consumers) -> None:
    """A process is killed before its ack arrives, started again, and given the message again."""

    async def test() -> None:
        consumer = await warren_consumer.aio(COMMAND, queue="orders")
        ack = await consumer.hold_ack()
        await warren_broker.aio.publish("one", "orders")
        await ack.wait()
        await consumer.kill()
        await ack.lose()
        await consumer.start()
        await consumer.wait(acks=1, redelivered=1)
        assert len(consumer.deliveries) == 2
        assert not await warren_broker.aio.leftovers()

    asyncio.run(test())


def test_in_the_loop_of_the_test(warren_broker: Broker, warren_consumer: Consumers) -> None:
    """A consumer in the test's own loop goes on while the test waits for it."""

    async def test() -> None:
        consumer = await warren_consumer.aio.attach(queue="orders")
        task = asyncio.create_task(consume_async(consumer.url))
        await consumer.wait_ready()
        ack = await consumer.hold_ack()
        await warren_broker.aio.publish("one", "orders")
        await ack.wait()
        await consumer.cut()
        await asyncio.wait([task], timeout=10)
        task = asyncio.create_task(consume_async(consumer.url))
        await consumer.wait(acks=1, redelivered=1)
        with pytest.raises(FaultUnsupported, match="test's own process"):
            await consumer.kill()
        task.cancel()
        await asyncio.wait([task], timeout=10)

    asyncio.run(test())


def test_every_wait_lets_the_loop_go_on(warren_broker: Broker, warren_consumer: Consumers) -> None:
    """Each wait is for what another task of the same loop does: it would end at its deadline if it kept the loop."""

    async def test() -> None:
        consumer = await warren_consumer.aio(COMMAND, queue="orders")
        ack = await consumer.hold_ack()
        async with asyncio.TaskGroup() as both:
            both.create_task(ack.wait())
            both.create_task(warren_broker.aio.publish("one", "orders"))
        async with asyncio.TaskGroup() as both:
            both.create_task(consumer.wait(acks=1))
            both.create_task(ack.release())
        await consumer.silence()
        await warren_broker.aio.publish("two", "orders")
        async with asyncio.TaskGroup() as both:
            both.create_task(consumer.wait_until(lambda: len(consumer.acks) == 2, "no ack"))
            both.create_task(consumer.restore())
        with pytest.raises(DeadlineError):
            await consumer.wait(acks=3, within=0.1)

    asyncio.run(test())
