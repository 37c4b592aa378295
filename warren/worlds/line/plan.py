"""The faults in force on one line. Which frames they are for, `rules` says; each lane asks for itself.

Frames that nobody sent (connection.blocked, basic.cancel, channel.close) are not forged yet. The design has room for
it: a `forge` of the plan gives a method to the lanes of one direction, and a lane that has one to send counts as under
a fault, so that it goes frame by frame. It puts the forged frame among its pieces once no other frame is half sent and
no content is under way on that channel, and logs it as a fact of its own kind, so that no ledger takes it for the
broker's. The broker knows nothing of it: what the instance answers to it is for a rule to lose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.worlds.line.rules import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.worlds.line.lane import Lane
    from warren.worlds.line.rules import Match


class Plan:
    """What is to be done to the frames of all connections of a line, also of those that are still to come.

    Each call is in force when it returns.
    """

    def __init__(self, resolve: Callable[[Held, bool], None] | None = None) -> None:
        """Begin without a fault.

        `resolve` is what a `Held` calls to release (True) or to lose (False) what it caught, by default this plan's
        own `resolve`. An owner with a thread of its own gives one that goes there first.
        """
        self.rules: list[Held] = []
        self.lateness = 0.0
        self.is_half_open = False
        self._lanes: list[Lane] = []
        self._resolve = resolve or self.resolve

    @property
    def empty(self) -> bool:
        """Whether octets may go on unseen."""
        return not (self.rules or self.lateness or self.is_half_open)

    def hold(self, match: Match, *, heartbeats_pass: bool = True) -> Held:
        """Let the first message that matches wait, and all behind it on its way."""
        return self._add(Held(match, self._resolve, heartbeats_pass=heartbeats_pass))

    def lose(self, match: Match) -> Held:
        """Drop the first message that matches, and nothing else."""
        return self._add(Held(match, self._resolve, lose_at_once=True))

    def half_open(self) -> None:
        """Pass nothing on in either direction, not even the end of a side, until `restore`."""
        self.is_half_open = True
        self._flush()

    def delay(self, seconds: float) -> None:
        """Pass every frame that comes from now on so much later, in order."""
        self.lateness = seconds
        self._flush()

    def restore(self) -> None:
        """End `half_open` and `delay`: what was kept goes on in order; what was delayed keeps its time."""
        self.is_half_open, self.lateness = False, 0.0
        self._flush()

    def resolve(self, held: Held, release: bool) -> None:
        """Let go, or lose, what a rule caught; take the rule away where it has caught nothing."""
        if held in self.rules:
            self.rules.remove(held)
        for lane in list(self._lanes):
            lane.resolve(held, release=release)
        self._flush()

    def take_in(self, lane: Lane) -> None:
        """Tell this lane of every change; it asks for the rest."""
        self._lanes.append(lane)

    def let_go(self, lane: Lane) -> None:
        """Tell it no more."""
        self._lanes.remove(lane)

    def _add(self, held: Held) -> Held:
        self.rules.append(held)
        self._flush()
        return held

    def _flush(self) -> None:
        for lane in list(self._lanes):  # one that ends its connection leaves the list
            lane.flush()
