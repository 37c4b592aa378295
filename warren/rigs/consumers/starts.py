"""How the instances of an implementation started in earlier cases of this process, and what that means for the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

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
    was_late: bool = False
    """Whether one was not ready in time."""
    exclusive: bool = False
    """Whether a second consumer was refused its queue."""

    def took(self, seconds: float) -> None:
        """Note a start."""
        self.shortest = min(seconds, self.shortest or seconds)

    def within(self, slowness: float) -> float:
        """Give the seconds in which the next instance must be ready, in a case whose machine is that slow."""
        if self.shortest is not None:
            return max(_USUAL * slowness, _TIMES * self.shortest)
        return _USUAL if self.was_late else _UNKNOWN


@dataclass(slots=True)
class Starts:
    """What is known of all of them, by implementation and design."""

    _known: dict[tuple[str, str], KnownStart] = field(default_factory=dict)

    def of(self, implementation: str, design: str) -> KnownStart:
        """Give what is known, to read and to add to."""
        return self._known.setdefault((implementation, design), KnownStart())
