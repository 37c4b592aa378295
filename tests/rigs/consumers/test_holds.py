"""What holds have caught: let go, or lost with all that was behind it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.worlds.line.octets import method_octets
from tests.worlds.line.virtual import Clock, VirtualLine
from warren.evidence.frames import Direction, FrameLost
from warren.rigs.consumers import Caught, acks
from warren.simulator.wire import PROTOCOL_HEADER, BasicAck


def test_lost_with_what_is_behind() -> None:
    """Of a process that has gone nothing gets through that it sent behind what a hold has caught."""
    line = VirtualLine(Clock())
    to_broker = line.connect().to_broker
    process: Any = SimpleNamespace(line=line)
    caught = Caught(process, line.hold(acks()))
    to_broker.receive(method_octets(BasicAck(1)) + method_octets(BasicAck(2)), 0.0)
    caught.lose()
    lost = [fact.frame.content for fact in line.facts if isinstance(fact, FrameLost)]
    assert lost == [BasicAck(1), BasicAck(2)]
    assert [octets for _, octets in line.arrived[Direction.TO_BROKER]] == [PROTOCOL_HEADER]
