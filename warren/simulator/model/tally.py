"""How much there is of messages that are not ready: their number, their bodies, and what memory they take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.simulator.model.message import Message


class Tally:
    """A number of messages, which come and go."""

    __slots__ = ("count", "octets", "size")

    def __init__(self) -> None:
        """Begin with none."""
        self.clear()

    def clear(self) -> None:
        """Count none any more."""
        self.count = self.octets = self.size = 0

    def add(self, message: Message) -> None:
        """Count one more."""
        self.count += 1
        self.octets += len(message.body)
        self.size += message.size

    def remove(self, message: Message) -> None:
        """Count one less."""
        self.count -= 1
        self.octets -= len(message.body)
        self.size -= message.size
