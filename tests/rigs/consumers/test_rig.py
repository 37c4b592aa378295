"""The rig: starts and waits within deadlines, and says in one sentence what an instance did not do."""

from __future__ import annotations

from itertools import count

import pytest

from tests.stand_ins import StandInCall, StandInWorld, Wire, implementation
from warren.claims.catalogue import Level, Requirement
from warren.claims.verdict import Outcome
from warren.errors import InstanceError, InstanceUnsupported
from warren.evidence.frames import Direction, FrameSeen
from warren.evidence.rows import MessageRow, TaskRow
from warren.evidence.violation import Violation
from warren.rigs.consumers import Inconclusive, Rig, Unmet, numbered, without
from warren.rigs.consumers.endings import ExclusiveConsumer
from warren.rigs.consumers.starts import KnownStart
from warren.rigs.pace import PACES
from warren.simulator.wire import (
    BasicAck,
    BasicDeliver,
    BasicProperties,
    ChannelClose,
    ConnectionTuneOk,
    ContentHeader,
    QueueDeclare,
)
from warren.workloads import WORKLOADS
from warren.workloads.course.roles import PART, STREAM
from warren.workloads.own import OwnWorkload, PathEffect, RowEffect, Sample, Template
from warren.worlds.protocol import QueueDepth

MUST = Requirement("no-loss.crash", Level.MUST, "It comes again.", "document 1")
SHOULD = Requirement("no-loss.kept", Level.SHOULD, "It is kept.", "document 1")


@pytest.fixture
def world() -> StandInWorld:
    """Give a world in which every instance consumes one tick after its start."""
    world = StandInWorld()

    def become_ready() -> None:
        for process in world.processes[len(world.seen) :]:
            world.consume(process)

    world.every_tick = become_ready
    return world


def rig_of(
    world: StandInWorld, design: str = "blocking", *, known: KnownStart | None = None
) -> Rig:
    """Make a rig on one design."""
    return Rig(
        world,
        implementation(design),
        WORKLOADS[design],
        PACES["fast"],
        (MUST, SHOULD),
        known=known,
    )


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


def test_orderly_statuses(world: StandInWorld) -> None:
    """An instance that was told to stop may exit with 0, or with what stands for the signal that it is sent."""
    rig = rig_of(world)
    assert rig.start.orderly_statuses(rig.start.instance(STREAM)) == (0, 143, -15)
    world.stop_signal = 2  # its image's, say: the program names none
    assert rig.start.orderly_statuses(rig.start.instance(STREAM)) == (0, 130, -2)


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


def test_least_work_at_once(world: StandInWorld) -> None:
    """Of three messages at once the last takes half as long again where work is stretched, and no longer elsewhere."""
    own = OwnWorkload("orders", "orders", "", Sample(Template(b"")), (RowEffect("SELECT 1"),))
    for workload, times in ((WORKLOADS["blocking"], 1.0), (own, 1.5)):
        faults = Rig(world, implementation("blocking"), workload, PACES["fast"], (MUST,)).faults
        assert faults.least_work(3, at_once=3) == pytest.approx(times * faults.least_work(3))


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


def test_publish_work(world: StandInWorld) -> None:
    """A package goes to the stream consumers without spaces, under an id of its own."""
    rig = rig_of(world)
    first, second = rig.publish.work(2), rig.publish.work(0)
    assert [(route, body) for route, body, _ in world.published] == [
        (STREAM.route, b'{"texts":["text1","text2"]}'),
        (STREAM.route, b'{"texts":[]}'),
    ]
    assert first.message_id != second.message_id
    assert (first.size, second.size) == (2, 0)


def test_publish_body(world: StandInWorld) -> None:
    """A payload is sent byte for byte."""
    body = b'{ "texts": ["a", "b"] }'
    unit = rig_of(world).publish.body(body)
    assert world.published[0][1] == unit.body == body
    assert unit.size == 2


def test_publish_task(world: StandInWorld) -> None:
    """Work is a task where there are no packages."""
    rig_of(world, "task").publish.work()
    assert [body for _, body, _ in world.published] == [b'{"taskId":1}']


