"""Starting instances: in order, within deadlines, and in one sentence what one of them did not do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.rigs.consumers.stand_in_rig import rig_of
from tests.stand_ins import implementation
from warren.claims.implementation import ImplementedDesign, Program
from warren.errors import InstanceError, InstanceUnsupported
from warren.evidence.frames import ConnectionEnded, Direction, FrameSeen
from warren.evidence.starved import Starved
from warren.rigs.consumers.rig import Rig
from warren.rigs.consumers.starts import KnownStart
from warren.rigs.pace import PACES
from warren.simulator.wire import ConnectionTuneOk, Heartbeat, QueueDeclare
from warren.workloads.course.roles import PART, STREAM
from warren.workloads.own import OwnWorkload, Sample, Template
from warren.worlds.protocol import QueueDepth

if TYPE_CHECKING:
    from tests.stand_ins import StandInWorld
    from warren.simulator.wire import Content


@pytest.mark.parametrize(
    ("design", "counts", "names"),
    [
        ("blocking", {}, ["stream-1"]),
        ("parts-random", {}, ["part-1", "part-2", "part-3", "stream-1"]),
        ("parts-random", {"part": 1, "stream": 2}, ["part-1", "stream-1", "stream-2"]),
        ("rpc", {"rpc_server": 2}, ["rpc-server-1", "rpc-server-2"]),
        ("rpc", {"http": True}, ["rpc-server-1", "http-1"]),
    ],
)
def test_start(world: StandInWorld, design: str, counts: dict[str, int], names: list[str]) -> None:
    """Consumers start before those who publish to them, as many as asked for, with own names."""
    rig = rig_of(world, design)
    rig.start.all(**counts)  # type: ignore[arg-type]  # a bool is an int
    assert [process.name for process in world.processes] == names


def test_one_declares_first(world: StandInWorld) -> None:
    """Of several instances of a role one declares their queue, and the others only when it is there."""
    rig = rig_of(world)
    let_go_early: list[str] = []

    def declare_at_once() -> None:
        first, second = world.processes
        for process in (first, second):
            (held,) = process.line.held
            if held.seen is None:
                frame = QueueDeclare(queue=STREAM.queue, durable=True)
                held.seen = FrameSeen(100.0, process.name, 1, Direction.TO_BROKER, 1, frame)
        if not world.depths:
            let_go_early.extend(p.name for p in (first, second) if p.line.let_go)
            if world.time > 100.5:
                world.depths[STREAM.queue] = QueueDepth(0, 0)
        elif not world.seen and second.line.let_go:
            world.consume(first)
            world.consume(second)

    world.every_tick = declare_at_once
    rig.start.all(stream=2)
    assert set(let_go_early) == {"stream-1"}
    assert all(process.line.let_go for process in world.processes)
    assert rig._tempo.slowest_start == pytest.approx(0.5, abs=0.1)


def test_one_alone_declares_as_it_likes(world: StandInWorld) -> None:
    """Where nobody else declares the queue, nothing is held."""
    rig_of(world, "rpc").start.all(http=True)
    assert not any(process.line.held for process in world.processes)


def test_environment(world: StandInWorld) -> None:
    """An instance gets the variables of the contract that are the rig's to know."""
    rig = rig_of(world)
    rig.start.instance(STREAM, max_messages=2, prefetch=3)
    assert world.processes[0].env == {
        "WARREN_PROTOCOL": "1",
        "WARREN_HEARTBEAT": "1",
        "WARREN_PREFETCH": "3",
        "WARREN_SECOND": "0.2",
        "WARREN_MAX_MESSAGES": "2",
        "WARREN_TIMEOUT": str(rig.calls.timeout),
        "WARREN_INSTANCE": "stream-1",
        "WARREN_DESIGN": "blocking",
        "WARREN_ROLE": "stream",
    }


def test_slow_start_gives_more_time(world: StandInWorld) -> None:
    """What follows is waited for the longer, the longer an instance took to be ready."""
    rig = rig_of(world)
    before = rig.deadlines.within(1)

    def become_ready_late() -> None:
        if world.time > 103 and not world.seen:
            world.consume(world.processes[0])

    world.every_tick = become_ready_late
    rig.start.all()
    assert rig._tempo.slowest_start == pytest.approx(3, abs=0.1)
    assert rig.deadlines.within(1) > 2 * before


@pytest.mark.parametrize(("start", "second"), [(0.5, "0.4"), (2.0, "0.8"), (9.0, "1.0")])
def test_start_slowly(world: StandInWorld, start: float, second: str) -> None:
    """Workers have a longer second than who started before; the report says so where that is for a slow machine."""
    rig = rig_of(world, "parts")

    def become_ready_late() -> None:
        if world.time > 100 + start and len(world.seen) < len(world.processes):
            world.consume(world.processes[-1])

    world.every_tick = become_ready_late
    (worker,) = rig.start.slowly(1, prefetch=3)
    assert worker.role == PART
    usual, slowed = (process.env for process in world.processes)
    assert (usual["WARREN_SECOND"], slowed["WARREN_SECOND"]) == ("0.2", second)
    assert slowed["WARREN_PREFETCH"] == "3"
    assert float(slowed["WARREN_HEARTBEAT"]) == pytest.approx(5 * float(second))
    assert [name for name, _ in rig.figures] == ["slower pace"] * (second != "0.4")
    assert rig.deadlines.seconds(1) == float(second)


