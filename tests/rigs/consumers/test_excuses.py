"""What of a failure is the machine's: pauses of Warren's own, and instances that waited for a processor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.rigs.consumers.stand_in_rig import SHOULD, rig_of
from tests.stand_ins import StandInWorld
from warren.claims.verdict import Outcome, Verdict, describe
from warren.evidence.frames import ConnectionEnded, Direction, FrameSeen, Pause
from warren.evidence.starved import Starved
from warren.evidence.violation import Violation
from warren.rigs.consumers import Unmet
from warren.rigs.consumers.judging import conclude
from warren.simulator.wire import ConnectionTuneOk, Heartbeat

if TYPE_CHECKING:
    from warren.evidence.frames import By, How
    from warren.rigs.consumers import Rig

LOST = Violation("lost: the package row")


@dataclass(frozen=True)
class Silent:
    """How a connection ended, how long after a pause (s), and the heartbeat (s) that was agreed on."""

    after: float = 0.1
    how: How = "eof"
    by: By = "broker"
    agreed: int | None = 1

    def seen_in(self, world: StandInWorld, at: float, last_sent: float = 1.0) -> None:
        """Have it end at that time, and a frame be the last that its client sent."""
        if self.agreed is not None:
            tune_ok = ConnectionTuneOk(heartbeat=self.agreed)
            world.seen.append(FrameSeen(1.0, "stream-1", 1, Direction.TO_BROKER, 0, tune_ok))
        world.seen.append(FrameSeen(last_sent, "stream-1", 1, Direction.TO_BROKER, 0, Heartbeat()))
        world.seen.append(ConnectionEnded(at, "stream-1", 1, self.by, self.how, ""))


def verdict_on(rig: Rig, violation: Violation = LOST) -> Verdict:
    """Give the verdict of a case that has found a violation."""
    rig.judge(violation)
    return conclude(Unmet(""), rig)[0]


@pytest.mark.parametrize(
    ("pause", "end", "excused"),
    [
        pytest.param(2.1, Silent(), True, id="silent for two heartbeats"),
        pytest.param(1.4, Silent(), False, id="too short"),
        pytest.param(2.1, Silent(how="close"), False, id="closed with a word"),
        pytest.param(2.1, Silent(after=1.1), False, id="long after it"),
        pytest.param(2.1, Silent(after=-2.2), False, id="before it"),
        pytest.param(2.1, Silent(agreed=None), False, id="nothing was agreed on"),
        pytest.param(2.1, Silent(agreed=0), False, id="no heartbeat was agreed on"),
        pytest.param(2.1, Silent(agreed=2), False, id="too short for a longer heartbeat"),
        pytest.param(2.1, Silent(by="client"), False, id="ended by the client"),
    ],
)
def test_beside_a_pause(pause: float, end: Silent, excused: bool) -> None:
    """Nobody fails where the rig stood still and the broker then took its silence for a client's."""
    world = StandInWorld()
    rig = rig_of(world)
    world.stood_still.append(Pause(10.0, 10.0 + pause))
    end.seen_in(world, 10.0 + pause + end.after)
    rig.judge(requirement=SHOULD.id)
    rig.judge(LOST)
    passed, other = conclude(None, rig)
    assert passed.outcome is Outcome.PASS
    assert other.outcome is (Outcome.INCONCLUSIVE if excused else Outcome.FAIL)
    assert describe(other).endswith("lost: the package row")
    assert ("Warren itself stood still for 2.1 s" in describe(other)) is excused


@pytest.mark.parametrize(
    ("waited", "excused"),
    [
        pytest.param(5.1, True, id="half of the time"),
        pytest.param(4.9, False, id="less"),
    ],
)
def test_deadline(world: StandInWorld, waited: float, excused: bool) -> None:
    """Who waited for a processor for half of the time that it was given has not failed, and nothing has passed."""
    rig = rig_of(world)
    (stream,) = rig.start.all()
    until = world.time + 10.0
    world.waited.append(Starved(stream.name, until - waited, until))
    found = verdict_on(rig, *rig.wait.overdue(lambda: False, 10.0, "it did not exit", stream))
    assert found.outcome is (Outcome.INCONCLUSIVE if excused else Outcome.FAIL)
    if excused:
        assert describe(found) == (
            f"stream-1 waited for a processor for 5.1 s of the 10.0 s before its deadline, at {until:.3f};"
            " give the machine less to do beside it."
            " What would have been a failure: it did not exit within 10.0 s"
        )


def test_deadline_of_another(world: StandInWorld) -> None:
    """An instance that had its time fails, whoever else had to wait; where any may do the work, any counts."""
    rig = rig_of(world)
    first, other = rig.start.workers(2)
    world.waited.append(Starved(other.name, world.time, world.time + 100))
    overdue = rig.wait.overdue(lambda: False, 10.0, "it did not exit", first)
    assert verdict_on(rig, *overdue).outcome is Outcome.FAIL
    rig = rig_of(world)
    assert not rig.wait.see(lambda: False, 10.0)
    assert verdict_on(rig).outcome is Outcome.INCONCLUSIVE


