"""The instances of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from warren.rigs.consumers.instances import Instances

if TYPE_CHECKING:
    from warren.workloads import Workload
    from warren.worlds.protocol import Process


def test_heirs() -> None:
    """Who starts another instance for each of all meets none of the new ones: that would never end."""
    nothing: Any = object()
    instances, met = Instances(cast("Workload", nothing)), 0
    instances.add(cast("Process", nothing))
    for process in instances.all:
        met += 1
        if met < 3:
            instances.add(process)
    assert (met, len(instances.all)) == (1, 2)
