"""HTTP calls: how long an answer took, and how much of that was the machine's."""

from __future__ import annotations

from tests.rigs.consumers.stand_in_rig import rig_of
from tests.stand_ins import StandInWorld
from warren.evidence.frames import Pause
from warren.evidence.starved import Starved
from warren.rigs.consumers import HTTP, HttpReply


def test_seconds_running() -> None:
    """What an instance, or Warren itself, was kept from running is taken off a call's time once; nothing else is."""
    world = StandInWorld()
    rig = rig_of(world, "task")
    http = rig.start.instance(HTTP)
    answer = HttpReply(503, b"", 100.0, 104.0)
    assert rig.calls.seconds_running(http, answer) == 4.0
    world.waited = [
        Starved(http.name, 99.0, 101.0),
        Starved("task-1", 101.0, 104.0),
    ]
    world.stood_still = [Pause(100.5, 101.5), Pause(103.5, 110.0)]
    assert rig.calls.seconds_running(http, answer) == 2.0
