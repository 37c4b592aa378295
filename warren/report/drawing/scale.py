"""Time made readable: between two events there is room for both, and a long wait is longer than a short one.

What matters in a case happens within milliseconds, between waits of seconds. So the way from one event to the next
grows with the logarithm of the time between them, and begins with what the marks themselves need.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING, Final

from warren.report.drawing.facts import Event, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

_SMALL: Final = {
    Kind.HEARTBEAT: 3.0,
    Kind.CONNECTED: 9.0,
    Kind.CONSUMING: 9.0,
    Kind.SETTLEMENT: 13.0,
    Kind.COMMIT: 13.0,
}
_ROOM: Final = 21.0
"""What a mark with a number needs; those of the kinds in `_SMALL` need less."""
_DECADE: Final = 11.0
"""How much longer a way is for ten times the time, from a millisecond on."""
_MANY: Final = 250
"""Of more events a way is half as much longer: there is less room for each."""
_SQUEEZED, _STRETCHED = 0.87, 1.6
"""How much a drawing may be made narrower, so that no last strip has two events, and wider, so that it fills one."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The place of each event, in the order of time, and of any time between them."""

    places: tuple[float, ...]
    times: tuple[float, ...]
    end: float
    """The place at which all is over."""

    def at(self, time: float) -> float:
        """Give the place of a time."""
        after = bisect_right(self.times, time)
        if after == 0:
            return self.places[0] if self.places else 0.0
        if after == len(self.times):
            return self.places[-1]
        left, right = self.times[after - 1], self.times[after]
        share = (time - left) / (right - left)
        return self.places[after - 1] + share * (self.places[after] - self.places[after - 1])


def scale_of(events: Sequence[Event], wanted: float) -> Scale:
    """Give every event its place; the whole is just so wide, if that does not squeeze or stretch it beyond measure."""
    decade = _DECADE if len(events) <= _MANY else _DECADE / 2
    place, places = 0.0, []
    for before, event in zip((None, *events), events, strict=False):
        if before is not None:
            need = (_SMALL.get(before.kind, _ROOM) + _SMALL.get(event.kind, _ROOM)) / 2
            place += need + decade * log10(1 + (event.at - before.at) / 0.001)
        places.append(place)
    end = place + _ROOM
    fits = wanted / end
    stretched = fits if _SQUEEZED <= fits <= _STRETCHED else 1.0 if fits < 1 else _STRETCHED
    return Scale(tuple(p * stretched for p in places), tuple(e.at for e in events), end * stretched)
