"""A lane, without sockets: whatever faults come and go, no octet is added, changed or swapped."""

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds.line.octets import deliver_octets, method_octets
from warren.evidence.frame_reader import Reader
from warren.evidence.frames import (
    Direction,
    Fact,
    FrameForged,
    FrameHeld,
    FrameLost,
    FrameReleased,
    FrameSeen,
    Undecodable,
)
from warren.simulator.wire import (
    HEARTBEAT_FRAME,
    BasicAck,
    BasicCancel,
    BasicDeliver,
    ConnectionStartOk,
    Heartbeat,
)
from warren.worlds.line.lane import Lane, Surroundings
from warren.worlds.line.learnt import Learnt
from warren.worlds.line.plan import Plan
from warren.worlds.line.rules import delivery, method

if TYPE_CHECKING:
    from collections.abc import Callable


class Bench:
    """A lane towards the client with a clock and a target of its own."""

    def __init__(self, direction: Direction = Direction.TO_CLIENT) -> None:
        """Begin with no fault."""
        self.plan, self.time, self.out = Plan(), 0.0, b""
        self.log: list[Fact] = []
        self.alarms: list[tuple[float, Callable[[], None]]] = []
        around = Surroundings(
            self.plan,
            self.log.append,
            lambda: self.time,
            lambda when, call: self.alarms.append((when, call)),
        )
        self.lane = Lane(Reader(direction, "stream-1", 1), around, Learnt())
        self.plan.take_in(self.lane)
        self.lane.write = self._write

    def _write(self, octets: bytes) -> None:
        self.out += octets

    def receive(self, octets: bytes) -> None:
        """Let octets come now."""
        self.lane.receive(octets, self.time)

    def pass_time(self, seconds: float) -> None:
        """Advance the clock, and ring what is due."""
        self.time += seconds
        due = [call for when, call in self.alarms if when <= self.time]
        self.alarms = [alarm for alarm in self.alarms if alarm[0] > self.time]
        for call in due:
            call()

    def facts(self, kind: Any) -> list[Any]:
        """Give the facts of a kind."""
        return [fact for fact in self.log if isinstance(fact, kind)]


