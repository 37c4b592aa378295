"""How two brokers' events are made comparable."""

from __future__ import annotations

from tests.simulator.model.streams import without_counts
from warren.simulator.model import events

PROBE = 9


def test_a_second_look_forgets_the_counts_alone() -> None:
    """Counts are asked for again; that the probe's channel was opened is said once, and stays."""
    opened = events.ChannelOpenOk(2, PROBE)
    counted = events.QueueDeclareOk(2, PROBE, "q", 0, 0)
    declared = events.QueueDeclareOk(2, 1, "q", 0, 0)
    assert without_counts([opened, counted, declared], PROBE) == [opened, declared]
