"""The instances of a case: which there are."""

from __future__ import annotations

from tests.stand_ins import StandInProcess
from warren.rigs.consumers.instances import Instances
from warren.workloads.course.blocking import BLOCKING
from warren.workloads.course.roles import STREAM

FEW = 3


def test_who_replaces_them_one_by_one_comes_to_an_end() -> None:
    """To go through all meets those that there were, and none that is started meanwhile."""
    instances = Instances(BLOCKING)
    instances.add(StandInProcess("stream-1", STREAM, {}))
    for number, _ in enumerate(instances.all):
        assert number < FEW, "it goes on with those that it starts"
        instances.add(StandInProcess(f"stream-{number + 2}", STREAM, {}))
    assert [process.name for process in instances.all] == ["stream-1", "stream-2"]
