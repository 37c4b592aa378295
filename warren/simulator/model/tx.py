"""What a transaction holds back until it is committed. The methods: `methods.tx`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.model.exchange import Target
    from warren.simulator.model.message import Message
    from warren.simulator.model.ready import Enqueued
    from warren.simulator.model.settlement import Settlement


class Transaction:
    """Publishes and settlements in the order they were asked for.

    Where a message goes is noted when it is published; which queues that means, `methods.tx.resolve`
    says at the commit. `settlements` keep delivery tags, so that a rollback can give the deliveries
    back.
    """

    __slots__ = ("publishes", "settlements", "size")

    def __init__(self) -> None:
        """Begin with nothing held back."""
        # Each message, where it goes, and whether it is mandatory; and the size of them all.
        self.publishes: list[tuple[Message, list[Target], bool]] = []
        self.size = 0
        self.settlements: list[tuple[Settlement, Mapping[int, Enqueued]]] = []

    def publish(self, message: Message, targets: list[Target], *, mandatory: bool) -> None:
        """Hold a routed message back."""
        self.publishes.append((message, targets, mandatory))
        self.size += message.size
