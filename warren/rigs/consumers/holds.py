"""Frames that wait on lines for a case or its start: the same hold at several instances, and what each has caught.

The hold on one line is `warren.worlds.line.rules`'s (`Held`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from warren.workloads.designs import ROUTES
from warren.worlds.line.rules import declaration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from warren.rigs.consumers.rig import Rig
    from warren.worlds.line.rules import Held
    from warren.worlds.protocol import Process


@dataclass(frozen=True, slots=True)
class Caught:
    """A frame that waits on a line: whose it is, and the handle to let it go."""

    process: Process
    held: Held


class Holds:
    """The same hold on several lines, of which the first catch is wanted."""

    def __init__(self, rig: Rig, holds: list[Caught]) -> None:
        """Keep the holds; made by `Rig.hold`."""
        self._rig, self._holds = rig, holds

    def first(self, within: float, words: str) -> Caught:
        """Wait until one has caught its frame; raises `Unmet` with the words where none does."""
        self._rig.need(lambda: bool(self.caught()), within, words)
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


def declare_in_turn(rig: Rig, processes: Sequence[Process], ends: float) -> None:
    """Let one of several instances of a role declare their queue, and the others only when it is there.

    That is waited for until `ends`, in the world's time. RabbitMQ 4.3 refuses one of two first declarations that meet
    now and then (404, "home node … is down or inaccessible"). No guarantee is about that chance, which would end a
    consumer before its case begins.
    """
    turns = []
    for role, route in ROUTES.items():
        rivals = [p for p in processes if p.role is role]
        if len(rivals) > 1:
            holds = rig.hold(partial(declaration, route.queue), *rivals)
            turns.append((route.queue, rivals, holds))
    for queue, rivals, holds in turns:  # only now: all are held before anybody is waited for
        _take_turn(rig, queue, rivals, holds, ends)


def _take_turn(rig: Rig, queue: str, rivals: Sequence[Process], holds: Holds, ends: float) -> None:
    def over() -> bool:
        return any(p.exit_status is not None or rig.consumes_since(p, 0.0) for p in rivals)

    rig.see(lambda: bool(holds.caught()) or over(), ends - rig.world.now())
    for first in holds.caught()[:1]:
        first.held.release()
        rig.see(lambda: rig.world.queue(queue) is not None or over(), ends - rig.world.now())
    holds.release()
