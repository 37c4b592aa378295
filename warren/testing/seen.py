"""What the relay saw of one consumer, read from the facts as far as they go; safe in threads."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from warren.evidence.frames import FrameHeld, FrameLost, FrameReleased
from warren.evidence.ledger_reader import LedgerReader

if TYPE_CHECKING:
    from warren.evidence.frames import Fact, FrameSeen
    from warren.evidence.ledger import Delivery, Ledger
    from warren.worlds.real.relay import FrameLog


class Seen:
    """The ledger of one test, and which frames wait."""

    def __init__(self, log: FrameLog) -> None:
        """Begin to read a log."""
        self._log = log
        self._reading = threading.Lock()
        self._reader, self._read = LedgerReader(), 0
        self._held: dict[int, FrameSeen] = {}

    def ledger(self) -> Ledger:
        """Give all that was seen so far, of all consumers of the test."""
        with self._reading:
            return self._up_to_date()

    def deliveries(self, name: str) -> tuple[Delivery, ...]:
        """Give the deliveries that have been passed on to a consumer; none is settled by what has not arrived."""
        with self._reading:
            ledger = self._up_to_date()
            waiting = {(f.connection, f.channel, f.at) for f in self._held.values()}
        return tuple(_as_arrived(d, waiting) for d in ledger.to(name) if d.passed_at is not None)

    def waiting(self, name: str) -> tuple[FrameSeen, ...]:
        """Give the frames of a consumer's connections that wait now."""
        with self._reading:
            self._up_to_date()
            return tuple(frame for frame in self._held.values() if frame.instance == name)

    def _up_to_date(self) -> Ledger:
        facts = self._log.snapshot()
        for fact in facts[self._read :]:
            self._reader.take(fact)
            self._follow(fact)
        self._read = len(facts)
        return self._reader.ledger()

    def _follow(self, fact: Fact) -> None:
        match fact:
            case FrameHeld(frame=frame):
                self._held[id(frame)] = frame
            case FrameReleased(frame=frame) | FrameLost(frame=frame):
                self._held.pop(id(frame), None)
            case _:
                pass


def _as_arrived(delivery: Delivery, waiting: set[tuple[int, int, float]]) -> Delivery:
    """Take back a settlement that waits on its way: the broker knows of none."""
    settlement = delivery.settlement
    place = (delivery.connection, delivery.channel)
    if settlement is None or (*place, settlement.at) not in waiting or delivery.auto_ack:
        return delivery
    return replace(delivery, settlement=None)
