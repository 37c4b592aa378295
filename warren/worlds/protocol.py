"""The world protocol: all that a rig may ask of time, processes, network, broker and database.

The same cases run on whatever is behind it: real processes, or simulated ones on a virtual clock. So nothing here may
need a thread, a socket or the wall clock: a call either returns at once, or the world itself lets time pass in it
(`wait_for`, `Process.freeze`, `restart_broker`). Facts and protocols only.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warren.claims.implementation import Program
    from warren.evidence.calls import HttpCall
    from warren.evidence.frames import Fact, Pause
    from warren.evidence.rows import MessageRow, TableRows, TaskRow
    from warren.simulator.wire import BasicProperties
    from warren.workloads import Role, Route
    from warren.worlds.database_line.pieces import Failure, Moment
    from warren.worlds.line.rules import Held, Match

QUEUE_TYPES: Final = ("classic", "quorum")
"""What queues of a run may be that are declared without a type, and last."""
DIRECT_REPLY_TO: Final = "amq.rabbitmq.reply-to"
"""What a caller names for its reply queue when it has none; RabbitMQ puts another name in its place for the server."""


class Certificate(enum.Enum):
    """What an instance is shown by who stands in its broker's place, where its line speaks TLS."""

    GOOD = "good"
    OF_ANOTHER_CA = "of-another-ca"
    OF_ANOTHER_HOST = "of-another-host"


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """What a broker says of a queue: how many messages are ready for delivery, and how many consumers it has."""

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
    """One instance's way to the broker, and what can be done to it (see `warren.worlds.line`)."""

    def cut(self) -> int:
        """Reset every connection now, and say how many; new ones are let through."""

    def refuse(self) -> None:
        """Reset every connection and let none through until `accept`."""

    def accept(self) -> None:
        """Let connections through again."""

    def half_open(self) -> None:
        """Pass nothing on in either direction, while both ends stay open, until `restore`."""

    def leave_unanswered(self) -> None:
        """Take the next connection, and never pass anything on there; those after it are let through."""

    def restore(self) -> None:
        """End `half_open` and `delay`."""

    def delay(self, seconds: float) -> None:
        """Pass everything on that much later."""

    def hold(self, match: Match) -> Held:
        """Hold the first message that matches, and what follows it on its way."""

    def cancel_consumer(self, connection: int, channel: int, tag: str) -> bool:
        """Take a consumer off, as a broker does whose queue has gone; False where there is no such channel.

        It is told (basic.cancel) if its client can be. What it has in hand stays its own.
        """

    def close_channel(self, connection: int, channel: int, code: int, words: str) -> bool:
        """Close a channel, as a broker does that refuses something; False where there is no such channel.

        Its consumers end with it, and the broker requeues what is unacked there. The connection lives on.
        """

    def nack(self) -> None:
        """Nack what the next confirm is for, in its place, as a broker does that could not keep it; once."""

    def block(self, reason: str, *, tells_all: bool = False) -> None:
        """Read nothing more of a connection that has published but its heartbeats, and say why, until `unblock`.

        So it is while RabbitMQ is short of memory, for connections that are to come too. With `tells_all` those that
        have published nothing are told as well, and read as before.
        """

    def unblock(self) -> None:
        """End `block`: what was not read goes on in order."""


class HeldCommit(Protocol):
    """A hold on an instance's commits, and the one that it caught."""

    @property
    def seen(self) -> float | None:
        """When it caught one, in the world's time; None as long as it has not."""

    @property
    def missed(self) -> bool:
        """Whether the one that was wanted has gone by, as may happen with a file where `passing` others come before."""

    def release(self) -> None:
        """Let it go; before a catch: hold nothing."""

    def lose(self) -> None:
        """End its connection, so that what waits there is lost; for one whose instance has ended."""


