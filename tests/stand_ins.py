"""Stand-ins for the tests of rig and ledger: a world on a clock of its own, and an implementation."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from warren.claims.implementation import Implementation, ImplementedDesign, Program
from warren.errors import FaultUnsupported
from warren.evidence.frames import Direction, Fact, FrameSeen, Pause
from warren.simulator.wire import BasicConsume, BasicProperties
from warren.workloads import WORKLOADS, Role, Route
from warren.worlds.line.rules import Held, Match
from warren.worlds.protocol import (
    Certificate,
    DatabaseLine,
    HttpFailure,
    HttpReply,
    LateAck,
    QueueDepth,
    ReceivedReply,
)
from warren.worlds.real.databases import UnfollowedLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from warren.evidence.calls import HttpCall
    from warren.evidence.rows import MessageRow, TableRows, TaskRow
    from warren.evidence.starved import Starved

TICK = 0.01


@dataclass
class StandInLine:
    """A line that catches what its test says, and notes what was let go."""

    held: list[Held] = field(default_factory=list)
    let_go: list[Held] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    """What else was asked of it."""

    def cut(self) -> int:
        """Note it."""
        self.done.append("cut")
        return 0

    def refuse(self) -> None:
        """Note it."""
        self.done.append("refuse")

    def accept(self) -> None:
        """Note it."""
        self.done.append("accept")

    def half_open(self) -> None:
        """Note it."""
        self.done.append("half_open")

    def let_die(self) -> None:
        """Note it."""
        self.done.append("let_die")

    def leave_unanswered(self) -> None:
        """Note it."""
        self.done.append("leave_unanswered")

    def restore(self) -> None:
        """Note it."""
        self.done.append("restore")

    def delay(self, _seconds: float) -> None:
        """Note it."""
        self.done.append("delay")

    def hold(self, match: Match) -> Held:
        """Note the hold."""
        held = Held(match, lambda which, _: self.let_go.append(which))
        self.held.append(held)
        return held

    def cancel_consumer(self, _connection: int, _channel: int, _tag: str) -> bool:
        """Note it."""
        self.done.append("cancel_consumer")
        return True

    def close_channel(self, _connection: int, _channel: int, _code: int, _words: str) -> bool:
        """Note it."""
        self.done.append("close_channel")
        return True

    def nack(self) -> None:
        """Note it."""
        self.done.append("nack")

    def block(self, _reason: str, *, tells_all: bool = False) -> None:
        """Note it."""
        self.done.append("block all" if tells_all else "block")

    def unblock(self) -> None:
        """Note it."""
        self.done.append("unblock")


@dataclass
class StandInProcess:
    """An instance that does what its test says."""

    name: str
    role: Role
    env: dict[str, str]
    exit_status: int | None = None
    ended_at: float | None = None
    printed: str = ""
    http_port: int = 1
    stop_signal: int = 15
    line: StandInLine = field(default_factory=StandInLine)
    database: DatabaseLine = field(default_factory=lambda: UnfollowedLine("none"))
    done: list[str] = field(default_factory=list)
    """What was done to it."""

    def stop(self) -> None:
        """Note it."""
        self.done.append("stop")

    def kill(self) -> None:
        """Note it."""
        self.done.append("kill")

    def freeze(self) -> None:
        """Note it."""
        self.done.append("freeze")

    def thaw(self) -> None:
        """Note it."""
        self.done.append("thaw")

    def output(self) -> str:
        """Give what the test let it print."""
        return self.printed


@dataclass
class StandInCall:
    """A request that is answered, or never is."""

    status: int
    asked_at: float = 0.0
    answered_at: float = 0.0

    def done(self) -> bool:
        """Say whether it is answered."""
        return self.status > 0

    def result(self) -> HttpReply:
        """Give the answer."""
        return HttpReply(self.status, b"", self.asked_at, self.answered_at)


class StandInExclusive:
    """An exclusive consumer or queue."""

    def close(self) -> None:
        """Do nothing."""


@dataclass
class StandInWorld:
    """Lets time pass in ticks; `every_tick` happens at each, as the test says."""

    time: float = 100.0
    every_tick: Callable[[], object] = lambda: None
    processes: list[StandInProcess] = field(default_factory=list)
    published: list[tuple[Route, bytes, str]] = field(default_factory=list)
    seen: list[Fact] = field(default_factory=list)
    rows: list[MessageRow] = field(default_factory=list)
    tasks: list[TaskRow] = field(default_factory=list)
    tables: dict[str, TableRows] = field(default_factory=dict)
    depths: dict[str, QueueDepth] = field(default_factory=dict)
    room: int | None = None
    refused: list[str] = field(default_factory=list)
    http_status: int = 200
    http_takes: float = 0.0
    stood_still: list[Pause] = field(default_factory=list)
    waited: list[Starved] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=itertools.count)
    starts_at_once: int = 8
    seed: int = 0
    stop_signal: int = 15

    def draw(self, count: int) -> int:
        """Give the last that there is."""
        return count - 1

    def pauses(self) -> tuple[Pause, ...]:
        """Give what the test says."""
        return tuple(self.stood_still)

    def starved(self) -> tuple[Starved, ...]:
        """Give what the test says."""
        return tuple(self.waited)

    def now(self) -> float:
        """Give the time."""
        return self.time

    def wait_for(self, condition: Callable[[], bool], within: float) -> bool:
        """Tick until the condition holds or the time is over."""
        end = self.time + within
        while not condition():
            if self.time >= end:
                return False
            self.time += TICK
            self.every_tick()
        return True

    def new_id(self) -> str:
        """Count."""
        return f"id-{next(self.ids)}"

    def start(
        self,
        _program: Program,
        name: str,
        role: Role,
        env: Mapping[str, str],
        _certificate: Certificate = Certificate.GOOD,
    ) -> StandInProcess:
        """Note the process."""
        process = StandInProcess(name, role, dict(env), stop_signal=self.stop_signal)
        self.processes.append(process)
        return self.processes[-1]

    def publish(self, route: Route, body: bytes, properties: BasicProperties) -> None:
        """Note the message."""
        self.published.append((route, body, properties.message_id or ""))

    def reply(self, queue: str, body: bytes, correlation_id: str) -> None:
        """Note the reply."""
        self.published.append((Route("", queue), body, correlation_id))

    def queue(self, name: str) -> QueueDepth | None:
        """Give what the test says of the queue."""
        return self.depths.get(name)

    def queues(self) -> tuple[str, ...]:
        """Name those of which the test says something."""
        return tuple(self.depths)

    def reply_queue(self) -> str:
        """Name a queue."""
        return "replies"

    def replies(self, _queue: str) -> tuple[ReceivedReply, ...]:
        """Give none."""
        return ()

    def exclusive_consumer(self, _route: Route) -> StandInExclusive:
        """Give one that nobody notices."""
        return StandInExclusive()

    def exclusive_queue(self, _route: Route) -> StandInExclusive:
        """Give one that nobody notices."""
        return StandInExclusive()

    def call(self, _port: int, _path: str, _within: float) -> StandInCall:
        """Answer with the status that the test says."""
        return StandInCall(self.http_status, self.time, self.time + self.http_takes)

    def add_task(self) -> int:
        """Give the next id."""
        return len(self.tasks) + 1

    def was_greeted(self, _name: str) -> bool:
        """Know of no TLS."""
        return False

    def refuse_messages(self, text: str) -> None:
        """Note the text."""
        self.refused.append(text)

    def refuse_task(self, task: int) -> None:
        """Note the task."""
        self.refused.append(str(task))

    def longest_message(self) -> int | None:
        """Give what the test says."""
        return self.room

    def message_rows(self) -> tuple[MessageRow, ...]:
        """Give the test's rows."""
        return tuple(self.rows)

    def task_rows(self) -> tuple[TaskRow, ...]:
        """Give the test's rows."""
        return tuple(self.tasks)

    def count(self, sql: str, unit_id: str, number: int) -> int:
        """Count nothing."""
        del sql, unit_id, number
        return 0

    def count_by(self, _argv: tuple[str, ...]) -> int:
        """Count nothing."""
        return 0

    def table(self, name: str) -> TableRows | None:
        """Give the test's rows."""
        return self.tables.get(name)

    def file(self, path: str) -> bytes | None:
        """Have no files."""
        del path
        return None

    def calls(self) -> tuple[HttpCall, ...]:
        """Give no calls."""
        return ()

    def need_database(self) -> None:
        """Have one."""

    def fail_http(self, failure: HttpFailure) -> None:
        """Fail nobody: nothing is called here."""

    def restore_http(self) -> None:
        """Do nothing."""

    def stretch_work(self, seconds: float) -> None:
        """Let work take what it takes."""

    def facts(self) -> tuple[Fact, ...]:
        """Give the test's facts."""
        return tuple(self.seen)

    def need_database_line(self) -> None:
        """Have none."""
        raise FaultUnsupported("nothing stands between")

    def let_commits_be_held(self) -> None:
        """Do nothing."""

    def let_space_run_out(self) -> None:
        """Do nothing."""

    def shut_down_database(self) -> None:
        """Do nothing."""

    def start_database(self) -> None:
        """Do nothing."""

    @property
    def late_ack(self) -> LateAck:
        """Say that it closes the channel."""
        return LateAck.CLOSES_CHANNEL

    def set_ack_timeout(self, seconds: float | None) -> None:
        """Do nothing."""

    def lock_database(self) -> None:
        """Do nothing."""

    def unlock_database(self) -> None:
        """Do nothing."""

    def hide_tables(self) -> None:
        """Do nothing."""

    def show_tables(self) -> None:
        """Do nothing."""

    def restart_broker(self) -> None:
        """Do nothing."""

    def bar_connections(self, is_barred: bool) -> None:
        """Bar nobody."""

    def set_memory_alarm(self, is_on: bool) -> None:
        """Do nothing."""

    def take_queue_away(self, name: str) -> Callable[[], None]:
        """Do nothing."""
        del name
        return lambda: None

    def queue_type(self, name: str) -> str:
        """Say that all are classic."""
        del name
        return "classic"

    def make_queue_anew(self, route: Route) -> None:
        """Do nothing."""

    def delete_queue(self, route: Route) -> None:
        """Do nothing."""

    def consume(self, process: StandInProcess) -> None:
        """Have the process consume from its role's queue from now on."""
        frame = BasicConsume(queue=process.role.queue, consumer_tag="consumer", no_wait=True)
        self.seen.append(FrameSeen(self.time, process.name, 1, Direction.TO_BROKER, 1, frame))


def implementation(
    *designs: str, claims: tuple[str, ...] = (), denies: tuple[str, ...] = (), name: str = "orders"
) -> Implementation:
    """Make an implementation of these designs with the same stance in all of them."""
    program = Program(("true",), Path("/"))
    made = {
        slug: ImplementedDesign(
            WORKLOADS[slug],
            {role.name: program for role in WORKLOADS[slug].roles},
            frozenset(claims),
            frozenset(denies),
        )
        for slug in designs
    }
    return Implementation(name, "Python 3", Path("/orders.toml"), None, made, ())
