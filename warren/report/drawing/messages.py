"""Which message an event is about: numbers for messages, and the queues that they go through."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.evidence.ledger import Delivery, Published
    from warren.evidence.record import Record
    from warren.evidence.violation import Violation

NAMED_BY_BROKER: Final = "amq.gen-…"


class Messages:
    """The messages of a case, by what identifies them through their redeliveries."""

    def __init__(self, record: Record) -> None:
        """Give them numbers in the order in which they appeared."""
        ledger = record.ledger
        seen = [(sent.at, sent.message) for sent in record.sent]
        seen += [(p.at, self.name(p)) for p in ledger.publishes]
        seen += [(d.at, d.message) for d in ledger.deliveries]
        self._numbers: dict[str, int] = {}
        for _, name in sorted(seen, key=lambda pair: pair[0]):
            if name:
                self._numbers.setdefault(name, len(self._numbers) + 1)
        self._queues = {
            (c.instance, c.connection, c.channel, c.tag): c.queue for c in ledger.consumers
        }
        self._queue_of: dict[str, str] = {}
        for d in ledger.deliveries:
            self._queue_of.setdefault(d.message, self.queue_from(d))
        self._lines = {str(d): d.message for d in ledger.deliveries}
        self._effects: dict[str, int] = {}
        for d in ledger.deliveries:
            for text in _texts(d.body) if d.message else ():
                self._effects.setdefault(text, self._numbers[d.message])

    @staticmethod
    def name(p: Published) -> str:
        """Give what identifies a message that was published, as `Delivery.message` does one that came."""
        return p.properties.message_id or p.body.decode("utf-8", "replace")

    def number(self, name: str) -> int:
        """Give the number of a message."""
        return self._numbers.get(name, 0)

    def queue_from(self, d: Delivery) -> str:
        """Name the queue that a delivery came from, as far as its consumer tells."""
        known = self._queues.get((d.instance, d.connection, d.channel, d.consumer_tag))
        return lane_of(known or d.routing_key or d.exchange)

    def queue_of(self, p: Published) -> str:
        """Name the queue that a publish went to: where its message was delivered from, else as it was addressed."""
        return self._queue_of.get(self.name(p), lane_of(p.routing_key or p.exchange))

    def of_effect(self, text: str) -> int:
        """Give the number of the first message in whose body that text stands as a whole or as a value."""
        return self._effects.get(text, 0)

    def told_by(self, violation: Violation) -> set[int]:
        """Give the numbers of the messages whose deliveries are the evidence of a violation."""
        names = (self._lines.get(line, "") for line in violation.evidence)
        return {self._numbers[name] for name in names if name in self._numbers}


def lane_of(queue: str) -> str:
    """Give the name of a queue's lane: those that a broker named itself share one, for each has few messages."""
    return NAMED_BY_BROKER if queue.startswith("amq.") else queue


def _texts(body: bytes) -> Iterator[str]:
    """Give a body as a text, and the values in it where it is JSON."""
    text = body.decode("utf-8", "replace")
    yield text
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from _values(read)


def _values(read: object) -> Iterator[str]:
    if isinstance(read, dict):
        for value in read.values():
            yield from _values(value)
    elif isinstance(read, list):
        for value in read:
            yield from _values(value)
    elif isinstance(read, str | int) and not isinstance(read, bool):
        yield str(read)
