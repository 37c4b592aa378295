"""Lanes and their plan as a virtual world uses them: both directions, an hour in no time, and no thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.worlds.line.octets import deliver_octets, method_octets, publish_octets
from tests.worlds.line.virtual import Clock, VirtualLine
from warren.evidence.frames import ConnectionEnded, Direction, FrameLost, FrameReleased
from warren.simulator.wire import (
    HEARTBEAT_FRAME,
    PROTOCOL_HEADER,
    BasicAck,
    BasicConsume,
    BasicConsumeOk,
    BasicNack,
    ConnectionClose,
)
from warren.worlds.line.rules import acks, delivery, settlements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.line.lanes import Lanes
    from warren.worlds.protocol import Line

HOUR = 3600.0


@pytest.fixture(autouse=True)
def no_thread() -> Iterator[None]:
    """Nothing of it starts a thread."""
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.fixture
def clock() -> Clock:
    """Give the world's clock."""
    return Clock()


@pytest.fixture
def line(clock: Clock) -> VirtualLine:
    """Give the line of an instance."""
    return VirtualLine(clock)


@pytest.fixture
def lanes(line: VirtualLine) -> Lanes:
    """Give its first connection."""
    return line.connect()


def to_broker(line: VirtualLine) -> list[tuple[float, bytes]]:
    """Give what the broker was given after the protocol header, and when."""
    return [
        (at, octets)
        for at, octets in line.arrived[Direction.TO_BROKER]
        if octets != PROTOCOL_HEADER
    ]


def to_client(line: VirtualLine) -> bytes:
    """Give what the instance was given."""
    return b"".join(octets for _, octets in line.arrived[Direction.TO_CLIENT])


def test_is_a_line(line: VirtualLine) -> None:
    """It does what a rig may ask of a line."""
    rig_sees: Line = line
    assert rig_sees.cut() == 0


def test_hold_on_both_ways(line: VirtualLine, lanes: Lanes, clock: Clock) -> None:
    """A delivery to one queue waits for an hour, its ack for another; the ledger knows both."""
    lanes.to_broker.receive(
        method_octets(BasicConsume(queue="work", consumer_tag="ctag")), clock.now()
    )
    lanes.to_client.receive(method_octets(BasicConsumeOk("ctag")), clock.now())
    held, acked = line.hold(delivery(queue="work")), line.hold(acks())
    lanes.to_client.receive(deliver_octets(1) + HEARTBEAT_FRAME, clock.now())
    assert held.seen is not None
    assert deliver_octets(1) not in to_client(line)
    assert HEARTBEAT_FRAME in to_client(line)
    clock.pass_time(HOUR)
    held.release()
    assert deliver_octets(1) in to_client(line)
    lanes.to_broker.receive(method_octets(BasicAck(1)), clock.now())
    clock.pass_time(HOUR)
    acked.release()
    assert to_broker(line)[-1] == (2 * HOUR, method_octets(BasicAck(1)))
    (given,) = line.ledger().deliveries
    assert (given.at, given.passed_at) == (0.0, HOUR)
    assert [fact.at for fact in line.facts if isinstance(fact, FrameReleased)] == [HOUR] * 3 + [
        2 * HOUR
    ]


def test_lose_on_both_ways(line: VirtualLine, lanes: Lanes, clock: Clock) -> None:
    """A delivery is lost whole, and so is a settlement; what comes behind goes on."""
    line.lose(delivery())
    lost = line.lose(settlements())
    lanes.to_client.receive(deliver_octets(1) + deliver_octets(2), clock.now())
    lanes.to_broker.receive(method_octets(BasicNack(2)) + publish_octets(), clock.now())
    assert to_client(line) == deliver_octets(2)
    assert b"".join(octets for _, octets in to_broker(line)) == publish_octets()
    assert lost.seen is not None
    first, second = line.ledger().deliveries
    assert first.passed_at is None
    assert second.settlement is not None
    assert not second.settlement.reached


def test_delay_on_both_ways(line: VirtualLine, lanes: Lanes, clock: Clock) -> None:
    """What comes is passed on so much later to the moment, in order, as the clock jumps there."""
    line.delay(5.0)
    lanes.to_client.receive(deliver_octets(1), clock.now())
    clock.pass_time(1.0)
    lanes.to_broker.receive(publish_octets(), clock.now())
    clock.pass_time(3.5)
    assert to_client(line) == b""
    clock.pass_time(HOUR)
    assert to_client(line) == deliver_octets(1)
    assert {at for at, _ in line.arrived[Direction.TO_CLIENT]} == {5.0}
    assert {at for at, _ in to_broker(line)} == {6.0}


def test_half_open_and_cut(line: VirtualLine, lanes: Lanes, clock: Clock) -> None:
    """Half open, both ways are kept, and restored they go on; what waits when the line is cut is lost."""
    line.half_open()
    lanes.to_client.receive(deliver_octets(1), clock.now())
    lanes.to_broker.receive(publish_octets(), clock.now())
    clock.pass_time(HOUR)
    assert not to_client(line)
    assert not to_broker(line)
    line.restore()
    assert to_client(line) == deliver_octets(1)
    line.half_open()
    lanes.to_broker.receive(publish_octets(), clock.now())
    assert line.cut() == 1
    (end,) = [fact for fact in line.facts if isinstance(fact, ConnectionEnded)]
    assert (end.at, end.by, end.how) == (HOUR, "rig", "cut")
    assert sum(isinstance(fact, FrameLost) for fact in line.facts) == 3


def test_refuse(line: VirtualLine, lanes: Lanes, clock: Clock) -> None:
    """Refused, there is no way; accepted, a new connection has the next number and carries."""
    line.refuse()
    with pytest.raises(ConnectionRefusedError):
        line.connect()
    line.accept()
    line.connect().to_client.receive(deliver_octets(1), clock.now())
    lanes.to_client.receive(deliver_octets(2), clock.now())
    assert to_client(line) == deliver_octets(1)
    assert [d.connection for d in line.ledger().deliveries] == [2, 1]


def test_closed_in_order(line: VirtualLine, lanes: Lanes, clock: Clock) -> None:
    """Whoever sent connection.close ended it, whichever side's octets end first."""
    lanes.to_client.receive(method_octets(ConnectionClose(320, "restart", 0, 0), 0), clock.now())
    lanes.end("client", "eof", "")
    lanes.end("broker", "eof", "")
    (end,) = line.ledger().ends
    assert (end.by, end.how, end.detail) == ("broker", "close", "320 restart")
