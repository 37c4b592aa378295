"""What the frames of a connection tell of it: which queue a consumer reads, which channels are open, who closed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.evidence.frames import Direction
from warren.simulator.wire import (
    BasicConsume,
    BasicConsumeOk,
    BasicDeliver,
    ChannelClose,
    ChannelCloseOk,
    ChannelOpenOk,
    ConnectionClose,
    ConnectionOpenOk,
    ConnectionStartOk,
    QueueDeclareOk,
)

if TYPE_CHECKING:
    from warren.evidence.frames import By, FrameSeen


class Learnt:
    """Learns from the frames of both directions, in the order in which they come."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.close: tuple[By, str] | None = None
        """Who sent the first `connection.close`, and its code and words."""
        self.is_open = False
        """Whether the broker has let the client in."""
        self.channels: set[int] = set()
        """Those that are open, as the broker sees it."""
        self._capabilities: object = None
        self._queues: dict[tuple[int, str], str] = {}
        self._asked: dict[int, list[str]] = {}
        self._declared: dict[int, str] = {}

    def note(self, seen: FrameSeen) -> None:
        """Learn from a frame; a queue without a name is the one declared last on its channel."""
        content, channel = seen.content, seen.channel
        if isinstance(content, QueueDeclareOk):
            self._declared[channel] = content.queue
        elif isinstance(content, BasicConsume):
            queue = content.queue or self._declared.get(channel, "")
            if content.consumer_tag:
                self._queues[channel, content.consumer_tag] = queue
            else:
                self._asked.setdefault(channel, []).append(queue)
        elif isinstance(content, BasicConsumeOk):
            asked = self._asked.get(channel)
            if (channel, content.consumer_tag) not in self._queues and asked:
                self._queues[channel, content.consumer_tag] = asked.pop(0)
        elif isinstance(content, ConnectionClose) and self.close is None:
            by: By = "client" if seen.direction is Direction.TO_BROKER else "broker"
            self.close = (by, f"{content.reply_code} {content.reply_text}")
        else:
            self._note_what_is_open(seen)

    def _note_what_is_open(self, seen: FrameSeen) -> None:
        content, channel = seen.content, seen.channel
        if isinstance(content, ConnectionStartOk):
            self._capabilities = content.client_properties.get("capabilities")
        elif isinstance(content, ConnectionOpenOk):
            self.is_open = True
        elif isinstance(content, ChannelOpenOk):
            self.channels.add(channel)
        elif isinstance(content, ChannelClose | ChannelCloseOk):
            self.channels.discard(channel)

    def capable(self, capability: str) -> bool:
        """Whether the client has this capability: its start-ok says so (`capabilities`, RabbitMQ's extension)."""
        known = self._capabilities
        return isinstance(known, dict) and known.get(capability) is True

    def queue_of(self, seen: FrameSeen) -> str:
        """Give the queue that a delivery came from, "" where that is unknown, and for every other frame."""
        if isinstance(seen.content, BasicDeliver):
            return self._queues.get((seen.channel, seen.content.consumer_tag), "")
        return ""
