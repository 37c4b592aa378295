"""A line in virtual time: a clock that the test moves, and two ends that keep what they are given."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from warren.evidence.frames import Direction
from warren.evidence.ledger_reader import LedgerReader
from warren.simulator.wire import PROTOCOL_HEADER
from warren.worlds.line.lane import Surroundings
from warren.worlds.line.lanes import Lanes
from warren.worlds.line.plan import Entry, Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.evidence.frames import Fact
    from warren.evidence.ledger import Ledger
    from warren.worlds.line.rules import Held, Match


class Clock:
    """Jumps from one call that is due to the next."""

    def __init__(self) -> None:
        """Begin at 0."""
        self.time = 0.0
        self._order = itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def now(self) -> float:
        """Give the time."""
        return self.time

    def call_at(self, when: float, call: Callable[[], None]) -> None:
        """Call then; what is due at the same time is called in the order in which it was asked for."""
        heapq.heappush(self._due, (when, next(self._order), call))

    def pass_time(self, seconds: float) -> None:
        """Go on for so long."""
        end = self.time + seconds
        while self._due and self._due[0][0] <= end:
            self.time, _, call = heapq.heappop(self._due)
            call()
        self.time = end


class VirtualLine:
    """Does all that `warren.worlds.protocol.Line` asks, on the clock of its world."""

    def __init__(self, clock: Clock) -> None:
        """Begin without a connection."""
        self.facts: list[Fact] = []
        self.arrived: dict[Direction, list[tuple[float, bytes]]] = {way: [] for way in Direction}
        """What either side was given, and when."""
        self._clock, self._plan = clock, Plan()
        self._around = Surroundings(self._plan, self.facts.append, clock.now, clock.call_at)
        self._open: list[Lanes] = []
        self._count, self._is_refusing = 0, False
        self._unanswered = Plan()
        self._unanswered.half_open()
        self._is_next_unanswered = False

    def let_in(self, entry: Entry) -> None:
        """Let whoever connects from now on in as the entry has it."""
        self._plan.entry = entry

    def connect(self) -> Lanes:
        """Open a connection, as an instance does."""
        if self._is_refusing:
            raise ConnectionRefusedError
        self._count += 1
        plan = self._unanswered if self._is_next_unanswered else self._plan
        self._is_next_unanswered = False
        lanes = Lanes("stream-1", self._count, replace(self._around, plan=plan))
        for lane, way in zip(lanes, Direction, strict=True):
            lane.write = lambda octets, way=way: self._arrive(way, octets)
        self._open.append(lanes)
        lanes.to_broker.receive(PROTOCOL_HEADER, self._clock.now())
        return lanes

    def cut(self) -> int:
        """Reset every connection now, and say how many."""
        cut, self._open = self._open, []
        for lanes in cut:
            lanes.cut("the rig cut it")
            lanes.close()
        return len(cut)

    def refuse(self) -> None:
        """Reset every connection and let none through until `accept`."""
        self._is_refusing = True
        self.cut()

    def accept(self) -> None:
        """Let connections through again."""
        self._is_refusing = False

    def half_open(self) -> None:
        """Swallow all octets both ways until `restore`."""
        self._plan.half_open()

    def let_die(self) -> None:
        """Never pass anything on again on what is open, and let new connections through."""
        dead, self._plan = self._plan, Plan()
        self._plan.entry = dead.entry
        dead.half_open()

    def leave_unanswered(self) -> None:
        """Take the next connection, and pass nothing on there."""
        self._is_next_unanswered = True

    def restore(self) -> None:
        """End `half_open` and `delay`."""
        self._plan.restore()

    def delay(self, seconds: float) -> None:
        """Pass everything on that much later."""
        self._plan.delay(seconds)

    def hold(self, match: Match) -> Held:
        """Hold the first message that matches, and what follows it."""
        return self._plan.hold(match)

    def lose(self, match: Match) -> Held:
        """Lose the first message that matches."""
        return self._plan.lose(match)

    def cancel_consumer(self, connection: int, channel: int, tag: str) -> bool:
        """Take a consumer off."""
        return self._plan.cancel_consumer(connection, channel, tag)

    def close_channel(self, connection: int, channel: int, code: int, words: str) -> bool:
        """Close a channel."""
        return self._plan.close_channel(connection, channel, code, words)

    def nack(self) -> None:
        """Nack what the next confirm is for."""
        self._plan.nack()

    def block(self, reason: str, *, tells_all: bool = False) -> None:
        """Say that memory is short."""
        self._plan.block(reason, tells_all=tells_all)

    def unblock(self) -> None:
        """Say that it no longer is."""
        self._plan.unblock()

    def ledger(self) -> Ledger:
        """Read what was seen."""
        reader = LedgerReader()
        for fact in self.facts:
            reader.take(fact)
        return reader.ledger()

    def _arrive(self, way: Direction, octets: bytes) -> None:
        self.arrived[way].append((self._clock.now(), octets))
