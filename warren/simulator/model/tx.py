"""What a transaction holds back until it is committed. The methods: `methods.tx`."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.simulator.model.exchange import Target
    from warren.simulator.model.message import Message
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.ready import Enqueued
    from warren.simulator.model.settlement import Settlement


class Transaction:
    """Publishes and settlements in the order they were asked for.

    Where a message goes is noted when it is published; which queues that means, `methods.tx.resolve`
    says at the commit. `settlements` keep delivery tags, so that a rollback can give the deliveries
    back. A commit takes from both what it has done; `heard_full` is what it has heard of queues so
    far, and `is_refused` whether one of them refused a message.
    """

    __slots__ = ("heard_full", "is_refused", "publishes", "settlements", "size")

    def __init__(self) -> None:
        """Begin with nothing held back."""
        # Each message, where it goes, and whether it is mandatory; and the size of them all.
        self.publishes: deque[tuple[Message, list[Target], bool]] = deque()
        self.size = 0
        self.settlements: deque[tuple[Settlement, dict[int, Enqueued]]] = deque()
        self.heard_full: dict[Queue, bool] = {}
        self.is_refused = False

    def __len__(self) -> int:
        """Count the publishes and the deliveries."""
        return len(self.publishes) + sum(len(each) for _, each in self.settlements)

    def publish(self, message: Message, targets: list[Target], *, mandatory: bool) -> None:
        """Hold a routed message back."""
        self.publishes.append((message, targets, mandatory))
        self.size += message.size
