"""What changes in what outlives the broker, for whoever keeps it; how it is kept is not known here.

Whatever is durable says here that it is there, or is no more, as it happens. Whoever asked for that
(`Broker.record`) looks at the end of a turn, keeps what is new, and empties it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from warren.simulator.fact import fact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.simulator.model.exchange import Binding, Exchange
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.ready import Enqueued

    Definition: TypeAlias = "Exchange | Queue | Binding"


class Place(Enum):
    """Where a message of a queue is: with its queue, with a client that is to settle it, or gone for good."""

    READY = "ready"
    TAKEN = "taken"
    GONE = "gone"


class Changes:
    """What has changed since it was emptied.

    `definitions` are exchanges, queues and bindings in the order in which they were made, True, or
    deleted, False. What a deleted queue had goes with it and is not told. `messages` have the last
    place of each, in the order in which they came there.
    """

    __slots__ = ("definitions", "messages")

    def __init__(self) -> None:
        """Begin without changes."""
        self.definitions: list[tuple[Definition, bool]] = []
        self.messages: dict[Enqueued, Place] = {}

    def __bool__(self) -> bool:
        """Tell whether there is one."""
        return bool(self.messages or self.definitions)

    def note(self, enqueued: Enqueued, place: Place) -> None:
        """Note where a message is now."""
        self.messages.pop(enqueued, None)
        self.messages[enqueued] = place

    def clear(self) -> None:
        """Empty it: all is kept."""
        self.definitions.clear()
        self.messages.clear()


@fact
class Contents:
    """What a queue had in an earlier life, in the order in which it came to its places."""

    queue: Queue
    ready: Sequence[Enqueued]
    taken: Sequence[Enqueued]
