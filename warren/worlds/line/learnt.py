"""What the frames of a connection tell of it: which queue a consumer reads, which channels are open, who closed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.evidence.elsewhere import named_in
from warren.evidence.frames import Direction
from warren.simulator.wire import (
    BasicAck,
    BasicConsume,
    BasicConsumeOk,
    BasicDeliver,
    BasicNack,
    BasicReject,
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
        self.vhost = ""
        """The one that it asked for, where that is another than the work's."""
        self.channels: set[int] = set()
        """Those that are open, as the broker sees it."""
        self._capabilities: object = None
        self._queues: dict[tuple[int, str], str] = {}
        self._asked: dict[int, list[str]] = {}
        self._declared: dict[int, str] = {}
        self._read: dict[int, dict[str, None]] = {}
        """The queues that are read on each channel."""
        self._given: dict[tuple[int, int], str] = {}
        """By channel and tag, the queue of what was given on a channel that reads several."""

    def note(self, seen: FrameSeen) -> None:
        """Learn from a frame; a queue without a name is the one declared last on its channel."""
        named = named_in(self.vhost, seen) if self.vhost else seen
        content, channel = named.content, seen.channel
        if isinstance(content, BasicDeliver):
            if len(self._read.get(channel, ())) > 1:
                self._given[channel, content.delivery_tag] = self.queue_of(seen)
        elif isinstance(content, QueueDeclareOk):
            self._declared[channel] = content.queue
        elif isinstance(content, BasicConsume):
            queue = content.queue or self._declared.get(channel, "")
            self._read.setdefault(channel, {})[queue] = None
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
            self._read.pop(channel, None)
            self._given = {key: queue for key, queue in self._given.items() if key[0] != channel}
        elif isinstance(content, ChannelClose | ChannelCloseOk):
            self.channels.discard(channel)

    def capable(self, capability: str) -> bool:
        """Whether the client has this capability: its start-ok says so (`capabilities`, RabbitMQ's extension)."""
        known = self._capabilities
        return isinstance(known, dict) and known.get(capability) is True

    def queue_of(self, seen: FrameSeen) -> str:
        """Give the queue that a delivery came from, or what is settled by a frame; "" where that is unknown.

        What was given while its channel read one queue alone came from that.
        """
        if isinstance(seen.content, BasicDeliver):
            return self._queues.get((seen.channel, seen.content.consumer_tag), "")
        if isinstance(seen.content, BasicAck | BasicNack | BasicReject):
            first = next(iter(self._read.get(seen.channel, ())), "")
            return self._given.get((seen.channel, seen.content.delivery_tag), first)
        return ""
