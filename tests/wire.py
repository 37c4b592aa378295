"""A wire by hand: the facts of a line, written frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warren.evidence.frames import Direction, Fact, FrameSeen
from warren.evidence.ledger_reader import LedgerReader
from warren.simulator.wire import BasicDeliver, BasicProperties, ContentHeader

if TYPE_CHECKING:
    from warren.evidence.ledger import Ledger
    from warren.simulator.wire import Content


@dataclass
class Wire:
    """Writes the facts of a line; every frame comes a second after the one before."""

    facts: list[Fact] = field(default_factory=list)

    def frame(
        self, direction: Direction, content: Content, channel: int = 1, instance: str = "part-1"
    ) -> FrameSeen:
        """See one frame."""
        seen = FrameSeen(float(len(self.facts)), instance, 1, direction, channel, content)
        self.facts.append(seen)
        return seen

    def deliver(
        self,
        tag: int,
        body: bytes = b"body",
        channel: int = 1,
        message_id: str | None = None,
        consumer: str = "consumer",
    ) -> FrameSeen:
        """See a delivery, its body in frames of three octets; give its method's frame."""
        method = self.frame(
            Direction.TO_CLIENT, BasicDeliver(consumer, tag, False, "", "queue"), channel
        )
        properties = BasicProperties(message_id=message_id)
        self.frame(Direction.TO_CLIENT, ContentHeader(60, len(body), properties), channel)
        for start in range(0, len(body), 3):
            self.frame(Direction.TO_CLIENT, body[start : start + 3], channel)
        return method

    @property
    def ledger(self) -> Ledger:
        """Read what came so far."""
        reader = LedgerReader()
        for fact in self.facts:
            reader.take(fact)
        return reader.ledger()