@pytest.mark.parametrize(
    ("status", "printed", "sentence"),
    [
        (
            1,
            "one\n\ntwo\n",
            "ended with exit status 1 before it was ready; see what it printed last: one | two.",
        ),
        (
            -9,
            "",
            "ended with exit status -9 before it was ready; run its command by hand: it printed nothing.",
        ),
    ],
)
def test_ended_early(world: StandInWorld, status: int, printed: str, sentence: str) -> None:
    """An instance that ends instead of consuming is named with its status and its last words."""

    def end() -> None:
        world.processes[0].exit_status, world.processes[0].printed = status, printed

    world.every_tick = end
    with pytest.raises(InstanceError) as failed:
        rig_of(world).start.all()
    assert str(failed.value) == f"instance stream-1: {sentence}"
    assert world.time < 101


def test_unsupported(world: StandInWorld) -> None:
    """Exit status 127 says that the role is unsupported, and is no fault."""
    world.every_tick = lambda: setattr(world.processes[0], "exit_status", 127)
    with pytest.raises(InstanceUnsupported, match="blocking stream is unsupported"):
        rig_of(world).start.all()


def test_never_ready(world: StandInWorld) -> None:
    """An instance that never consumes is waited for a minute, and for 30 s the next time."""
    world.every_tick = lambda: None
    known = KnownStart()
    for within, end in ((60, 160), (30, 190)):
        words = f"not ready within {within} s: no consumer on its queue"
        with pytest.raises(InstanceError, match=words):
            rig_of(world, known=known).start.all()
        assert world.time == pytest.approx(end, abs=1)


def test_no_processor(world: StandInWorld) -> None:
    """Who was late since it had no processor is told so, and has as long the next time."""
    world.every_tick = lambda: None
    world.waited.extend(Starved("stream-1", began, began + 40.0) for began in (110.0, 170.0))
    known = KnownStart()
    for _ in range(2):
        with pytest.raises(InstanceError) as failed:
            rig_of(world, known=known).start.all()
        assert "not ready within 60 s: it waited for a processor for 40;" in str(failed.value)
        assert "let fewer cases run at once (a smaller -n)" in str(failed.value)


def test_slow_start_is_known(world: StandInWorld) -> None:
    """Who took long once is waited for ten times as long; then the sentence says what else may help."""
    world.every_tick = lambda: None
    known = KnownStart()
    known.took(12.0)
    known.took(7.0)
    with pytest.raises(InstanceError) as failed:
        rig_of(world, known=known).start.all()
    assert "not ready within 70 s" in str(failed.value)
    fewer = "an earlier one was ready after 7.0 s, so let fewer cases run at once (a smaller -n)"
    assert fewer in str(failed.value)


def test_starts_at_once(world: StandInWorld) -> None:
    """No more instances start at once than the world has processors; each is ready before the next ones start."""
    world.starts_at_once = 2
    waiting: list[int] = []

    def become_ready() -> None:
        waiting.append(len(world.processes) - len(world.seen))
        if len(world.seen) < len(world.processes):
            world.consume(world.processes[len(world.seen)])

    world.every_tick = become_ready
    rig_of(world).start.workers(5)
    assert len(world.processes) == 5
    assert max(waiting) == 2


def test_several_never_ready(world: StandInWorld) -> None:
    """Instances that declare late and never consume have the same time together as one has alone."""

    def declare_late() -> None:
        if world.time > 219:
            held = world.processes[0].line.held[0]
            if held.seen is None:
                frame = QueueDeclare(queue=PART.queue)
                held.seen = FrameSeen(219.0, "part-1", 1, Direction.TO_BROKER, 1, frame)

    world.every_tick = declare_late
    with pytest.raises(InstanceError, match="instance part-1: not ready within 60 s"):
        rig_of(world, "parts-random").start.all()
    assert world.time == pytest.approx(160, abs=1)


def test_http_never_ready(world: StandInWorld) -> None:
    """Role `http` is ready when it answers, whatever it consumes."""
    world.http_status = 0
    with pytest.raises(InstanceError, match=r"instance http-1: not ready .* no HTTP answer"):
        rig_of(world, "task").start.all(http=True)


def test_role_that_is_none(world: StandInWorld) -> None:
    """A count for a role that the workload does not have is a slip of the case."""
    with pytest.raises(ValueError, match="strem"):
        rig_of(world).start.all(strem=3)


@pytest.mark.parametrize(("first", "told"), [(1.0, 6.0), (4.0, 16.0), (25.0, 55.0)])
def test_another_queue(world: StandInWorld, first: float, told: float) -> None:
    """One that consumes another queue alone is told soon, and later the longer it took to that."""

    def consume_another() -> None:
        if world.time > 100 + first and not world.seen:
            world.consume(replace(world.processes[0], role=PART))

    world.every_tick = consume_another
    with pytest.raises(InstanceError, match=f'write queue = "{PART.queue}" under') as told_so:
        _rig_of_own(world).start.all()
    assert "by hand" not in str(told_so.value)
    assert world.time == pytest.approx(100 + told, abs=0.1)