class DatabaseLine(Protocol):
    """One instance's way to its database, and what can be done to it (see `warren.worlds.database_line`).

    A commit is one that writes. What this database cannot have raises `FaultUnsupported`.
    """

    def cut(self) -> int:
        """Reset every connection now, and say how many; new ones are let through."""

    def refuse(self) -> None:
        """Reset every connection, and each new one, until `accept`."""

    def accept(self) -> None:
        """Let connections through again."""

    def half_open(self) -> None:
        """Pass nothing on in either direction, while both ends stay open, until `restore`."""

    def let_die(self) -> None:
        """Never pass anything on again on the connections that there are; new ones are let through."""

    def delay(self, seconds: float) -> None:
        """Pass everything on that much later."""

    def fail(self, failure: Failure) -> None:
        """Answer with an error whatever would write, until `restore`."""

    def restore(self) -> None:
        """End `half_open`, `delay` and `fail`."""

    def hold(self, moment: Moment, passing: int = 0) -> HeldCommit:
        """Hold the first commit after `passing` others at that moment, and what follows it on its connection."""


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
    def database(self) -> DatabaseLine:
        """Its way to the database."""

    @property
    def exit_status(self) -> int | None:
        """None while it runs; minus the signal's number where a signal ended it, as SIGKILL does in `kill`."""

    @property
    def stop_signal(self) -> int:
        """The number of the signal that `stop` sends."""

    @property
    def ended_at(self) -> float | None:
        """When it was seen to have ended, in the world's time."""

    @property
    def http_port(self) -> int:
        """The port that role `http` was told to listen on."""

    def output(self) -> str:
        """Give the end of what it printed, for a person to read."""

    def stop(self) -> None:
        """Ask it to end, by its stop signal."""

    def kill(self) -> None:
        """End it at once, with all that it started: it gets no chance to say or to write anything more.

        What it has sent and its line keeps still goes on when it is let go; cutting the line loses that too.
        """

    def freeze(self) -> None:
        """Keep it, and all that it started, from running; return when it stands still."""

    def thaw(self) -> None:
        """Let it go on after `freeze`."""


class HttpFailure(enum.Enum):
    """How the HTTP service that consumers call fails all of them."""

    ERROR = "answered calls with status 500"
    HANGING = "answered no call"
    REFUSED = "refused connections"

    def __str__(self) -> str:
        """Say what it did."""
        return self.value


class Exclusive(Protocol):
    """An exclusive consumer or queue of the rig's own, on a connection of its own."""

    def close(self) -> None:
        """Give it up, by the end of its connection."""


class Call(Protocol):
    """An HTTP request under way."""

    def done(self) -> bool:
        """Whether the answer, or its absence, is known."""

    def result(self) -> HttpReply:
        """Give the answer; only once `done`."""


