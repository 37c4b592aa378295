"""What cases about streams share.

What is published here one by one, each with its confirm, stands one by one: RabbitMQ keeps together what comes
together, and then `last`, a time and a filter find more than one message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig, Inbox

MANY = 100


def declare_stream(broker: BrokerRig, name: str = "events", **arguments: Any) -> str:
    """Declare a stream; an underscore in an argument stands for a hyphen."""
    given = {key.replace("_", "-"): value for key, value in arguments.items()}
    return broker.declare.queue(name, arguments={"x-queue-type": "stream", **given})


def read(
    broker: BrokerRig, queue: str, offset: Any = "first", prefetch: int = MANY, **arguments: Any
) -> Inbox:
    """Consume from `offset` on; None says nothing of it. An underscore in an argument stands for a hyphen."""
    given = {key.replace("_", "-"): value for key, value in arguments.items()}
    if offset is not None:
        given["x-stream-offset"] = offset
    return broker.consume(queue, prefetch=prefetch, arguments=given)


def until_end(broker: BrokerRig, queue: str, *inboxes: Inbox) -> list[list[bytes]]:
    """Publish a last message; give what consumers got before that."""
    broker.publish(b"end", queue, headers={"x-stream-filter-value": "a"})
    for inbox in inboxes:
        broker.wait.until(lambda inbox=inbox: inbox.bodies[-1:] == [b"end"], "the last message")  # type: ignore[misc] # bound now
    return [inbox.bodies[:-1] for inbox in inboxes]


def offsets(inbox: Inbox) -> list[int]:
    """Give the offsets of what came."""
    return [each.headers["x-stream-offset"] for each in inbox.received]
