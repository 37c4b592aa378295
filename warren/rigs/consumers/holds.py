"""Frames that wait on lines for a case or its start: the same hold at several instances, and what each has caught.

The hold on one line is `warren.worlds.line`'s (`Held`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from warren.rigs.consumers.waiting import Waiting
    from warren.worlds.line.rules import Held, Match
    from warren.worlds.protocol import Process


@dataclass(frozen=True, slots=True)
class Caught:
    """A frame that waits on a line: whose it is, and the handle to let it go."""

    process: Process
    held: Held

    def lose(self) -> None:
        """Lose it with all that its process has sent behind it; the line is cut first, or that would get through."""
        self.process.line.cut()
        self.held.lose()


class Holds:
    """The same hold on several lines, of which the first catch is wanted."""

    def __init__(
        self, waiting: Waiting, rule: Callable[[], Match], processes: Iterable[Process]
    ) -> None:
        """Hold the first frame that matches at each of the processes."""
        self._waiting = waiting
        self._holds = [Caught(p, p.line.hold(rule())) for p in processes]

    def first(self, within: float, words: str) -> Caught:
        """Wait until one has caught its frame; raises `Unmet` with the words where none does."""
        self._waiting.need(lambda: bool(self.caught()), within, words)
        return self.caught()[0]

    def caught(self) -> list[Caught]:
        """Give those that have caught a frame."""
        return [c for c in self._holds if c.held.seen is not None]

    def release(self, but: Iterable[Caught] = ()) -> None:
        """Let all frames go, and catch no more."""
        kept = list(but)
        for caught in self._holds:
            if caught not in kept:
                caught.held.release()
