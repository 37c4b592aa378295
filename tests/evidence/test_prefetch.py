"""The prefetch count of consumers, as their channel asked for it."""

from __future__ import annotations

from tests.wire import Wire
from warren.evidence.frames import Direction
from warren.simulator.wire import BasicConsume, BasicQos, ChannelClose

TO_BROKER = Direction.TO_BROKER


def test_prefetch_of_consumers() -> None:
    """A consumer has the prefetch count that its channel had asked for when it began."""
    wire = Wire()
    wire.frame(TO_BROKER, BasicConsume("queue", "one", no_wait=True))
    wire.frame(TO_BROKER, BasicQos(prefetch_count=3))
    wire.frame(TO_BROKER, BasicConsume("queue", "two", no_wait=True))
    wire.frame(TO_BROKER, BasicConsume("queue", "three", no_wait=True), channel=2)
    wire.frame(TO_BROKER, ChannelClose())
    wire.frame(TO_BROKER, BasicConsume("queue", "four", no_wait=True))
    assert [c.prefetch for c in wire.ledger.consumers] == [0, 3, 0, 0]
