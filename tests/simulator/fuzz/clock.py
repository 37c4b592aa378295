"""An event loop's clock without an event loop: timers that run when the test lets time pass."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(slots=True)
class Timer:
    """A call that may still be cancelled."""

    call: Callable[[], object] | None

    def cancel(self) -> None:
        """Do not call."""
        self.call = None


@dataclass(slots=True)
class Clock:
    """As much of `asyncio.AbstractEventLoop` as the broker uses for its timers."""

    now: float = 0.0
    _soon: deque[Timer] = field(default_factory=deque)
    _timers: list[tuple[float, int, Timer]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def time(self) -> float:
        """Return the time in seconds."""
        return self.now

    def call_soon(self, function: Callable[..., object], *arguments: Any) -> Timer:
        """Call before anything else comes from a socket."""
        timer = Timer(lambda: function(*arguments))
        self._soon.append(timer)
        return timer

    def call_later(self, delay: float, function: Callable[..., object], *arguments: Any) -> Timer:
        """Call after `delay` seconds."""
        return self.call_at(self.now + delay, function, *arguments)

    def call_at(self, when: float, function: Callable[..., object], *arguments: Any) -> Timer:
        """Call at a time."""
        timer = Timer(lambda: function(*arguments))
        heapq.heappush(self._timers, (when, next(self._numbers), timer))
        return timer

    @property
    def is_soon(self) -> bool:
        """Whether something is to be called soon."""
        return bool(self._soon)

    def run_once(self) -> None:
        """Call what is to be called soon by now, as a loop does between two looks at its sockets."""
        for _ in range(len(self._soon)):
            _call(self._soon.popleft())

    def run(self) -> None:
        """Call what is to be called soon."""
        while self._soon:
            _call(self._soon.popleft())

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        self.run()
        while self._timers and self._timers[0][0] <= end:
            when, _, timer = heapq.heappop(self._timers)
            self.now = max(self.now, when)
            _call(timer)
            self.run()
        self.now = end


def _call(timer: Timer) -> None:
    if timer.call is not None:
        timer.call()