class World(Protocol):
    """What the case of a consumer stands on: a vhost, a database, processes and a clock of its own."""

    def now(self) -> float:
        """Seconds since the case began, on the clock that all facts carry."""

    def wait_for(self, condition: Callable[[], bool], within: float) -> bool:
        """Let time pass until the condition holds, at most so long; say whether it holds."""

    def new_id(self) -> str:
        """Make an id that this world gives to nothing else: of a message, or what else a rig must tell apart."""

    @property
    def seed(self) -> int:
        """What all chance of this world follows from (`draw`): the same seed draws the same."""

    def draw(self, count: int) -> int:
        """Give a number from 0 on, and below `count`, by chance."""

    @property
    def starts_at_once(self) -> int:
        """How many processes may start at once without being in each other's way."""

    def start(
        self,
        program: Program,
        name: str,
        role: Role,
        env: Mapping[str, str],
        certificate: Certificate = Certificate.GOOD,
    ) -> Process:
        """Start a program as a process with that name, behind a line of its own; return before it is ready.

        `env` tells it what the rig wants; the world adds where its broker and its database are. The certificate is
        shown where lines speak TLS.
        """

    def was_greeted(self, name: str) -> bool:
        """Whether the instance of that name has begun a TLS handshake."""

    def publish(self, route: Route, body: bytes, properties: BasicProperties) -> None:
        """Publish with a confirm; raise `WarrenError` where the message reached no queue."""

    def reply(self, queue: str, body: bytes, correlation_id: str) -> None:
        """Answer somebody else's request, on its reply queue; raise `WarrenError` where there is none."""

    def queue(self, name: str) -> QueueDepth | None:
        """Ask the broker now; None where there is no such queue."""

    def queues(self) -> tuple[str, ...]:
        """Name all queues that there are now, also those that the rig has declared."""

    def make_queue_anew(self, route: Route) -> None:
        """Delete the queue of a route with all that is in it, and make it again, empty and bound.

        The broker cancels its consumers. Raises `WarrenError` where there is no such queue.
        """

    def delete_queue(self, route: Route) -> None:
        """Delete the queue of a route with all that is in it; the broker cancels its consumers."""

    def reply_queue(self) -> str:
        """Declare a queue of the rig's own for replies and give its name."""

    def replies(self, queue: str) -> tuple[ReceivedReply, ...]:
        """Take what has come to a reply queue since the last call; also to `DIRECT_REPLY_TO`."""

    def exclusive_consumer(self, route: Route) -> Exclusive:
        """Declare a route, and consume exclusively from its queue: all others are refused (403) until `close`."""

    def exclusive_queue(self, route: Route) -> Exclusive:
        """Declare the queue of a route exclusively: all others are refused (405) until `close`, which deletes it."""

    def call(self, port: int, path: str, within: float) -> Call:
        """Begin a GET of a path from the process that was given that port (`Process.http_port`)."""

    def add_task(self) -> int:
        """Insert a task row, as the HTTP role does, and give its id."""

    def refuse_messages(self, text: str) -> None:
        """Have the database refuse each new row of `message_log` whose message has that text, of letters and digits.

        It says that a constraint is violated. Raises `WarrenError` where it cannot be told to.
        """

    def refuse_task(self, task: int) -> None:
        """Have the database refuse each change of that row of `task`; as `refuse_messages`."""

    def longest_message(self) -> int | None:
        """Give how many octets a `message` of `message_log` may have; None where nothing bounds it."""

    def message_rows(self) -> tuple[MessageRow, ...]:
        """All rows of `message_log`, by id."""

    def task_rows(self) -> tuple[TaskRow, ...]:
        """All rows of `task`, by id."""

    def count(self, sql: str, unit_id: str, number: int) -> int:
        """Give the number that a statement finds in the case's database, with the parameters `:id` and `:number`.

        Raises `InstanceError` where the database does not take it.
        """

    def table(self, name: str) -> TableRows | None:
        """Give the rows of a table of the case's database; None where there is none of that name."""

    def file(self, path: str) -> bytes | None:
        """Read a file of the directory that the case's instances share; None where there is none."""

    def calls(self) -> tuple[HttpCall, ...]:
        """Give the HTTP calls that reached the case's stub, in order."""

    def fail_http(self, failure: HttpFailure) -> None:
        """Have the case's HTTP stub fail whoever calls it from now on, until `restore_http`."""

    def restore_http(self) -> None:
        """Have it answer again; who still waits for an answer is hung up on."""

    def stretch_work(self, seconds: float) -> None:
        """Have each commit and each HTTP call that begins from now on, of any instance, last so long at least."""

    def need_database(self) -> None:
        """Raise `FaultUnsupported` where instances have no database."""

    def need_database_line(self) -> None:
        """Raise `FaultUnsupported` where instances reach the database without anything in between."""

    def let_commits_be_held(self) -> None:
        """Make ready what must be before the first instance is started, so that its commits can be held."""

    def let_space_run_out(self) -> None:
        """Make ready what must be before the first instance is started, so that the database can be out of space.

        Raises `FaultUnsupported` where it cannot be.
        """

    def lock_database(self) -> None:
        """Keep everybody from writing until `unlock_database`, so that writers fail when they have waited long enough.

        Raises `FaultUnsupported` where a lock is waited for without an end.
        """

    def unlock_database(self) -> None:
        """Let everybody write again."""

    def shut_down_database(self) -> None:
        """End the database server in order until `start_database`: nobody reaches it, and nobody reads its rows.

        Raises `FaultUnsupported` where the case has no server of its own.
        """

    def start_database(self) -> None:
        """Start it again with all that was committed, and return when it answers."""

    def hide_tables(self) -> None:
        """Take the judged tables away, as in the middle of a migration; nobody can read them until `show_tables`."""

    def show_tables(self) -> None:
        """Give them back as they were."""

    def facts(self) -> tuple[Fact, ...]:
        """All that the lines saw so far, in order."""

    def pauses(self) -> tuple[Pause, ...]:
        """When the world itself was kept from running, so that no line passed anything on; never, in virtual time."""

    def restart_broker(self) -> None:
        """Restart the broker and return when it takes connections again."""

    def set_ack_timeout(self, seconds: float | None) -> None:
        """Have the broker close channels whose acks come later than that; None: as by default.

        That counts for channels that are opened from now on. Raises `FaultUnsupported` where the broker has no such
        time-out for classic queues.
        """

    def set_memory_alarm(self, is_on: bool) -> None:
        """Have the broker itself be short of memory, or no longer: it blocks publishers, the world's own too."""
