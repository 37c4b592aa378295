"""Looking at a world in which a consumer runs: what there is outside, what an instance has shown, when it is quiet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from warren.errors import InstanceError
from warren.evidence.frames import FrameForged, FrameHeld, FrameLost, FrameReleased
from warren.learning.changes import Outside
from warren.learning.observed import Observed, observe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warren.evidence.frames import Fact
    from warren.worlds.protocol import Process
    from warren.worlds.real.world import RealWorld

USUAL_HEARTBEAT: Final = 60
"""Seconds that RabbitMQ offers, so that the consumer's own heartbeat is seen."""
_QUIET: Final = 0.4
"""Seconds without a frame after which it has begun whatever it consumes, or has done what it does."""
_MOST_OCTETS: Final = 1 << 20


def outside(world: RealWorld) -> Outside:
    """Look at all that there is outside now."""
    files = dict(_files(world.directory)) if world.directory else {}
    return Outside(world.contents(), files, world.calls(), observe(world.facts()).ledger.publishes)


def observed(world: RealWorld, name: str) -> Observed:
    """Give what the instance of that name has shown of itself up to now."""
    return observe(fact for fact in world.facts() if _whose(fact) == name)


def wait_until_quiet(world: RealWorld, within: float) -> None:
    """Let time pass until no frame has come for a while, at most so long."""
    ends = world.now() + within
    seen = -1
    while seen != len(world.facts()) and world.now() < ends:
        seen = len(world.facts())
        world.wait_for(_grown(world, seen), _QUIET)


def await_consuming(
    world: RealWorld, process: Process, queues: Sequence[str], within: float
) -> None:
    """Wait until an instance consumes from one of these queues. Raises `InstanceError` where it will not."""

    def consumes() -> bool:
        return any(map(observed(world, process.name).consumer_of, queues))

    def is_over() -> bool:
        ledger = observed(world, process.name).ledger
        is_refused = any(refusal.is_in_use for refusal in ledger.refusals)
        return process.exit_status is not None or is_refused

    world.wait_for(lambda: consumes() or is_over(), within)
    if not consumes():
        raise InstanceError("it did not consume", process.name)


def _whose(fact: Fact) -> str:
    match fact:
        case FrameHeld() | FrameReleased() | FrameLost() | FrameForged():
            return fact.frame.instance
        case _:
            return fact.instance


def _grown(world: RealWorld, seen: int) -> Callable[[], bool]:
    return lambda: len(world.facts()) > seen


def _files(directory: Path) -> dict[str, bytes]:
    """Read the files of a directory; what is linked was there before, and is only read."""
    found = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            file = Path(folder, name)
            if file.is_symlink() or not file.is_file():
                continue
            with file.open("rb") as opened:
                found[file.relative_to(directory).as_posix()] = opened.read(_MOST_OCTETS)
    return found
