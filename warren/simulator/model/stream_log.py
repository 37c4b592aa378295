"""The messages of a stream, by their offsets. Nothing is taken out but whole segments from the front."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.simulator.model.message import Message
    from warren.simulator.model.ready import Enqueued

ENTRY = 132
"""About how many octets RabbitMQ writes for a message beside its body, key and properties."""
SEGMENT = 112
"""About how many octets a segment begins with."""


def came_at(enqueued: Enqueued) -> float:
    """Return when a message came into its stream: the time that stands with it is that one, since none expires."""
    return enqueued.expires_at or 0.0


class Segment:
    """Messages in a row, the `first` offset, and the octets they take."""

    __slots__ = ("entries", "first", "octets")

    def __init__(self, first: int) -> None:
        """Begin empty."""
        self.first = first
        self.entries: list[Enqueued] = []
        self.octets = SEGMENT


class Log:
    """Segments in a row; each but the first spends one offset on itself."""

    __slots__ = ("_segment_octets", "_segments", "next_offset")

    def __init__(self, segment_octets: int) -> None:
        """Begin empty; a segment with so many octets is full."""
        self._segment_octets = segment_octets
        self.next_offset = 0
        self._segments = [Segment(0)]

    def __len__(self) -> int:
        """Return how many offsets there are."""
        return self.next_offset - self._segments[0].first

    def __iter__(self) -> Iterator[Enqueued]:
        """Iterate over the messages in order."""
        return chain.from_iterable(each.entries for each in self._segments)

    def make_room(self) -> bool:
        """Begin another segment if the last one is full, and say so."""
        is_full = self._segments[-1].octets >= max(self._segment_octets, SEGMENT + 1)
        if is_full:
            self._segments.append(Segment(self.next_offset))
            self.next_offset += 1
        return is_full

    def append(self, enqueued: Enqueued) -> None:
        """Add a message at its position, which is not below the next offset."""
        segment = self._segments[-1]
        segment.entries.append(enqueued)
        segment.octets += _octets(enqueued.message)
        self.next_offset = enqueued.position + 1

    def at(self, offset: int) -> Enqueued | None:
        """Return the first message that has this offset or a greater one."""
        segments = self._segments
        found = max(bisect_right(segments, offset, key=lambda each: each.first) - 1, 0)
        for segment in segments[found : found + 2]:
            entries = segment.entries
            index = max(offset - entries[0].position, 0) if entries else 0
            if index < len(entries):
                return entries[index]
        return None

    def last(self) -> int:
        """Return the offset of the last message, the next one when there is none."""
        entries = self._segments[-1].entries
        return entries[-1].position if entries else self.next_offset

    def since(self, time: float) -> int:
        """Return the offset of the first message that came at `time` or later, the next one when none did."""
        for segment in self._segments:
            entries = segment.entries
            if entries and came_at(entries[-1]) >= time:
                return entries[bisect_left(entries, time, key=came_at)].position
        return self.next_offset

    def trim(self, octets: int | None, oldest: float | None) -> list[Enqueued]:
        """Drop segments that are too much or too old, never the last one; return their messages."""
        segments = self._segments
        total = sum(each.octets for each in segments)
        count = 0
        for segment in segments[:-1]:
            too_old = oldest is not None and came_at(segment.entries[-1]) < oldest
            if not too_old and (octets is None or total <= octets):
                break
            total -= segment.octets
            count += 1
        dropped, self._segments = segments[:count], segments[count:]
        return [each for segment in dropped for each in segment.entries]

    def clear(self) -> None:
        """Drop all that there is."""
        self._segments = [Segment(self.next_offset)]


def _octets(message: Message) -> int:
    names = len(message.exchange) + len(message.routing_key)
    return ENTRY + message.properties.size + names + len(message.body)
