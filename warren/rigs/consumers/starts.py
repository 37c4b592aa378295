"""How the instances of an implementation started in earlier cases of this process, and what that means for the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from warren.evidence.frames import Direction
from warren.rigs.deadlines import offered_heartbeat

if TYPE_CHECKING:
    from collections.abc import Collection

    from warren.evidence.ledger import Ledger

_UNKNOWN: Final = 60.0
"""Seconds for the first start of all, of which nothing is known: on a busy machine a JVM takes most of a minute."""
_USUAL: Final = 30.0
"""Seconds for who starts in a second or three, and for who was not ready in time before."""
_TIMES: Final = 10
"""How many times as long as its shortest start a later one may take, when many start at once."""


@dataclass(slots=True)
class KnownStart:
    """What is known of one design of an implementation."""

    shortest: float | None = None
    """Seconds from a start to being ready, where one was."""
    silence: float | None = None
    """The longest time (s) for which a connection that agreed on heartbeats sent nothing in a start, if one did."""
    was_late: bool = False
    """Whether one was not ready in time."""
    exclusive: bool = False
    """Whether a second consumer was refused its queue."""

    def took(self, seconds: float) -> None:
        """Note a start."""
        self.shortest = min(seconds, self.shortest or seconds)

    def showed(self, ledger: Ledger, names: Collection[str]) -> None:
        """Note how long the connections of instances were silent while these started."""
        found = longest_silence(ledger, names)
        if found is not None:
            self.silence = max(found, self.silence or 0.0)

    def heartbeat(self, work: float) -> int:
        """Give the heartbeat (s) that the next instance is offered; `work` is how long its longest work lasts, or 0."""
        return offered_heartbeat(self.silence, work)

    def within(self, slowness: float) -> float:
        """Give the seconds in which the next instance must be ready, in a case whose machine is that slow."""
        if self.shortest is not None:
            return max(_USUAL * slowness, _TIMES * self.shortest)
        return _USUAL if self.was_late else _UNKNOWN


def longest_silence(ledger: Ledger, names: Collection[str]) -> float | None:
    """Give the longest time (s) for which a connection of instances sent nothing, None without a connection.

    Only those count that agreed on heartbeats and sent none up to now: who sends them is never silent for long.
    """
    agreed = {c for c, heartbeat in ledger.negotiated.items() if heartbeat and c[0] in names}
    beats = (b for b in ledger.heartbeats if b.direction is Direction.TO_BROKER)
    silent = agreed - {(b.instance, b.connection) for b in beats}
    found = (s.seconds for s in ledger.silences if (s.instance, s.connection) in silent)
    return max(found, default=0.0) if agreed else None


@dataclass(slots=True)
class Starts:
    """What is known of all of them, by implementation and design."""

    _known: dict[tuple[str, str], KnownStart] = field(default_factory=dict)

    def of(self, implementation: str, design: str) -> KnownStart:
        """Give what is known, to read and to add to."""
        return self._known.setdefault((implementation, design), KnownStart())
