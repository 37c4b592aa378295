"""Who consumes: consumers from basic.consume on, each to its end by a cancel, or with its channel or connection."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from warren.evidence.ledger import Consumer
from warren.simulator.wire import (
    BasicCancel,
    BasicCancelOk,
    BasicConsume,
    BasicConsumeOk,
    BasicGet,
    BasicQos,
    QueueDeclareOk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.evidence.frames import FrameSeen

_Channel: TypeAlias = tuple[str, int, int]


class Consumers:
    """Follows the methods of all channels."""

    def __init__(self) -> None:
        """Begin with none."""
        self.all: list[Consumer] = []
        """All that ever began to consume."""
        self._declared: dict[_Channel, str] = {}
        self._asked: dict[_Channel, list[BasicConsume]] = defaultdict(list)
        self._prefetch: dict[_Channel, int] = {}
        self._auto_ack: set[tuple[_Channel, str]] = set()
        self._read: dict[tuple[_Channel, str], str] = {}
        """The queue of each consumer by its tag; by none what was fetched from last (basic.get)."""

    def take(self, channel: _Channel, seen: FrameSeen) -> None:
        """Read on."""
        match seen.content:
            case QueueDeclareOk(queue=queue):
                self._declared[channel] = queue
            case BasicGet(queue=queue):
                self._read[channel, ""] = queue or self._declared.get(channel, "")
            case BasicQos(prefetch_count=count):
                self._prefetch[channel] = count
            case BasicConsume(no_wait=True) as asked:
                self._begin(channel, seen.at, asked, asked.consumer_tag)
            case BasicConsume() as asked:
                self._asked[channel].append(asked)
            case BasicConsumeOk(consumer_tag=tag) if self._asked[channel]:
                self._begin(channel, seen.at, self._asked[channel].pop(0), tag)
            case BasicCancelOk(consumer_tag=tag) | BasicCancel(consumer_tag=tag, no_wait=True):
                self._end(channel, tag, seen.at)
            case _:
                pass

    def channel_ended(self, channel: _Channel, at: float) -> None:
        """End all of a channel; its number may be used again."""
        self._end(channel, None, at)
        self._auto_ack = {(c, tag) for c, tag in self._auto_ack if c != channel}
        self._asked.pop(channel, None)
        self._prefetch.pop(channel, None)

    def acks_by_itself(self, channel: _Channel, tag: str) -> bool:
        """Whether what that consumer is given counts as acked (no_ack)."""
        return (channel, tag) in self._auto_ack

    def queue_of(self, channel: _Channel, tag: str) -> str:
        """Give the queue that a consumer reads; with no tag the one that was fetched from last."""
        return self._read.get((channel, tag), "")

    def channels(self, connection: tuple[str, int]) -> Iterator[_Channel]:
        """Give the channels of a connection that ever had a consumer."""
        return (
            (c.instance, c.connection, c.channel)
            for c in self.all
            if (c.instance, c.connection) == connection
        )

    def _begin(self, channel: _Channel, at: float, asked: BasicConsume, tag: str) -> None:
        """Note a consumer; where it names no queue it reads the one that its channel declared last (basic.consume)."""
        queue = asked.queue or self._declared.get(channel, "")
        prefetch = self._prefetch.get(channel, 0)
        self._read[channel, tag] = queue
        self.all.append(Consumer(at, *channel, tag, queue, asked.no_ack, prefetch))
        (self._auto_ack.add if asked.no_ack else self._auto_ack.discard)((channel, tag))

    def _end(self, channel: _Channel, tag: str | None, at: float) -> None:
        """Note that a consumer has ended, or all of a channel."""
        for place, one in enumerate(self.all):
            is_there = (one.instance, one.connection, one.channel) == channel
            if is_there and tag in (None, one.tag) and one.ended_at is None:
                self.all[place] = replace(one, ended_at=at)