def test_seen(world: StandInWorld) -> None:
    """What was seen to happen is a failure on any machine."""
    world.waited.append(Starved("stream-1", 0, 1000))
    rig = rig_of(world)
    assert not rig.wait.see(lambda: False, 10.0)
    assert verdict_on(rig, Violation("written twice", seen=True)).outcome is Outcome.FAIL


def test_met(world: StandInWorld) -> None:
    """Where all that was waited for came, a failure rests on no time; so it does where the wait came later."""
    world.waited.append(Starved("stream-1", 0, 1000))
    rig = rig_of(world)
    assert rig.wait.see(lambda: True, 10.0)
    rig.judge(LOST)
    assert not rig.wait.see(lambda: False, 10.0)
    assert conclude(Unmet(""), rig)[0].outcome is Outcome.FAIL


def test_watched(world: StandInWorld) -> None:
    """A wait in vain before another that has its end was for something else, unless a violation was noted of it."""
    world.waited.append(Starved("stream-1", 0, 1000))
    rig = rig_of(world)
    assert not rig.wait.see(lambda: False, 10.0)
    assert rig.wait.see(lambda: True, 10.0)
    assert verdict_on(rig).outcome is Outcome.FAIL
    rig = rig_of(world)
    rig.expect(rig.wait.see(lambda: False, 10.0), "it did not come")
    assert rig.wait.see(lambda: True, 10.0)
    assert verdict_on(rig).outcome is Outcome.INCONCLUSIVE


def test_unmet(world: StandInWorld) -> None:
    """A case that waited in vain for who had no processor has no verdict; nothing turns a pass or a SHOULD."""
    rig = rig_of(world)
    world.waited.append(Starved("stream-1", 0, 1000))
    rig.judge(Violation("not kept"), requirement=SHOULD.id)
    with pytest.raises(Unmet) as unmet:
        rig.wait.need(lambda: False, 5.0, "no effect was left")
    warned, broken = conclude(unmet.value, rig)
    assert (warned.outcome, broken.outcome) == (Outcome.WARN, Outcome.INCONCLUSIVE)
    assert describe(broken).endswith(
        "What would have been a failure: no effect was left within 5.0 s"
    )


def test_rest(world: StandInWorld) -> None:
    """Work that is missing when nothing comes any more may be on its way, where its instance gets no processor."""
    rig = rig_of(world)
    rig.start.all()
    rig.publish.work(1)
    world.waited.append(Starved("stream-1", 0, 1000))
    rig.wait.finish(1)
    found = verdict_on(rig)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "before its work was taken for over" in describe(found)


@pytest.mark.parametrize(
    ("end", "sent", "excused"),
    [
        pytest.param(Silent(), 109.0, True, id="ended by the broker"),
        pytest.param(Silent(by="client"), 107.9, True, id="ended by a client that was silent"),
        pytest.param(Silent(by="client"), 109.0, False, id="ended by a client that was not"),
        pytest.param(Silent(how="close"), 107.9, False, id="closed with a word"),
        pytest.param(Silent(agreed=0), 107.9, False, id="without heartbeats"),
        pytest.param(Silent(agreed=2), 107.9, False, id="less than half of two longer heartbeats"),
        pytest.param(Silent(by="rig", how="cut"), 107.9, False, id="cut"),
    ],
)
def test_connection(world: StandInWorld, end: Silent, sent: float, excused: bool) -> None:
    """A connection that was lost for want of a processor, while two heartbeats were due, is no failure."""
    rig = rig_of(world)
    end.seen_in(world, 110.0, sent)
    world.time = 110.1
    world.waited.append(Starved("stream-1", 108.1, 109.9))
    found = verdict_on(rig)
    assert found.outcome is (Outcome.INCONCLUSIVE if excused else Outcome.FAIL)
    words = "stream-1 waited for a processor for 1.8 s of the 2.0 s before its connection 1 ended"
    assert (words in describe(found)) is excused


@pytest.mark.parametrize(("struck", "excused"), [(107.0, False), (105.0, True)])
def test_connection_after_a_fault(world: StandInWorld, struck: float, excused: bool) -> None:
    """A connection that ended soon after its instance was struck ended of that, whatever the machine did."""
    rig = rig_of(world)
    (stream,) = rig.start.all()
    world.time = struck
    stream.line.half_open()
    world.time = 120.0
    Silent().seen_in(world, 110.0)
    world.waited.append(Starved("stream-1", 108.0, 110.0))
    found = verdict_on(rig)
    assert found.outcome is (Outcome.INCONCLUSIVE if excused else Outcome.FAIL)


@pytest.mark.parametrize(
    ("status", "words"), [(503, "GET /task was answered 503"), (0, "GET /task was given up")]
)
def test_call(world: StandInWorld, status: int, words: str) -> None:
    """A call that failed because its server had no processor is no failure."""
    rig = rig_of(world, "rpc")
    rig.start.all(http=True)
    world.http_status, world.http_takes = status, 4.0
    began = world.time
    rig.calls.begin()
    world.time += 4.0
    world.waited.append(Starved("rpc-server-1", began, began + 3.0))
    found = verdict_on(rig)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert words in describe(found)
