"""How fast the model is: publish, deliver, acknowledge, for one publisher and one consumer.

Run `python -m benchmarks.model`. It prints messages per second at several queue lengths and queue
counts. Time is the processor's, so that other work on the machine does not count.
"""

import gc
from dataclasses import dataclass, replace
from itertools import count
from time import process_time
from typing import Any, Self

from warren.simulator.model import Broker, Message, commands

MESSAGES = 100_000
NOW = 1e9


@dataclass(frozen=True, slots=True)
class Properties:
    """Properties of which only the delivery mode is given, as most messages have them."""

    headers: dict[str, object] | None = None
    delivery_mode: int | None = 2
    priority: int | None = None
    reply_to: str | None = None
    expiration: str | None = None
    user_id: str | None = None
    size: int = 3

    def replace(self, **changes: Any) -> Self:
        """Return these properties with `changes`."""
        return replace(self, **changes)


def make_broker(queues: int) -> Broker:
    """Return a broker with one open channel and so many queues bound to amq.topic."""
    broker = Broker("4.3", map(str, count()))
    setup: list[commands.Command] = [
        commands.AddUser("bench", "bench"),
        commands.SetPermissions("bench", "/"),
        commands.ConnectionStartOk(1, "bench", "bench"),
        commands.ConnectionOpen(1),
        commands.ChannelOpen(1, 1),
    ]
    for number in range(queues):
        setup.append(commands.QueueDeclare(1, 1, f"q{number}", durable=True))
        setup.append(commands.QueueBind(1, 1, f"q{number}", "amq.topic", f"key.{number}.#"))
    for command in setup:
        broker.handle(command, NOW)
    return broker


def through(broker: Broker, exchange: str, key: str, messages: int) -> float:
    """Publish, deliver and acknowledge `messages` one after another; return messages per second."""
    properties, body = Properties(), b"x" * 100
    handle, publish, ack = broker.handle, commands.BasicPublish, commands.BasicAck
    begin = process_time()
    for _ in range(messages):
        handle(publish(1, 1, Message(exchange, key, properties, body)), NOW)
    tags = range(1, messages + 1)
    for tag in tags:
        handle(ack(1, 1, tag), NOW)
    return messages / (process_time() - begin)


def measure(backlog: int, queues: int, exchange: str, *, prefetch: int = 0) -> float:
    """Return messages per second through the last of `queues` queues, behind `backlog` messages."""
    broker = make_broker(queues)
    name = f"q{queues - 1}"
    key = name if not exchange else f"key.{queues - 1}.more"
    for _ in range(backlog):
        message = Message("", name, Properties(), b"x" * 100)
        broker.handle(commands.BasicPublish(1, 1, message), NOW)
    broker.handle(commands.BasicQos(1, 1, prefetch), NOW)
    broker.handle(commands.BasicConsume(1, 1, name), NOW)
    if not prefetch:
        return through(broker, exchange, key, MESSAGES)
    return in_turn(broker, exchange, key, MESSAGES)


def in_turn(broker: Broker, exchange: str, key: str, messages: int) -> float:
    """As `through`, each message acknowledged before the next, as a small prefetch wants it."""
    properties, body = Properties(), b"x" * 100
    handle, publish, ack = broker.handle, commands.BasicPublish, commands.BasicAck
    begin = process_time()
    for tag in range(1, messages + 1):
        handle(publish(1, 1, Message(exchange, key, properties, body)), NOW)
        handle(ack(1, 1, tag), NOW)
    return messages / (process_time() - begin)


def main() -> None:
    """Print the table."""
    gc.freeze()
    print(f"{'case':<44}{'messages/s':>12}")
    for label, backlog, queues, exchange, prefetch in (
        ("default exchange, unlimited prefetch", 0, 1, "", 0),
        ("default exchange, prefetch 100", 0, 1, "", 100),
        ("prefetch 1, 10 queued", 10, 1, "", 1),
        ("prefetch 1, 1,000 queued", 1_000, 1, "", 1),
        ("prefetch 1, 100,000 queued", 100_000, 1, "", 1),
        ("1,000 queues, default exchange", 0, 1_000, "", 100),
        ("1 queue, topic exchange", 0, 1, "amq.topic", 100),
        ("1,000 queues, topic exchange", 0, 1_000, "amq.topic", 100),
    ):
        rate = measure(backlog, queues, exchange, prefetch=prefetch)
        print(f"{label:<44}{rate:>12,.0f}")


if __name__ == "__main__":
    main()
