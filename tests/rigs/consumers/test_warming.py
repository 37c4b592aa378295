"""Before a case begins: an instance has done a unit of work, or somebody else keeps it from its queue."""

from __future__ import annotations

from itertools import count

import pytest

from tests.rigs.consumers.stand_in_rig import rig_of
from tests.stand_ins import StandInCall, StandInWorld
from tests.wire import Wire
from warren.evidence.frames import Direction, FrameSeen
from warren.evidence.rows import MessageRow
from warren.rigs.consumers.endings import ExclusiveConsumer
from warren.rigs.consumers.starts import KnownStart
from warren.simulator.wire import (
    BasicAck,
    BasicDeliver,
    BasicProperties,
    ChannelClose,
    ContentHeader,
)


def test_exclusive_consumer(world: StandInWorld) -> None:
    """Who is refused its queue for another's sake is told so after some seconds, and the next time at once."""
    words = "ACCESS_REFUSED - queue 'q' in vhost '/' in exclusive use"

    def refuse_the_second() -> None:
        for process in world.processes[len(world.seen) :]:
            if len(world.seen) % 2:
                close = ChannelClose(403, words, 60, 20)
                at = FrameSeen(world.time, process.name, 1, Direction.TO_CLIENT, 1, close)
                world.seen.append(at)
            else:
                world.consume(process)

    known = KnownStart()
    for seconds in (5, 0):
        world.every_tick = refuse_the_second
        world.processes.clear()
        world.seen.clear()
        began = world.time
        with pytest.raises(ExclusiveConsumer, match="in exclusive use; let a second instance"):
            rig_of(world, known=known).start.workers(2)
        assert world.time - began == pytest.approx(seconds, abs=0.2)


def test_warm_up(world: StandInWorld) -> None:
    """Each worker is sent a message, and again one that was given none, until all have settled one."""
    rig = rig_of(world)
    rig.start.workers(2)
    wire = Wire(world.seen)

    def settle(tag: int, instance: str) -> None:
        wire.frame(Direction.TO_CLIENT, BasicDeliver("c", tag, False, "", "q"), 1, instance)
        wire.frame(Direction.TO_CLIENT, ContentHeader(60, 0, BasicProperties()), 1, instance)
        wire.frame(Direction.TO_BROKER, BasicAck(tag), 1, instance)

    def work() -> None:
        if len(world.published) == 2 and not world.rows:
            world.rows = [MessageRow(n, '{"texts":["text1"]}') for n in (1, 2)]
            settle(1, "stream-1")
        elif len(world.published) == 3 and len(world.rows) == 2:
            world.rows.append(MessageRow(3, '{"texts":["text1"]}'))
            settle(1, "stream-2")

    world.every_tick = work
    rig.warm_up()
    assert len(world.published) == 3
    assert rig.begun == world.time


def test_warm_up_ends_with_its_acks(world: StandInWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is judged begins when the server has acked the request of the warm-up, not with the caller's answer."""
    rig = rig_of(world, "rpc")
    rig.start.workers(1, http=True)
    wire, ticks = Wire(world.seen), count(1)

    def give(tag: int) -> None:
        delivery = BasicDeliver("c", tag, False, "", "q")
        for frame in (delivery, ContentHeader(60, 0, BasicProperties())):
            wire.frame(Direction.TO_CLIENT, frame, 1, "rpc-server-1")

    def ack(tag: int) -> None:
        wire.frame(Direction.TO_BROKER, BasicAck(tag), 1, "rpc-server-1")

    def answer(*_: object) -> StandInCall:
        give(2)
        world.every_tick = lambda: ack(2) if next(ticks) == 3 else None
        return StandInCall(200)

    monkeypatch.setattr(world, "call", answer)
    give(1)
    ack(1)
    rig.warm_up()
    assert all(delivery.settlement for delivery in rig.seen.given())
