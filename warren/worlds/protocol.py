"""The world protocol: all that a rig may ask of time, processes, network, broker and database.

Facts and protocols only. Whatever is behind it (real processes, or a simulated world on a virtual clock), the same
cases run on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warren.claims.manifest import Program
    from warren.evidence.frames import Fact, Pause
    from warren.evidence.rows import MessageRow, TaskRow
    from warren.workloads import Role, Route
    from warren.worlds.line.rules import Held, Match


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """What a broker says of a queue: messages ready for delivery, and consumers."""

    ready: int
    consumers: int


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The answer to one HTTP request; status 0 and a sentence in `error` when none came."""

    status: int
    body: bytes
    asked_at: float
    answered_at: float
    error: str = ""

    @property
    def seconds(self) -> float:
        """How long the caller waited."""
        return self.answered_at - self.asked_at


@dataclass(frozen=True, slots=True)
class ReceivedReply:
    """A message that came to a reply queue of the rig's own."""

    correlation_id: str
    body: bytes


class Line(Protocol):
    """The way between one instance and the broker, and what can be done to it (see `warren.worlds.real.relay`)."""

    def cut(self) -> int:
        """Reset every connection now, and say how many; new ones are let through."""

    def refuse(self) -> None:
        """Reset every connection and let none through until `accept`."""

    def accept(self) -> None:
        """Let connections through again."""

    def half_open(self) -> None:
        """Swallow all bytes both ways while both ends stay open, until `restore`."""

    def restore(self) -> None:
        """End `half_open` and `delay`."""

    def delay(self, seconds: float) -> None:
        """Pass everything on that much later."""

    def hold(self, match: Match) -> Held:
        """Hold the first frame that matches, and what follows it."""


class Process(Protocol):
    """One instance, alive or ended."""

    @property
    def name(self) -> str:
        """Unique in its case, e.g. `part-2`; the same in the ledger."""

    @property
    def role(self) -> Role:
        """What it runs as."""

    @property
    def line(self) -> Line:
        """Its only way to the broker."""

    @property
    def exit_status(self) -> int | None:
        """None while it runs; minus the signal's number when a signal ended it."""

    @property
    def ended_at(self) -> float | None:
        """When it was seen to have ended, in the world's time."""

    @property
    def http_port(self) -> int:
        """The port that role `http` was told to listen on."""

    def output(self) -> str:
        """Give the end of what it printed, for a person to read."""

    def stop(self) -> None:
        """Send the manifest's stop signal."""

    def kill(self) -> None:
        """SIGKILL its whole process group."""

    def freeze(self) -> None:
        """SIGSTOP its whole process group, and wait until it stands still."""

    def thaw(self) -> None:
        """SIGCONT its whole process group."""


class Call(Protocol):
    """An HTTP request under way."""

    def done(self) -> bool:
        """Whether the answer, or its absence, is known."""

    def result(self) -> HttpReply:
        """Give the answer; only once `done`."""


class World(Protocol):
    """One case's own vhost, database, processes and clock."""

    def now(self) -> float:
        """Seconds since the case began, on the clock that all facts carry."""

    def wait_for(self, condition: Callable[[], bool], within: float) -> bool:
        """Let time pass until the condition holds, at most so long; say whether it holds."""

    def new_id(self) -> str:
        """Make an id that no other of this world is: for messages, and whatever else a rig must tell apart."""

    def start(self, program: Program, name: str, role: Role, env: Mapping[str, str]) -> Process:
        """Start a process behind a line of its own and return at once."""

    def publish(
        self,
        route: Route,
        body: bytes,
        message_id: str,
        reply_to: str = "",
        correlation_id: str = "",
    ) -> None:
        """Publish with a confirm; raise `WarrenError` where the message reached no queue."""

    def reply(self, queue: str, body: bytes, correlation_id: str) -> None:
        """Answer somebody else's request, on its reply queue; raise `WarrenError` where there is none."""

    def queue(self, name: str) -> QueueDepth | None:
        """Ask the broker now; None where there is no such queue."""

    def queues(self) -> tuple[str, ...]:
        """Name all queues that there are now, also those of the rig and of no design."""

    def reply_queue(self) -> str:
        """Declare a queue of the rig's own for replies and give its name."""

    def replies(self, queue: str) -> tuple[ReceivedReply, ...]:
        """Take what has come to a reply queue since the last call."""

    def call(self, port: int, path: str, within: float) -> Call:
        """Begin a GET on 127.0.0.1."""

    def add_task(self) -> int:
        """Insert a task row, as the HTTP role does, and give its id."""

    def message_rows(self) -> tuple[MessageRow, ...]:
        """All rows of `message_log`, by id."""

    def task_rows(self) -> tuple[TaskRow, ...]:
        """All rows of `task`, by id."""

    def facts(self) -> tuple[Fact, ...]:
        """All that the lines saw so far, in order."""

    def pauses(self) -> tuple[Pause, ...]:
        """When the world itself stood still, with the way to the broker in it."""

    def restart_broker(self) -> None:
        """Restart the broker and return when it takes connections again."""
