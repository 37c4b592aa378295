"""Waiting for effects and for rest, within deadlines."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from tests.rigs.consumers.stand_in_rig import MUST, rig_of
from tests.stand_ins import implementation
from warren.errors import FaultUnsupported
from warren.evidence.frames import Direction, FrameSeen
from warren.evidence.rows import MessageRow
from warren.rigs.consumers import Inconclusive, Rig, Unmet
from warren.rigs.pace import PACES
from warren.simulator.wire import (
    ConnectionTuneOk,
)
from warren.workloads import WORKLOADS
from warren.workloads.course.roles import STREAM
from warren.workloads.own import OwnWorkload, PathEffect, RowEffect, Sample, Template
from warren.worlds.protocol import QueueDepth

if TYPE_CHECKING:
    from tests.stand_ins import StandInWorld


def test_waiting(world: StandInWorld) -> None:
    """What must happen is unmet, what shows a fault is inconclusive, in its own words and time."""
    rig = rig_of(world)
    with pytest.raises(Unmet, match=r"nothing came within 2\.0 s"):
        rig.wait.need(lambda: False, 2, "nothing came")
    with pytest.raises(Inconclusive, match=r"no witness: no end came within 3\.0 s"):
        rig.wait.witness(lambda: False, 3, "no end came")
    assert not rig.wait.see(lambda: False, 1)
    assert world.time == pytest.approx(106, abs=0.1)
    rig.wait.need(lambda: True, 2, "")
    rig.wait.witness(lambda: True, 2, "")
    assert rig.wait.see(lambda: True, 1)
    assert world.time == pytest.approx(106, abs=0.1)


def test_overdue(world: StandInWorld) -> None:
    """What an instance did not do in time is a violation, with the time and what it did instead."""
    rig = rig_of(world)
    (busy,) = rig.start.all()
    rig.publish.work(1)
    assert rig.wait.overdue(lambda: True, 2, "it did not exit", busy) == ()
    (violation,) = rig.wait.overdue(lambda: False, 2, "it did not exit", busy)
    assert violation.words == "it did not exit within 2.0 s"
    assert "stream-1 consumes from old_sound_rabbit_mq.consumer.stream" in violation.evidence[0]


def test_quiet(world: StandInWorld) -> None:
    """What must not happen is watched for, and seen when it happens meanwhile."""
    rig = rig_of(world)
    assert rig.wait.quiet(lambda: False)
    soon = world.time + rig.deadlines.quiet / 2
    assert not rig.wait.quiet(lambda: world.time > soon)


def test_finish_when_done(world: StandInWorld) -> None:
    """A case ends as soon as all that was sent has left its effect."""
    rig = rig_of(world)
    package = rig.publish.work(1)
    world.depths[STREAM.queue] = QueueDepth(1, 1)

    def leave_effect() -> None:
        if world.time > 101:
            world.rows = [MessageRow(1, package.body.decode())]

    world.every_tick = leave_effect
    rig.start.instance(STREAM)
    rig.wait.finish(1)
    assert rig.seen.done()
    assert world.time == pytest.approx(101, abs=0.1)


def test_finish_when_nothing_can_come(world: StandInWorld) -> None:
    """A case whose messages are gone waits no longer than somebody may still work on one."""
    rig = rig_of(world)
    rig.publish.work(1)
    rig.wait.finish(100)
    assert not rig.seen.done()
    assert world.time < 102 < 100 + rig.deadlines.within(100)


def test_finish_in_time(world: StandInWorld) -> None:
    """A case with a message that nobody takes ends at its deadline."""
    rig = rig_of(world)
    rig.publish.work(1)
    rig.start.instance(STREAM)
    world.depths[STREAM.queue] = QueueDepth(1, 1)
    rig.wait.finish(1)
    assert world.time == pytest.approx(100 + rig.deadlines.within(1), abs=0.1)


def test_heartbeat_faults(world: StandInWorld) -> None:
    """A connection with another heartbeat than was asked for is named."""
    rig = rig_of(world)
    for name, interval in (("stream-1", 1), ("stream-2", 60)):
        tune = ConnectionTuneOk(heartbeat=interval)
        world.seen.append(FrameSeen(100.0, name, 1, Direction.TO_BROKER, 0, tune))
    (fault,) = rig.seen.heartbeat_faults()
    assert fault.words == "stream-2 negotiated a heartbeat of 60 s on connection 1, not 1 s"


def test_least_work(world: StandInWorld) -> None:
    """Work that follows the pace takes longer when that is slowed; work that lasts by itself does not."""
    slow = Sample(Template(b""), slow=Template(b""), slow_seconds=6.0)
    own = OwnWorkload("labels", "labels", "", slow, (PathEffect("{id}.json"),))
    rigs = [
        Rig(world, implementation("blocking"), workload, PACES["fast"], (MUST,))
        for workload in (WORKLOADS["blocking"], own)
    ]
    before = [rig.faults.least_work(3) for rig in rigs]
    for rig in rigs:
        rig.start._tempo.slow_down()
    assert [rig.faults.least_work(3) for rig in rigs] == pytest.approx([2 * before[0], 6.0])
    assert before[1] == 6.0


IDS = Mock(new_id=lambda: "0" * 32)


def test_work_where_no_commit_is_held(world: StandInWorld) -> None:
    """Where commits cannot be kept on their way the slow message is sent; whoever has none is told to write one."""
    for sample in (
        Sample(Template(b""), slow=Template(b"s"), slow_seconds=6.0),
        Sample(Template(b"")),
    ):
        own = OwnWorkload("orders", "orders", "", sample, (RowEffect("SELECT 1"),))
        rig = Rig(world, implementation("blocking"), own, PACES["fast"], (MUST,))
        if sample.slow:
            rig.faults.need_work_that_lasts(3)
            assert rig.faults.least_work(3) == 6.0
            assert rig.workload.make(3, 0, IDS).body == b"s"
            assert not rig.workload.stretch(3)
        else:
            with pytest.raises(FaultUnsupported, match="nothing stands between; write slow = "):
                rig.faults.need_work_that_lasts(3)
            assert rig.workload.stretch(3)


def test_slow_is_not_sent_where_commits_are_held(
    world: StandInWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where commits can be kept on their way they are, whatever the manifest has."""
    monkeypatch.setattr(world, "need_database_line", lambda: None)
    slow = Sample(Template(b"u"), slow=Template(b"s"), slow_seconds=6.0)
    own = OwnWorkload("orders", "orders", "", slow, (RowEffect("SELECT 1"),))
    rig = Rig(world, implementation("blocking"), own, PACES["fast"], (MUST,))
    rig.faults.need_work_that_lasts(3)
    assert rig.workload.make(3, 0, IDS).body == b"u"


def test_least_work_at_once(world: StandInWorld) -> None:
    """Of three messages at once the last takes half as long again where work is stretched, and no longer elsewhere."""
    own = OwnWorkload("orders", "orders", "", Sample(Template(b"")), (RowEffect("SELECT 1"),))
    for workload, times in ((WORKLOADS["blocking"], 1.0), (own, 1.5)):
        faults = Rig(world, implementation("blocking"), workload, PACES["fast"], (MUST,)).faults
        assert faults.least_work(3, at_once=3) == pytest.approx(times * faults.least_work(3))
