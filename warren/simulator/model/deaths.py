"""The history of a message that died: what its header x-death says. Why and where it dies: `dead_letter`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

Death: TypeAlias = Mapping[str, object]


class Deaths(Collection[Death]):
    """The deaths of one message, the latest first: one entry for each queue and reason, with a count.

    It never changes. What is asked at every death takes no look at the other entries, and to add one copies them in
    one go: a message may die in thousands of queues.
    """

    __slots__ = ("_by_cause", "_queues")

    def __init__(self, by_cause: dict[object, Death], queues: frozenset[str]) -> None:
        """Keep entries by what they are found by, oldest first, and the names of their queues."""
        self._by_cause = by_cause
        self._queues = queues

    @classmethod
    def of(cls, latest_first: Iterable[Death]) -> Deaths:
        """Return entries as such; a client may have written them, and the same cause twice."""
        if isinstance(latest_first, cls):
            return latest_first
        by_cause: dict[object, Death] = {}
        for number, death in enumerate(latest_first):
            cause = (death.get("queue"), death.get("reason"))
            is_known = all(isinstance(part, str) for part in cause) and cause not in by_cause
            by_cause[cause if is_known else number] = death
        names = (death.get("queue") for death in by_cause.values())
        queues = frozenset(name for name in names if isinstance(name, str))
        return cls(dict(reversed(by_cause.items())), queues)

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._by_cause)

    def __iter__(self) -> Iterator[Death]:
        """Iterate, latest first."""
        return reversed(self._by_cause.values())

    def __contains__(self, death: object) -> bool:
        """Tell whether this is one of the entries."""
        return death in self._by_cause.values()

    def find(self, queue: str, reason: str) -> Death | None:
        """Return the entry for this queue and reason; None when there is none."""
        return self._by_cause.get((queue, reason))

    def with_latest(self, death: Death, *, turns_round: bool = False) -> Deaths:
        """Return the history with one more death, in place of an entry for the same queue and reason.

        With `turns_round` the entries before it are in the opposite order from then on.
        """
        queue = str(death["queue"])
        by_cause = dict(reversed(self._by_cause.items())) if turns_round else self._by_cause.copy()
        by_cause.pop((queue, death["reason"]), None)
        by_cause[queue, death["reason"]] = death
        return Deaths(by_cause, self._queues if queue in self._queues else self._queues | {queue})

    def since(self, queue: str) -> Iterator[Death]:
        """Iterate over the deaths since the latest one in `queue`, that one last; nothing without one."""
        if queue in self._queues:
            for death in self:
                yield death
                if death.get("queue") == queue:
                    return
