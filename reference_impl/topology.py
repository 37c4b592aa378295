"""The names on the broker, as docs/contract.md fixes them, and how they are declared."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel


@dataclass(frozen=True, slots=True)
class Route:
    """A direct exchange and the queue bound to it by the routing key ""."""

    exchange: str
    queue: str

    def declare(self, channel: "BlockingChannel") -> None:
        """Declare exchange and queue, both durable, and bind them: what a consumer does."""
        declare_exchange(channel, self.exchange)
        channel.queue_declare(self.queue, durable=True)
        channel.queue_bind(self.queue, self.exchange, routing_key="")


def declare_exchange(channel: "BlockingChannel", exchange: str) -> None:
    """Declare a durable direct exchange: all that a producer declares."""
    channel.exchange_declare(exchange, exchange_type="direct", durable=True)


STREAM = Route("old_sound_rabbit_mq.stream", "old_sound_rabbit_mq.consumer.stream")
PART = Route("old_sound_rabbit_mq.part", "old_sound_rabbit_mq.consumer.part")
TASK = Route("old_sound_rabbit_mq.task", "old_sound_rabbit_mq.consumer.task")
RPC = Route("task", "old_sound_rabbit_mq.task")
DEAD_LETTER = Route("warren.dead-letter", "warren.dead-letter")

MISTAKEN_TASK_EXCHANGE = "old_sound_rabbit_mq.server.task"
"""Where the document's task producer publishes; no queue was ever bound to it."""
