"""The world that the tests of the rig share."""

from __future__ import annotations

import pytest

from tests.stand_ins import StandInWorld


@pytest.fixture
def world() -> StandInWorld:
    """Give a world in which every instance consumes one tick after its start."""
    world = StandInWorld()

    def become_ready() -> None:
        for process in world.processes[len(world.seen) :]:
            world.consume(process)

    world.every_tick = become_ready
    return world
