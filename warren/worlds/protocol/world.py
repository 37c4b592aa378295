"""The world itself: all that the rig of a consumer's case may ask of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from warren.worlds.protocol.process import Certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warren.claims.implementation import Program
    from warren.evidence.calls import HttpCall
    from warren.evidence.frames import Fact, Pause
    from warren.evidence.rows import MessageRow, TableRows, TaskRow
    from warren.evidence.starved import Starved
    from warren.simulator.wire import BasicProperties
    from warren.workloads import Role, Route
    from warren.worlds.protocol.broker import Exclusive, LateAck, QueueDepth, ReceivedReply
    from warren.worlds.protocol.http import Call, HttpFailure
    from warren.worlds.protocol.process import Process


class World(Protocol):
    """What the case of a consumer stands on: a vhost, a database, processes and a clock of its own."""

    def now(self) -> float:
        """Seconds since the case began, on the clock that all facts carry."""

    def wait_for(self, condition: Callable[[], bool], within: float) -> bool:
        """Let time pass until the condition holds, at most so long; say whether it holds."""

    def new_id(self) -> str:
        """Make an id that this world gives to nothing else, for a message or for whatever else must be told apart."""

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

    def take_queue_away(self, name: str) -> Callable[[], None]:
        """Delete a queue, and give what makes it again as it was, empty and bound; the broker cancels its consumers.

        Raises `WarrenError` where there is no such queue.
        """

    def queue_type(self, name: str) -> str:
        """Give the type of a queue that is there, as `classic`; raise `WarrenError` where there is none."""

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

    def count_by(self, argv: tuple[str, ...]) -> int:
        """Give the number that a command prints, run as the consumers are, beside them; 0 before any was started.

        Raises `InstanceError` where it fails, prints no number or does not end.
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

    def starved(self) -> tuple[Starved, ...]:
        """When instances waited for a processor; never, in virtual time."""

    def restart_broker(self) -> None:
        """Restart the broker and return when it takes connections again."""

    @property
    def late_ack(self) -> LateAck:
        """What this broker does about an ack that does not come in time."""

    def set_ack_timeout(self, seconds: float | None) -> None:
        """Have the broker wait for acks no longer than that; None: as by default.

        That counts for channels and consumers that begin from now on.
        """

    def bar_connections(self, is_barred: bool) -> None:
        """Have the broker answer whoever connects to the case's vhost, and let nobody in (530), or end that."""

    def set_memory_alarm(self, is_on: bool) -> None:
        """Have the broker itself be short of memory, or no longer: it blocks publishers, the world's own too."""
