"""How much an instance sends: more than anyone means would keep the relay, and with it the whole run, from its work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from warren.evidence.frames import Direction, FrameSeen
from warren.simulator.wire import Heartbeat, Method

if TYPE_CHECKING:
    from warren.evidence.frames import Fact

MOST_FRAMES: Final = 10_000
"""How many frames an instance may send in a second; one unit of work takes some dozens."""


class Meter:
    """Counts the frames that one instance sends, on all its connections."""

    def __init__(self) -> None:
        """Begin with none."""
        self._since, self._count = 0.0, 0

    def flood(self, fact: Fact) -> str:
        """Take a fact in, and say of what there was too much; "" as long as there is not."""
        if not isinstance(fact, FrameSeen) or fact.direction is not Direction.TO_BROKER:
            return ""
        if fact.at - self._since >= 1.0:
            self._since, self._count = fact.at, 0
        self._count += 1
        if self._count <= MOST_FRAMES:
            return ""
        return f"it sent more than {MOST_FRAMES} frames within a second, the last {_name(fact)}"


def _name(seen: FrameSeen) -> str:
    match seen.content:
        case Heartbeat():
            return "a heartbeat"
        case Method() as method:
            return method.NAME
        case _:
            return "of a message"