@pytest.mark.parametrize("design", WORKLOADS)
def test_publish_sized(world: StandInWorld, design: str) -> None:
    """A unit of work has as many octets as asked for, and comes in the shape that is asked for."""
    rig = rig_of(world, design)
    unit = rig.publish.sized(64)
    rig.publish.sized(200_000, without("message_id"))
    sent = [(len(body), message_id) for _, body, message_id in world.published]
    assert sent == [(64, unit.message_id), (200_000, "")]


def test_publish_sized_apart(world: StandInWorld) -> None:
    """No two packages of one size are alike."""
    rig = rig_of(world)
    assert rig.publish.sized(64).body != rig.publish.sized(64).body


@pytest.mark.parametrize("design", ["blocking", "parts", "pipeline", "task"])
def test_unique_units(world: StandInWorld, design: str) -> None:
    """No two units of work are alike, and none is published before it is sent."""
    rig = rig_of(world, design)
    first = rig.publish.make_unique(2)
    world.tasks.append(TaskRow(1, None, None))
    second = rig.publish.make_unique(2)
    assert first.body != second.body
    assert world.published == []
    rig.publish.send(second)
    assert [(body, message_id) for _, body, message_id in world.published] == [
        (second.body, second.message_id)
    ]


@pytest.mark.parametrize(
    ("design", "most"),
    [("blocking", 65_471), ("parts", 32_735), ("pipeline", 65_471), ("task", 1_000_000)],
)
def test_publish_at_most(world: StandInWorld, design: str, most: int) -> None:
    """A body is as long as the column has room for what it leaves there."""
    world.room = 65_535
    assert rig_of(world, design).publish.at_most(1_000_000) == most


def test_publish_poison(world: StandInWorld) -> None:
    """The database is told to refuse what the poison is known by."""
    poison = rig_of(world).publish.poison()
    assert world.refused == [poison.mark.decode()]
    assert poison.mark in poison.body
    assert world.published == [(STREAM.route, poison.body, poison.message_id)]


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


@pytest.mark.parametrize(
    ("requirement", "violations", "outcome"),
    [
        (MUST, (), Outcome.PASS),
        (MUST, (Violation("it was lost"),), Outcome.FAIL),
        (SHOULD, (Violation("it was lost"),), Outcome.WARN),
    ],
)
def test_judge(
    world: StandInWorld,
    requirement: Requirement,
    violations: tuple[Violation, ...],
    outcome: Outcome,
) -> None:
    """A requirement holds where nothing violates it; one that SHOULD hold only warns."""
    rig = rig_of(world)
    rig.judge(*violations, requirement=requirement.id)
    (verdict,) = rig.verdicts
    assert (verdict.requirement, verdict.outcome) == (requirement.id, outcome)
    assert verdict.violations == violations


def test_expect(world: StandInWorld) -> None:
    """What does not hold is in the next verdict, before what is given to it, and in no later one."""
    rig = rig_of(world)
    rig.expect(True, "it holds")
    rig.expect(0, "it does not", "row 1")
    rig.judge(Violation("given"), requirement=MUST.id)
    rig.judge(requirement=SHOULD.id)
    first, second = rig.verdicts
    assert [v.words for v in first.violations] == ["it does not", "given"]
    assert first.violations[0].evidence == ("row 1",)
    assert second.outcome is Outcome.PASS


def test_attempt(world: StandInWorld) -> None:
    """What is not found is tried three times, the last of them told so; then nothing can be said."""
    rig, told = rig_of(world), []

    def once(is_last: bool) -> str | None:
        told.append(is_last)
        return "found" if len(told) == 2 else None

    assert rig.wait.attempt(once, "nobody was caught") == "found"
    assert told == [False, False]
    told.extend([False, False])
    with pytest.raises(Inconclusive, match="no witness: nobody was caught"):
        rig.wait.attempt(once, "nobody was caught")
    assert told[-3:] == [False, False, True]


def test_role_that_is_none(world: StandInWorld) -> None:
    """A count for a role that the workload does not have is a slip of the case."""
    with pytest.raises(ValueError, match="strem"):
        rig_of(world).start.all(strem=3)