steps = st.lists(
    st.one_of(
        st.integers(1, 120),
        st.sampled_from(["rule", "no rule", "half-open", "restore", "delay", "no delay", "time"]),
    ),
    max_size=30,
)
messages = st.lists(
    st.one_of(
        st.binary(max_size=50).map(lambda body: deliver_octets(1, body)),
        st.just(HEARTBEAT_FRAME),
        st.just(method_octets(BasicAck(1))),
        st.binary(min_size=1, max_size=9),
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None)  # examples are quick, except on a busy machine
@given(messages, steps)
def test_transparent(pieces: list[bytes], script: list[int | str]) -> None:
    """Rules that match nothing, delays and half-open times change nothing, begun anywhere."""
    stream = b"".join(pieces)
    bench, at = Bench(), 0
    held = None
    for step in script:
        match step:
            case int():
                bench.receive(stream[at : at + step])
                at += step
            case "rule" if held is None:
                held = bench.plan.hold(delivery(exchange="another"))
            case "no rule" if held is not None:
                held.release()
                held = None
            case "half-open":
                bench.plan.half_open()
            case "restore":
                bench.plan.restore()
            case "delay" | "no delay":
                bench.plan.delay(3.0 if step == "delay" else 0.0)
            case "time":
                bench.pass_time(1.0)
    bench.receive(stream[at:])
    bench.plan.restore()
    bench.lane.end(bench.time)
    bench.pass_time(10.0)
    assert bench.out == stream
    assert bench.lane.idle
    assert not bench.facts(FrameLost)
    assert len(bench.facts(FrameHeld)) == len(bench.facts(FrameReleased))


@settings(deadline=None)  # examples are quick, except on a busy machine
@given(st.integers(1, 400), st.integers(1, 40))
def test_lost_is_one_command_whole(body_size: int, step: int) -> None:
    """What is lost is a method with all of its content, and nothing beside it, however it comes."""
    bench = Bench()
    lost = bench.plan.lose(delivery(redelivered=True))
    before, after = deliver_octets(1, b"x"), deliver_octets(3, b"z")
    stream = before + deliver_octets(2, bytes(body_size), redelivered=True) + after
    for at in range(0, len(stream), step):
        bench.receive(stream[at : at + step])
    assert bench.out == before + after
    assert lost.seen is not None
    assert bench.facts(FrameLost)[0].frame is lost.seen
    assert len(bench.facts(FrameLost)) == 3
    assert len(bench.facts(FrameSeen)) == 9


def test_hold_stops_what_is_behind() -> None:
    """A caught delivery and all behind it wait; release lets them go in order."""
    bench = Bench()
    held = bench.plan.hold(delivery())
    bench.receive(method_octets(BasicAck(9)) + deliver_octets(1) + deliver_octets(2))
    assert bench.out == method_octets(BasicAck(9))
    assert held.seen is not None
    assert held.seen.content == BasicDeliver("ctag", 1, False, "exchange", "key")
    assert len(bench.facts(FrameHeld)) == 6
    bench.time = 7.0
    held.release()
    assert bench.out == method_octets(BasicAck(9)) + deliver_octets(1) + deliver_octets(2)
    assert [fact.at for fact in bench.facts(FrameReleased)] == [7.0] * 6


def test_a_rule_catches_once() -> None:
    """The second command that would match passes."""
    bench = Bench()
    held = bench.plan.hold(delivery())
    bench.receive(deliver_octets(1))
    held.release()
    bench.receive(deliver_octets(2))
    assert bench.out == deliver_octets(1) + deliver_octets(2)


def test_held_then_lost() -> None:
    """A caught command can be dropped; what waited behind it goes on."""
    bench = Bench()
    held = bench.plan.hold(delivery())
    bench.receive(deliver_octets(1) + deliver_octets(2))
    held.lose()
    assert bench.out == deliver_octets(2)
    assert len(bench.facts(FrameLost)) == 3


def test_two_rules_first_decides() -> None:
    """Of two rules that match, the older one catches, the younger one the next command."""
    bench = Bench()
    first, second = bench.plan.hold(delivery()), bench.plan.lose(delivery())
    bench.receive(deliver_octets(1) + deliver_octets(2) + deliver_octets(3))
    assert first.seen is not None
    assert second.seen is None
    first.release()
    assert second.seen is not None
    assert bench.out == deliver_octets(1) + deliver_octets(3)


def test_heartbeats_pass_a_hold() -> None:
    """A heartbeat overtakes what is held, unless it shall not."""
    for heartbeats_pass in (True, False):
        bench = Bench()
        bench.plan.hold(delivery(), heartbeats_pass=heartbeats_pass)
        bench.receive(deliver_octets(1) + HEARTBEAT_FRAME)
        assert bench.out == (HEARTBEAT_FRAME if heartbeats_pass else b"")
        assert Heartbeat() in [fact.content for fact in bench.facts(FrameSeen)]


def test_body_decides() -> None:
    """A condition on the body waits for all of the body."""
    bench = Bench()
    held = bench.plan.hold(delivery(body=lambda body: body.endswith(b"z")))
    octets = deliver_octets(1, b"xyz")
    bench.receive(octets[:-3])
    assert held.seen is None
    assert bench.out == b""
    bench.receive(octets[-3:])
    assert held.seen is not None
    assert bench.out == b""


def test_too_late_for_a_frame_under_way() -> None:
    """A command whose first octets have gone on cannot be caught; the next one is."""
    bench = Bench()
    bench.receive(deliver_octets(1)[:5])
    held = bench.plan.hold(delivery())
    bench.receive(deliver_octets(1)[5:] + deliver_octets(2))
    assert bench.out == deliver_octets(1)
    assert held.seen is not None
    assert isinstance(held.seen.content, BasicDeliver)
    assert held.seen.content.delivery_tag == 2


def test_delay_keeps_order() -> None:
    """Frames go on when their time has come, in order, also when the delay shrinks."""
    bench = Bench()
    bench.plan.delay(5.0)
    bench.receive(deliver_octets(1))
    bench.pass_time(1.0)
    bench.plan.delay(0.0)
    bench.receive(deliver_octets(2))
    assert bench.out == b""
    bench.pass_time(4.0)
    assert bench.out == deliver_octets(1) + deliver_octets(2)


def test_lost_when_the_target_goes() -> None:
    """What waits for a target that ends is lost, and the log says so."""
    bench = Bench()
    bench.plan.hold(delivery())
    bench.receive(deliver_octets(1))
    bench.lane.target_ended()
    assert len(bench.facts(FrameLost)) == 3
    bench.lane.lose_target()
    bench.receive(deliver_octets(2))
    assert len(bench.facts(FrameLost)) == 6
    assert bench.out == b""


def test_full() -> None:
    """Above a mebibyte that waits, the source is told to rest, and below to go on."""
    bench = Bench()
    full: list[bool] = []
    bench.lane.full = full.append
    bench.plan.half_open()
    for _ in range(9):
        bench.receive(deliver_octets(1, bytes(131_000)))
    assert full[0] is False
    assert full[-1] is True
    bench.plan.restore()
    assert full[-1] is False


def test_undecodable_passes() -> None:
    """Octets that are no AMQP go on, and are logged as such, once a piece."""
    bench = Bench()
    for octets in (HEARTBEAT_FRAME + b"\x09rubbish!", b"more"):
        bench.receive(octets)
    assert bench.out == HEARTBEAT_FRAME + b"\x09rubbish!more"
    contents = [fact.content for fact in bench.facts(FrameSeen)]
    assert contents[0] == Heartbeat()
    assert [each.octets for each in contents[1:]] == [b"\x09rubbish!", b"more"]
    assert "no frame type 9" in contents[1].reason


def test_a_bad_method_is_one_undecodable_frame() -> None:
    """A frame that is whole but says nothing sensible passes; the stream goes on."""
    bench = Bench()
    bad = b"\x01\x00\x01\x00\x00\x00\x04\x00\x63\x00\x63\xce"
    bench.receive(bad + HEARTBEAT_FRAME)
    assert bench.out == bad + HEARTBEAT_FRAME
    first, second = [fact.content for fact in bench.facts(FrameSeen)]
    assert isinstance(first, Undecodable)
    assert second == Heartbeat()


def test_end_inside_a_frame() -> None:
    """A stream that ends inside a frame is logged so, and its octets have gone on."""
    for rule in (None, delivery(), method(BasicDeliver, direction=Direction.TO_CLIENT)):
        bench = Bench()
        if rule is not None:
            bench.plan.hold(rule)
        bench.receive(deliver_octets(1)[:-3])
        bench.lane.end(0.0)
        assert bench.out == deliver_octets(1)[:-3]
        assert isinstance(bench.facts(FrameSeen)[-1].content, Undecodable)


def test_no_password_in_the_log() -> None:
    """The credentials of start-ok go on, but not into the log."""
    bench = Bench(Direction.TO_BROKER)
    login = ConnectionStartOk(response=b"\0user\0hunter2")
    octets = b"AMQP\x00\x00\x09\x01" + method_octets(login, 0)
    bench.receive(octets)
    assert bench.out == octets
    assert bench.facts(FrameSeen)[-1].content == ConnectionStartOk()


@pytest.mark.parametrize("forged", [False, True])
def test_logged_no_later_than_passed(forged: bool) -> None:
    """A frame that waited is logged with a time before its target has it: what follows from it may be quick."""
    bench = Bench()
    answered: list[float] = []

    def write(_: bytes) -> None:
        bench.time += 1  # another thread has its turn
        answered.append(bench.time)

    bench.lane.write = write
    bench.plan.delay(0.5)
    if forged:
        bench.lane.forge(1, BasicCancel("tag", True))
        bench.lane.flush()
    else:
        bench.receive(method_octets(BasicAck(1)))
    bench.pass_time(0.5)
    (passed,) = bench.facts(FrameForged if forged else FrameReleased)
    assert passed.at < answered[0]
