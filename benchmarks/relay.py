"""What the relay costs a message: publish, deliver and ack, through it and directly, in one run.

`python -m benchmarks.relay --broker docker:4.3 --messages 2000 --size 100`

Both ways take turns message by message, so that whatever else the machine does falls on both. A
message's time is from before `basic.publish` to the consumer's callback on the same connection;
through the relay it goes twice. The ack that follows is not waited for.
"""

from __future__ import annotations

import argparse
import statistics
import time
import uuid
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pika

from warren.worlds.real.brokers import Vhosts, choose
from warren.worlds.real.relay.log import FrameLog
from warren.worlds.real.relay.relay import Relay
from warren.worlds.real.runs import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pika.adapters.blocking_connection import BlockingChannel

DEADLINE_SECONDS = 10.0


class Way:
    """One connection that publishes to itself."""

    def __init__(self, name: str, parameters: pika.ConnectionParameters, stack: ExitStack) -> None:
        """Connect, and consume from a queue of its own."""
        self.name = name
        self.seconds: list[float] = []
        self._queue = f"benchmark-{uuid.uuid4()}"
        self._connection = pika.BlockingConnection(parameters)
        stack.callback(self._connection.close)
        self._channel: BlockingChannel = self._connection.channel()
        self._channel.queue_declare(self._queue, exclusive=True)
        self._channel.basic_qos(prefetch_count=1)
        self._arrived = 0.0
        self._channel.basic_consume(self._queue, self._on_message)

    def _on_message(
        self,
        channel: BlockingChannel,
        method: pika.spec.Basic.Deliver,
        _properties: pika.BasicProperties,
        _body: bytes,
    ) -> None:
        self._arrived = time.perf_counter()
        channel.basic_ack(method.delivery_tag)

    def run_one(self, body: bytes) -> None:
        """Send one message and wait until it is back."""
        self._arrived = 0.0
        begun = time.perf_counter()
        self._channel.basic_publish("", self._queue, body)
        while not self._arrived:
            self._connection.process_data_events(time_limit=DEADLINE_SECONDS)
            if time.perf_counter() - begun > DEADLINE_SECONDS:
                raise TimeoutError(f"no delivery {self.name} within {DEADLINE_SECONDS:g} s")
        self.seconds.append(self._arrived - begun)

    def median(self) -> float:
        """Give the median in milliseconds."""
        return statistics.median(self.seconds) * 1000

    def p99(self) -> float:
        """Give the 99th percentile in milliseconds."""
        return statistics.quantiles(self.seconds, n=100)[98] * 1000


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--broker", default="auto", help="as pytest's (default: %(default)s)")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--size", type=int, default=100, help="octets of a body")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        run = Run.start()
        stack.callback(run.end)
        broker = choose(options.broker).start(run)
        stack.callback(broker.stop)
        vhosts = stack.enter_context(Vhosts(broker.address, run))
        parameters = pika.URLParameters(broker.address.amqp_url(vhosts.open()))
        direct, relayed = measure(parameters, options.messages, options.size)
    print(f"{broker.address.description}: {options.messages} messages of {options.size} B,")
    print("publish to delivery, milliseconds")
    print(f"{'':12}{'median':>10}{'p99':>10}")
    rows = {way.name: (way.median(), way.p99()) for way in (direct, relayed)}
    pairs = list(zip(rows["direct"], rows["relay"], strict=True))
    rows["difference"] = (pairs[0][1] - pairs[0][0], pairs[1][1] - pairs[1][0])
    rows["ratio"] = (pairs[0][1] / pairs[0][0], pairs[1][1] / pairs[1][0])
    for name, (median, p99) in rows.items():
        print(f"{name:12}{median:10.3f}{p99:10.3f}")


def measure(parameters: pika.ConnectionParameters, messages: int, size: int) -> tuple[Way, Way]:
    """Send the messages both ways, taking turns, after a tenth as many to warm up."""
    with ExitStack() as stack:
        log = FrameLog()
        relay = stack.enter_context(Relay((parameters.host, parameters.port), log))
        direct = Way("direct", parameters, stack)
        parameters.port = relay.open("benchmark").port
        parameters.host = "127.0.0.1"
        ways = direct, Way("relay", parameters, stack)
        body = bytes(size)
        for _ in range(messages // 10):
            for way in ways:
                way.run_one(body)
        for way in ways:
            way.seconds.clear()
        for _ in range(messages):
            for way in ways:
                way.run_one(body)
        return ways


if __name__ == "__main__":
    main()
