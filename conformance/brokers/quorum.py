"""What cases about quorum queues share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers import BrokerRig, Received


def declare_quorum(broker: BrokerRig, name: str = "orders", **arguments: Any) -> str:
    """Declare a quorum queue; an underscore in an argument stands for a hyphen."""
    given = {key.replace("_", "-"): value for key, value in arguments.items()}
    return broker.declare.queue(name, arguments={"x-queue-type": "quorum", **given})


def give_back(channel: BlockingChannel, received: Received, method: str = "basic_reject") -> None:
    """Return a message to its queue."""
    getattr(channel, method)(received.tag, requeue=True)


def held(broker: BrokerRig, queue: str, channel: BlockingChannel) -> Received:
    """Get the next message, as soon as the queue has it: what was returned may still be on its way."""
    broker.wait.until(lambda: broker.look.ready(queue) > 0, f"a message in {queue}")
    return broker.expect.held(queue, channel)


def dead_lettering(broker: BrokerRig, **arguments: Any) -> str:
    """Declare a quorum queue whose dead letters go to `dead`."""
    dead = broker.declare.queue("dead")
    return declare_quorum(
        broker, x_dead_letter_exchange="", x_dead_letter_routing_key=dead, **arguments
    )
