"""The same calls for tests of asyncio: each waits in a thread, and the test's loop goes on meanwhile.

A face and no second implementation: what waits is the relay's log, which is safe in threads and knows no loop
(decision 206). A call that is cancelled ends in its thread at its own deadline.
"""

from __future__ import annotations

from asyncio import to_thread
from functools import partial
from typing import TYPE_CHECKING, Any

from warren.testing.broker import LEFT_WITHIN
from warren.testing.consumer import READY_WITHIN
from warren.testing.hold import WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    import pika

    from warren.evidence.ledger import Delivery
    from warren.testing.broker import Broker, Leftover
    from warren.testing.consumer import Consumer
    from warren.testing.consumers import Consumers
    from warren.testing.forms import Consuming
    from warren.testing.hold import Hold
    from warren.worlds.line.rules import Match


class AsyncBroker:
    """See `Broker`, which has the addresses."""

    def __init__(self, broker: Broker) -> None:
        """Call a broker from a loop."""
        self._broker = broker

    async def declare(self, queue: str, arguments: dict[str, Any] | None = None) -> None:
        """Declare a durable queue."""
        await to_thread(self._broker.declare, queue, arguments)

    async def publish(
        self,
        body: bytes | str,
        routing_key: str,
        exchange: str = "",
        properties: pika.BasicProperties | None = None,
    ) -> None:
        """Publish, and return when the broker has taken it."""
        await to_thread(self._broker.publish, body, routing_key, exchange, properties)

    async def queues(self) -> tuple[str, ...]:
        """Name the queues that there are now."""
        return await to_thread(self._broker.queues)

    async def leftovers(self, within: float = LEFT_WITHIN) -> tuple[Leftover, ...]:
        """Give the queues that have messages, ready or unacked."""
        return await to_thread(self._broker.leftovers, within)

    async def restart(self) -> None:
        """Restart the broker, and return when it takes connections."""
        await to_thread(self._broker.restart)


class AsyncConsumers:
    """See `Consumers`."""

    def __init__(self, consumers: Consumers) -> None:
        """Start them from a loop."""
        self._consumers = consumers

    async def __call__(
        self, what: Sequence[str | PathLike[str]] | Consuming, **options: Any
    ) -> AsyncConsumer:
        """Start a consumer with the options of `Consumers`, and return when it consumes."""
        return AsyncConsumer(await to_thread(partial(self._consumers, what, **options)))

    async def attach(self, *, queue: str = "", name: str = "") -> AsyncConsumer:
        """Give a consumer that the test itself runs, in its own loop perhaps, at `url`."""
        return AsyncConsumer(await to_thread(self._consumers.attach, queue=queue, name=name))


class AsyncConsumer:
    """See `Consumer`."""

    def __init__(self, consumer: Consumer) -> None:
        """Call a consumer from a loop."""
        self._consumer = consumer
        self.name, self.url = consumer.name, consumer.url

    async def start(self, *, ready_within: float | None = READY_WITHIN) -> None:
        """Start it again, and wait until it consumes."""
        await to_thread(self._consumer.start, ready_within=ready_within)

    async def stop(self, *, within: float = WITHIN) -> None:
        """Have it end in order."""
        await to_thread(self._consumer.stop, within=within)

    async def restart(
        self, *, within: float = WITHIN, ready_within: float | None = READY_WITHIN
    ) -> None:
        """Stop it, if it runs, and start it again."""
        await to_thread(self._consumer.restart, within=within, ready_within=ready_within)

    async def kill(self) -> None:
        """SIGKILL the process with all that it started."""
        await to_thread(self._consumer.kill)

    async def freeze(self) -> None:
        """SIGSTOP the process, until `thaw`."""
        await to_thread(self._consumer.freeze)

    async def thaw(self) -> None:
        """Let it go on after `freeze`."""
        await to_thread(self._consumer.thaw)

    async def cut(self) -> int:
        """Reset every connection now, and say how many."""
        return await to_thread(self._consumer.cut)

    async def refuse(self) -> None:
        """Reset every connection and let none through until `accept`."""
        await to_thread(self._consumer.refuse)

    async def accept(self) -> None:
        """Let connections through again after `refuse`."""
        await to_thread(self._consumer.accept)

    async def silence(self) -> None:
        """Pass nothing on in either direction until `restore`."""
        await to_thread(self._consumer.silence)

    async def delay(self, seconds: float) -> None:
        """Pass everything on so much later, until `restore`."""
        await to_thread(self._consumer.delay, seconds)

    async def restore(self) -> None:
        """End `silence` and `delay`."""
        await to_thread(self._consumer.restore)

    async def hold_ack(self) -> AsyncHold:
        """Hold the next ack on its way to the broker."""
        return AsyncHold(await to_thread(self._consumer.hold_ack))

    async def hold_delivery(self, *, redelivered: bool | None = None) -> AsyncHold:
        """Hold the next delivery on its way to this consumer."""
        return AsyncHold(await to_thread(self._consumer.hold_delivery, redelivered=redelivered))

    async def hold(self, match: Match, what: str = "frame") -> AsyncHold:
        """Hold the next frame that matches."""
        return AsyncHold(await to_thread(self._consumer.hold, match, what))

    async def wait_ready(self, within: float = READY_WITHIN) -> None:
        """Wait until it consumes."""
        await to_thread(self._consumer.wait_ready, within)

    async def wait(
        self,
        *,
        deliveries: int = 0,
        acks: int = 0,
        redelivered: int = 0,
        within: float = WITHIN,
    ) -> None:
        """Wait until it has had as many of each, or more."""
        wait = partial(self._consumer.wait, deliveries=deliveries, acks=acks)
        await to_thread(wait, redelivered=redelivered, within=within)

    async def wait_until(
        self, condition: Callable[[], bool], words: str, within: float = WITHIN
    ) -> None:
        """Wait until a condition of your own holds; it is asked in another thread."""
        await to_thread(self._consumer.wait_until, condition, words, within)

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """What it was given, in order."""
        return self._consumer.deliveries

    @property
    def acks(self) -> Sequence[Delivery]:
        """The deliveries whose ack has arrived at the broker."""
        return self._consumer.acks

    @property
    def redelivered(self) -> Sequence[Delivery]:
        """The deliveries that the broker marked as redelivered."""
        return self._consumer.redelivered

    @property
    def is_running(self) -> bool:
        """Whether its process or thread lives."""
        return self._consumer.is_running

    def output(self) -> str:
        """Give the end of what its process printed, or the error that ended its function."""
        return self._consumer.output()


class AsyncHold:
    """See `Hold`."""

    def __init__(self, hold: Hold) -> None:
        """Call a hold from a loop."""
        self._hold = hold

    @property
    def caught(self) -> bool:
        """Whether a frame has come and waits, or has waited."""
        return self._hold.caught

    async def wait(self, within: float = WITHIN) -> None:
        """Wait until a frame has come."""
        await to_thread(self._hold.wait, within)

    async def release(self) -> None:
        """Let it go with all behind it."""
        await to_thread(self._hold.release)

    async def lose(self) -> None:
        """Lose it with all behind it."""
        await to_thread(self._hold.lose)
