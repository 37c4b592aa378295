"""The time, and what sessions have to do at which time."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from warren.simulator.model.timers import Timers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warren.simulator.session.session import Session

    Duty: TypeAlias = Callable[[Session], None]


class Alarms:
    """At most one time for each duty of each session. `now` is the time of the turn, in seconds."""

    __slots__ = ("_timers", "now")

    def __init__(self, now: float) -> None:
        """Begin without an alarm."""
        self.now = now
        self._timers: Timers[tuple[Session, Duty]] = Timers()

    @property
    def next(self) -> float:
        """No alarm is earlier; infinity when there is none."""
        return self._timers.next

    def after(self, seconds: float, session: Session, duty: Duty) -> None:
        """Have `duty` done so many seconds from now; an earlier or later time that it had counts no more."""
        self._timers.set((session, duty), self.now + seconds)

    def cancel(self, session: Session, duty: Duty) -> None:
        """Take the time of a duty away; nothing happens where it had none."""
        self._timers.cancel((session, duty))

    def due(self) -> Iterator[tuple[Session, Duty]]:
        """Yield what is to be done now, earliest first."""
        return self._timers.due(self.now)