def test_measure(world: StandInWorld) -> None:
    """A figure is kept under its name."""
    rig = rig_of(world)
    rig.measure("tolerance", texts=10)
    assert rig.figures == [("tolerance", {"texts": 10})]


def test_numbered() -> None:
    """Texts are numbered from 1, as in the document."""
    assert numbered(2, "string") == ("string1", "string2")


def deliver(world: StandInWorld, tag: int, body: bytes) -> None:
    """Have the world deliver a body to stream-1."""
    wire = Wire(world.seen)
    method = BasicDeliver("c", tag, False, "", "q")
    wire.frame(Direction.TO_CLIENT, method, instance="stream-1")
    header = ContentHeader(60, len(body), BasicProperties())
    wire.frame(Direction.TO_CLIENT, header, instance="stream-1")
    wire.frame(Direction.TO_CLIENT, body, instance="stream-1")


def test_in_hand(world: StandInWorld) -> None:
    """An instance works on the first of what it was given that has left no effect, acked or not."""
    rig = rig_of(world)
    rig.start.all()
    bodies = [rig.publish.work(size).body for size in (1, 2)]
    for tag, body in enumerate(bodies, 1):
        deliver(world, tag, body)
    Wire(world.seen).frame(Direction.TO_BROKER, BasicAck(1), instance="stream-1")
    buffered = rig.seen.given()[1]
    assert rig.seen.in_hand(buffered).body == bodies[0]
    world.rows = [MessageRow(1, bodies[0].decode())]
    assert rig.seen.in_hand(buffered).body == bodies[1]


def test_acked_undone(world: StandInWorld) -> None:
    """A delivery that is acked and has no effect was acked too early; asked later, nothing can be said."""
    rig = rig_of(world)
    rig.start.all()
    body = rig.publish.work(1).body
    deliver(world, 1, body)
    (given,) = rig.seen.given()
    assert rig.seen.acked_undone(given) == ()
    Wire(world.seen).frame(Direction.TO_BROKER, BasicAck(1), instance="stream-1")
    (violation,) = rig.seen.acked_undone(given)
    assert violation.words == "stream-1 acked it before its effect was there"
    world.rows = [MessageRow(1, body.decode())]
    assert rig.seen.acked_undone(given) == ()


def test_record(world: StandInWorld) -> None:
    """A record has what the rig published, when it saw each row first, and what is lost by now."""
    rig = rig_of(world)
    unit, other = rig.publish.make_unique(1), rig.publish.make_unique(1)
    rig.publish.send(unit)
    world.rows.append(MessageRow(1, rig.seen.tally().packages[0].texts[0]))  # type: ignore[attr-defined]  # of the course
    rig.seen.done()
    first = world.time
    world.time += 5
    rig.publish.send(other)
    rig.seen.done()
    record = rig.record()
    assert [(sent.message, sent.at) for sent in record.sent] == [
        (unit.message_id, first),
        (other.message_id, first + 5),
    ]
    assert [row.at for row in record.rows] == [first]
    assert record.until == world.time
    assert record.lost
    assert record.faults == ()


def test_record_of_a_call(world: StandInWorld) -> None:
    """A call is in the record with its answer, and one without an answer too."""
    rig = rig_of(world, "rpc")
    rig.start.instance(rig.workload.caller.role)  # type: ignore[union-attr]  # rpc has one
    rig.calls.begin()
    world.http_status = 0
    rig.calls.begin()
    assert [(call.path, call.status, call.until) for call in rig.record().calls] == [
        ("/task", 200, 0.0),
        ("/task", 0, None),
    ]


def test_record_where_rows_cannot_be_read(
    world: StandInWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the database is away, the rest is known all the same."""
    rig = rig_of(world)
    rig.publish.work(1)

    def away() -> tuple[MessageRow, ...]:
        raise InstanceError("the table is away", where="message_log")

    monkeypatch.setattr(world, "message_rows", away)
    record = rig.record()
    assert (len(record.sent), record.rows, record.lost) == (1, (), ())
