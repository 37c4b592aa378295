"""Who is the one consumer of a quorum queue with x-single-active-consumer that gets its messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.simulator.model.consumer import Consumer


class SingleActive:
    """The active consumer and those that wait to be it, next first.

    With `by_priority` one that waits and has a higher priority takes over, as soon as the active one
    holds nothing; it gets nothing more until then (`is_yielding`).
    """

    __slots__ = ("_by_priority", "_waiting", "active", "is_yielding")

    def __init__(self, *, by_priority: bool) -> None:
        """Begin with nobody."""
        self._by_priority = by_priority
        self._waiting: list[Consumer] = []
        self.active: Consumer | None = None
        self.is_yielding = False

    def add(self, consumer: Consumer) -> None:
        """Let `consumer` wait."""
        self._wait(consumer)
        self.elect()

    def remove(self, consumer: Consumer) -> None:
        """Let `consumer` go; the caller has another one elected when all are gone that go."""
        if consumer is self.active:
            self.active, self.is_yielding = None, False
        else:
            self._waiting.remove(consumer)

    def elect(self) -> None:
        """See whether another consumer is to be the active one."""
        if not self._waiting:
            return
        active, following = self.active, self._waiting[0]
        if active is None:
            self.active = self._waiting.pop(0)
        elif self._by_priority and following.priority > active.priority:
            self.is_yielding = active.unacked > 0
            if not self.is_yielding:
                self.active = self._waiting.pop(0)
                self._wait(active)

    def _wait(self, consumer: Consumer) -> None:
        self._waiting.append(consumer)
        if self._by_priority:
            self._waiting.sort(key=_precedence)


def _precedence(consumer: Consumer) -> tuple[int, int, int]:
    return -consumer.priority, consumer.unacked - consumer.prefetch, consumer.order