def test_several_queues(world: StandInWorld) -> None:
    """One that consumes from each of its queues is ready with the last of them."""

    def consume_in_turn() -> None:
        role = (
            replace(PART, also=()) if len(world.seen) else replace(world.processes[0].role, also=())
        )
        if world.time > (100.5, 103.5, 1000)[len(world.seen)]:
            world.consume(replace(world.processes[0], role=role))

    world.every_tick = consume_in_turn
    _rig_of_own(world, also=(PART.queue,)).start.all()
    assert world.time == pytest.approx(103.5, abs=0.1)


def test_one_of_several_queues_is_missing(world: StandInWorld) -> None:
    """Which of its queues has no consumer is told, and that it need not be named."""

    def consume_work() -> None:
        if world.time > 101 and not world.seen:
            world.consume(world.processes[0])

    world.every_tick = consume_work
    words = 'no consumer on its queue "refunds"; .*; take out of `queue` what it does not'
    with pytest.raises(InstanceError, match=words):
        _rig_of_own(world, also=("refunds",)).start.all()


def test_its_own_queue_is_the_last(world: StandInWorld) -> None:
    """One that consumes its own queue some seconds after others is ready then, as Celery's worker is."""

    def consume_in_turn() -> None:
        role = PART if world.time < 103.9 else world.processes[0].role
        if world.time > (100.5, 104.5, 1000)[len(world.seen)]:
            world.consume(replace(world.processes[0], role=role))

    world.every_tick = consume_in_turn
    _rig_of_own(world).start.all()
    assert world.time == pytest.approx(104.5, abs=0.1)


def test_its_own_queue_was_the_last(world: StandInWorld) -> None:
    """Whose queue is known to be right from an earlier start is given all its time, as on a busy machine."""

    def consume_in_turn() -> None:
        role = PART if world.time < 109.9 else world.processes[0].role
        if world.time > (100.5, 110.5, 1000)[len(world.seen)]:
            world.consume(replace(world.processes[0], role=role))

    world.every_tick = consume_in_turn
    _rig_of_own(world, KnownStart(shortest=2.0)).start.all()
    assert world.time == pytest.approx(110.5, abs=0.1)


@pytest.mark.parametrize(
    ("silent", "beats", "agreed", "offered"),
    [(0.5, 0, 5, "2"), (6.4, 0, 5, "7"), (6.4, 1, 5, "2"), (6.4, 0, 0, "5")],
    ids=["at once", "silent", "beating", "without"],
)
def test_heartbeat_follows_the_start(
    world: StandInWorld, silent: float, beats: int, agreed: int, offered: str
) -> None:
    """One that sends nothing for seconds while it starts is offered a heartbeat that the next start bears."""
    known = KnownStart()

    def see(content: Content) -> None:
        frame = FrameSeen(world.time, "orders-1", 1, Direction.TO_BROKER, 0, content)
        world.seen.append(frame)

    def start_late() -> None:
        if not world.seen:
            see(ConnectionTuneOk(heartbeat=agreed))
            for _ in range(beats):
                see(Heartbeat())
        elif world.time > 100 + silent and len(world.seen) == 1 + beats:
            world.consume(world.processes[0])

    world.every_tick = start_late
    _rig_of_own(world, known).start.all()
    world.seen.clear()
    _rig_of_own(world, known).start.all()
    assert [process.env["WARREN_HEARTBEAT"] for process in world.processes] == ["5", offered]


def test_heartbeat_after_a_lost_start(world: StandInWorld) -> None:
    """Where the broker closed its connection in the start, the next is offered one that bears that silence."""
    known = KnownStart()

    def be_closed() -> None:
        if not world.seen:
            frame = ConnectionTuneOk(heartbeat=5)
            world.seen.append(FrameSeen(world.time, "orders-1", 1, Direction.TO_BROKER, 0, frame))
        elif world.time > 115 and len(world.seen) == 1:
            world.seen.append(
                ConnectionEnded(world.time, "orders-1", 1, by="broker", how="reset", detail="")
            )
            world.processes[0].exit_status = 1

    world.every_tick = be_closed
    with pytest.raises(InstanceError, match="ended with exit status 1 before it was ready, after"):
        _rig_of_own(world, known).start.all()
    assert known.heartbeat(0.0) == 15


def _rig_of_own(
    world: StandInWorld, known: KnownStart | None = None, also: tuple[str, ...] = ()
) -> Rig:
    """Make a rig on a consumer that is not told its queue."""
    sample = Sample(Template(b"{id}", routing_key="work"))
    own = OwnWorkload("orders", "work", "", sample, (), also=also)
    design = ImplementedDesign(
        own, {"orders": Program(("true",), Path("/"))}, frozenset(), frozenset()
    )
    whole = replace(implementation("blocking"), designs={"orders": design})
    return Rig(world, whole, own, PACES["fast"], (), known=known)
