"""What a rig asks a world's broker for itself, beside what it publishes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

QUEUE_TYPES: Final = ("classic", "quorum")
"""What queues of a run may be that are declared without a type, and last."""


class LateAck(Enum):
    """What a broker does about an ack that does not come within its acknowledgement time-out."""

    CLOSES_CHANNEL = "it closes the channel of a late ack, and cancels no consumer"
    CANCELS_CONSUMER = (
        "it cancels the consumer of a late ack, of quorum queues alone, and closes no channel"
    )


DIRECT_REPLY_TO: Final = "amq.rabbitmq.reply-to"
"""What a caller names for its reply queue when it has none; RabbitMQ puts another name in its place for the server."""


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """What a broker says of a queue: how many messages are ready for delivery, and how many consumers it has."""

    ready: int
    consumers: int


@dataclass(frozen=True, slots=True)
class ReceivedReply:
    """A message that came to a reply queue of the rig's own."""

    correlation_id: str
    body: bytes


class Exclusive(Protocol):
    """An exclusive consumer or queue of the rig's own, on a connection of its own."""

    def close(self) -> None:
        """Give it up, by the end of its connection."""
