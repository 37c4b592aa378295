"""A change of policies on its way to the queues of a virtual host: one after another, since they may be many."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.simulator.model.queue import Queue
    from warren.simulator.model.state import State


class TakingUp:
    """What is still to be done for queues that were there before."""

    __slots__ = ("_queues", "_state")

    def __init__(self, state: State, queues: Iterable[Queue]) -> None:
        """Begin with all of them to do."""
        self._state = state
        self._queues = deque(queues)

    def send(self) -> int:
        """Have the next queue be as the policies have it now, and come again for the others."""
        queue = self._queues.popleft()
        if self._queues:
            self._state.onward.appendleft(self)
        if not queue.deleted:
            queue.take_up_policies()
        return 1

    def lay_aside(self) -> None:
        """Do all at once: the broker ends."""
        for queue in self._queues:
            queue.take_up_policies()
