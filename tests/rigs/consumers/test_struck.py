"""What a case did to its instances is told in order of time, with what shows that it took effect."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.stand_ins import StandInProcess, StandInWorld
from warren.evidence.frames import ConnectionEnded, Direction, FrameLost, FrameSeen
from warren.evidence.ledger import Forged, Ledger
from warren.rigs.consumers.struck import Journal
from warren.rigs.consumers.struck_database import EVERY_COMMIT, NotedDatabaseLine
from warren.simulator.wire import BasicAck, ChannelClose, QueueDeclare
from warren.workloads.course.roles import STREAM
from warren.worlds.database_line.pieces import Moment
from warren.worlds.database_line.plan import DatabasePlan, HeldCommit
from warren.worlds.line.rules import acks, declaration


@dataclass
class Case:
    """A world in which one instance can be struck."""

    world: StandInWorld = field(default_factory=lambda: StandInWorld(time=1.0))
    bare: Any = field(default_factory=lambda: StandInProcess("stream-1", STREAM, {}))
    journal: Any = None
    process: Any = None

    def __post_init__(self) -> None:
        """Watch the instance."""
        self.journal = Journal(self.world)
        self.process = self.journal.watch(self.bare)


@pytest.fixture
def case() -> Case:
    """Give a case."""
    return Case()


def test_killed(case: Case) -> None:
    """A kill is told with the end of the connection and of the process, in order of time."""
    case.process.kill()
    case.bare.exit_status, case.bare.ended_at = -9, 1.2
    ends = (
        ConnectionEnded(0.5, "stream-1", 1, "client", "eof", ""),
        ConnectionEnded(1.1, "stream-1", 2, "client", "reset", ""),
        ConnectionEnded(1.05, "stream-2", 1, "client", "eof", ""),
    )
    assert case.journal.lines(Ledger(ends=ends)) == (
        "1.000 the rig killed stream-1",
        "1.100 connection 2 of stream-1 ended by the client: reset",
        "1.200 stream-1 had ended with status -9",
    )
    assert case.bare.done == ["kill"]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("freeze", "froze stream-1"),
        ("thaw", "let stream-1 go on"),
        ("stop", "told stream-1 to stop"),
    ],
)
def test_done_to_a_process(case: Case, what: str, words: str) -> None:
    """What is done to a process is noted, and done."""
    getattr(case.process, what)()
    assert case.journal.lines(Ledger()) == (f"1.000 the rig {words}",)
    assert case.bare.done == [what]


@pytest.mark.parametrize(
    ("what", "given", "words"),
    [
        ("cancel_consumer", (1, 1, "tag"), "had a consumer of stream-1 cancelled"),
        ("close_channel", (1, 7, 406, "late"), "had channel 7 of stream-1 closed with 406"),
        ("nack", (), "had the next publish of stream-1 nacked"),
        ("block", ("low",), "passed on no more of what stream-1 sends once it publishes"),
        ("unblock", (), "passed on again all that stream-1 sends"),
    ],
)
def test_forged(case: Case, what: str, given: tuple[Any, ...], words: str) -> None:
    """What the broker is made to do is noted, and done; what the instance was told is the witness."""
    getattr(case.process.line, what)(*given)
    told = Forged(1.5, "stream-1", 1, 7, ChannelClose(406, "late"))
    assert case.journal.lines(Ledger(forged=(told,))) == (
        f"1.000 the rig {words}",
        "1.500 the rig had channel.close (late) sent to stream-1 (connection 1, channel 7)",
    )
    assert case.bare.line.done == [what]


@pytest.mark.parametrize("what", ["cut", "refuse", "accept", "half_open", "restore"])
def test_done_to_a_line(case: Case, what: str) -> None:
    """What is done to a line is noted, and done."""
    getattr(case.process.line, what)()
    (line,) = case.journal.lines(Ledger())
    assert "stream-1" in line
    assert case.bare.line.done == [what]


def test_held(case: Case) -> None:
    """A frame that was caught is told with what became of it; that queues are declared in turn is no fault."""
    turn = case.process.line.hold(declaration(STREAM.queue))
    held = case.process.line.hold(acks())
    case.process.line.hold(acks())
    frame = QueueDeclare(queue=STREAM.queue)
    turn.seen = FrameSeen(0.5, "stream-1", 1, Direction.TO_BROKER, 1, frame)
    held.seen = FrameSeen(2.0, "stream-1", 1, Direction.TO_BROKER, 1, BasicAck(1))
    case.world.seen.append(FrameLost(3.0, held.seen))
    assert case.journal.lines(Ledger()) == (
        "2.000 the rig held the basic.ack of stream-1",
        "3.000 the basic.ack of stream-1 was lost",
    )


def test_restart(case: Case) -> None:
    """A restart of the broker is shown by whoever's connection ended first."""
    case.journal.note("", "restarted the broker")
    ends = (ConnectionEnded(1.5, "stream-2", 1, "broker", "close", ""),)
    assert case.journal.lines(Ledger(ends=ends))[1].startswith("1.500 connection 1 of stream-2")


def test_everything(case: Case) -> None:
    """What was forgotten, since no harm came of it, is still known, and what was held stands among it in time."""
    case.process.kill()
    case.journal.forget()
    held = case.process.line.hold(acks())
    held.seen = FrameSeen(0.5, "stream-1", 1, Direction.TO_BROKER, 1, BasicAck(1))
    assert [str(fault) for fault in case.journal.everything()] == [
        "0.500 the rig held the basic.ack of stream-1",
        "1.000 the rig killed stream-1",
    ]
    assert case.journal.ends() == ()
    case.bare.exit_status, case.bare.ended_at = -9, 1.2
    assert [str(end) for end in case.journal.ends()] == ["1.200 stream-1 had ended with status -9"]


@pytest.mark.parametrize(
    ("passing", "words"),
    [
        (0, "began to hold stream-1 before a commit: the first from now on"),
        (1, "began to hold stream-1 before a commit: number 2 from now on"),
        (EVERY_COMMIT, "began to watch the commits of stream-1, and let each pass"),
    ],
)
def test_held_commits(passing: int, words: str) -> None:
    """Which commit is held is told; where each passes and is only watched, no number is."""
    noted: list[tuple[str, str]] = []
    line: Any = DatabasePlan()
    NotedDatabaseLine(line, "stream-1", lambda *said: noted.append(said), lambda *_: None).hold(
        Moment.BEFORE_COMMIT, passing
    )
    assert noted == [("stream-1", words)]


def test_caught_commits(case: Case) -> None:
    """A commit that was held before the database had it is among what was done; one that passed is not."""
    caught, other = (HeldCommit(Moment.BEFORE_COMMIT, lambda *_: None) for _ in range(2))
    caught.seen = 2.0
    case.journal.remember_commit("stream-1", caught)
    case.journal.remember_commit("stream-1", other)
    case.journal.note("stream-1", "killed stream-1")
    assert list(map(str, case.journal.everything())) == [
        "1.000 the rig killed stream-1",
        "2.000 the rig held the commit of stream-1",
    ]
