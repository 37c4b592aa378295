"""What a queue of any type tells of its messages, for whoever keeps them: see `changes`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from warren.simulator.model.changes import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.simulator.model.changes import Changes, Contents
    from warren.simulator.model.ready import Enqueued
    from warren.simulator.model.state import State


class Recorded(ABC):
    """Whatever has messages. `changes` are told where they are, None where nobody keeps them."""

    remembers_taken: ClassVar[bool] = False
    """Whether it matters after a cut which messages had been delivered."""

    __slots__ = ("changes", "durable", "state")

    def __init__(self, state: State, *, durable: bool) -> None:
        """Tell it from the beginning, if somebody records it."""
        self.state = state
        self.durable = durable
        self.changes: Changes | None = None
        self.take_up_recording()

    def take_up_recording(self) -> None:
        """Tell where messages are from now on, if somebody records it and they outlive the broker."""
        self.changes = self.state.changes if self.durable else None

    @abstractmethod
    def keeps(self, enqueued: Enqueued) -> bool:
        """Tell whether a restart leaves a message of this queue."""

    @abstractmethod
    def restore(self, contents: Contents, *, in_order: bool) -> None:
        """Take what this queue had in an earlier life, which ended `in_order` or was cut off; it has nothing yet."""

    def note(self, enqueued: Enqueued, place: Place) -> None:
        """Tell where a message is now."""
        if self.changes is not None:
            self.changes.note(enqueued, place)

    def forget(self, batch: Iterable[Enqueued]) -> None:
        """Note that messages are gone for good."""
        for enqueued in batch:
            self.note(enqueued, Place.GONE)
