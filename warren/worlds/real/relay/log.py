"""The log of a real world's facts: it has the world's clock, and wakes who waits for a fact."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warren.evidence.frames import Fact


class FrameLog:
    """Facts in the order in which they came to be known; appended to, never changed.

    Safe in threads. All lines of a world share one; the facts carry their instance's name. A frame
    is logged as seen before anything else is said of it.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._facts: list[Fact] = []
        self._grown = threading.Condition()
        self._began = time.monotonic()

    def now(self) -> float:
        """Give the time that facts carry: seconds since the log began, which no change of the date moves."""
        return time.monotonic() - self._began

    def append(self, fact: Fact) -> None:
        """Add a fact, and wake those who wait for one."""
        with self._grown:
            self._facts.append(fact)
            self._grown.notify_all()

    def __len__(self) -> int:
        """Count the facts so far."""
        return len(self._facts)

    def snapshot(self) -> tuple[Fact, ...]:
        """Give all facts so far."""
        with self._grown:
            return tuple(self._facts)

    def wait_for(
        self, predicate: Callable[[Sequence[Fact]], bool], deadline_seconds: float
    ) -> bool:
        """Wait until the predicate holds of all facts so far; False when the deadline passes."""
        deadline = time.monotonic() + deadline_seconds
        while True:
            facts = self.snapshot()
            if predicate(facts):
                return True
            if not self._wait_for_more_than(len(facts), deadline - time.monotonic()):
                return False

    def wait_until(self, condition: Callable[[], bool], within: float, look: float) -> bool:
        """Ask again after every fact, and every ``look`` seconds for what shows in none; False when time is up.

        At most half of the time is asking: a question may cost a database several statements, and facts come in swarms.
        """
        deadline = time.monotonic() + within
        while True:
            began, known = time.monotonic(), len(self)
            if condition():
                return True
            asked = time.monotonic()
            if asked >= deadline:
                return False
            time.sleep(min(asked - began, look, deadline - asked))
            self._wait_for_more_than(known, min(look, max(deadline - time.monotonic(), 0)))

    def _wait_for_more_than(self, known: int, seconds: float) -> bool:
        """Wait until there are more facts than that; False when the time is over."""
        with self._grown:
            return self._grown.wait_for(lambda: len(self._facts) > known, seconds)
