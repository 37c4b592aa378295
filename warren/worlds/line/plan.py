"""The faults in force on one line. Which frames they are for, `rules` says; each lane asks for itself.

What a broker does of its own accord (basic.cancel, channel.close, basic.nack, connection.blocked) is forged, on each
connection by its `forging`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from warren.worlds.line.rules import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.worlds.line.forging import Forging
    from warren.worlds.line.lane import Lane
    from warren.worlds.line.rules import Match


Others: TypeAlias = "Callable[[str, Callable[[str], None]], bool]"
"""Whether another vhost than the work's stands for a name; it is told, later and not at once, when it is there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How whoever connects is let in: to this vhost, as this user, and offered this heartbeat (s) at most.

    It is for consumers that were not written for Warren, whose vhosts, user and heartbeat are their own. `vhost` is
    that of the work; where `others` is there, one that is asked for by another name stands elsewhere.
    """

    vhost: str
    user: str
    password: str = field(repr=False)
    heartbeat: int
    others: Others | None = None


class Plan:
    """What is to be done to the frames of all connections of a line, also of those that are still to come.

    Each call is in force when it returns.
    """

    def __init__(self, resolve: Callable[[Held, bool], None] | None = None) -> None:
        """Begin without a fault.

        `resolve` is what a `Held` calls to release (True) or to lose (False) what it caught, by default this plan's
        own `resolve`. An owner with a thread of its own gives one that goes there first.
        """
        self.entry: Entry | None = None
        """How connections are let in from now on; None where they go in as they ask."""
        self.rules: list[Held] = []
        self.lateness = 0.0
        self.is_half_open = False
        self.blocked: str | None = None
        """Why publishers are not read, as a broker that is short of memory says it; None where they are."""
        self.tells_all = False
        """Whether it says so to those, too, that have published nothing."""
        self._nacks = False
        """Whether the next confirm becomes a nack."""
        self._forgings: dict[int, Forging] = {}
        self._lanes: list[Lane] = []
        self._resolve = resolve or self.resolve

    @property
    def empty(self) -> bool:
        """Whether octets may go on unseen."""
        is_blocked = self.blocked is not None
        return not (self.rules or self.lateness or self.is_half_open or is_blocked or self._nacks)

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

    def cancel_consumer(self, connection: int, channel: int, tag: str) -> bool:
        """Take a consumer off, as a broker does whose queue has gone; False where there is no such channel."""
        forging = self._forgings.get(connection)
        return forging is not None and forging.cancel(channel, tag)

    def close_channel(self, connection: int, channel: int, code: int, words: str) -> bool:
        """Close a channel, as a broker does that refuses something; False where there is no such channel."""
        forging = self._forgings.get(connection)
        return forging is not None and forging.close(channel, code, words)

    def nack(self) -> None:
        """Nack what the next confirm is for, in its place, as a broker does that could not keep it; once."""
        self._nacks = True
        self._flush()

    def takes_nack(self) -> bool:
        """Whether a confirm that has come is to become a nack; no later one is."""
        is_due, self._nacks = self._nacks, False
        return is_due

    def block(self, reason: str, *, tells_all: bool = False) -> None:
        """Read no more of a connection once it has published, and tell it why, until `unblock`.

        That is what RabbitMQ does whose memory is short. With `tells_all` the others are told too, and read as before.
        """
        self.blocked, self.tells_all = reason, tells_all
        for forging in list(self._forgings.values()):
            forging.block()
        self._flush()

    def unblock(self) -> None:
        """End `block`: what was not read goes on in order."""
        self.blocked = None
        for forging in list(self._forgings.values()):
            forging.unblock()
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

    def forge_on(self, connection: int, forging: Forging) -> None:
        """Let it forge on the connection with that number."""
        self._forgings[connection] = forging

    def forge_no_more(self, connection: int) -> None:
        """Forge on it no more."""
        self._forgings.pop(connection, None)

    def _add(self, held: Held) -> Held:
        self.rules.append(held)
        self._flush()
        return held

    def _flush(self) -> None:
        for lane in list(self._lanes):  # one that ends its connection leaves the list
            lane.flush()
