"""The real world of one case.

A world owns what it starts: processes, relay, vhost, database, connections. `close` ends all of it, whatever
happened, and tells of what it could not end.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from warren.errors import FaultUnsupported, InstanceError, WarrenError
from warren.evidence.frames import ConnectionOpened
from warren.simulator.wire import BasicProperties
from warren.worlds.protocol import Certificate
from warren.worlds.real.broker_link import BrokerLink
from warren.worlds.real.databases import NoDatabaseLine
from warren.worlds.real.databases.schema import MESSAGE_LOG, TASK
from warren.worlds.real.http import Callers
from warren.worlds.real.launching import spawn
from warren.worlds.real.own_programs import OwnPrograms
from warren.worlds.real.process import RealProcess
from warren.worlds.real.relay.log import FrameLog
from warren.worlds.real.relay.relay import Relay
from warren.worlds.real.relay.veil import Veil
from warren.worlds.real.runs.orphans import Orphans
from warren.worlds.real.runs.ports import Ports
from warren.worlds.real.runs.processes import CASE_MARK, kill_marked_descendants

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from warren.claims.implementation import Program
    from warren.claims.surroundings import Answer
    from warren.evidence.calls import HttpCall
    from warren.evidence.frames import Fact, Pause
    from warren.evidence.rows import MessageRow, TableRows, TaskRow
    from warren.workloads import Role, Route
    from warren.worlds.protocol import Call, HttpFailure, QueueDepth, ReceivedReply
    from warren.worlds.real.containers import ContainerProcess, Containers
    from warren.worlds.real.databases import CaseDatabase, DatabaseUrls, UnfollowedLine
    from warren.worlds.real.place import Place
    from warren.worlds.real.preloading import Preloader
    from warren.worlds.real.relay import RealDatabaseLine
    from warren.worlds.real.relay.certificates import Certificates
    from warren.worlds.real.relay.line import RealLine
    from warren.worlds.real.runs import Run

_POLL = 0.05
_CLOSE = 5.0


class RealWorld:
    """See `warren.worlds.protocol.World`."""

    def __init__(
        self,
        place: Place,
        database: CaseDatabase,
        run: Run,
        *,
        preloader: Preloader,
        secrets: Collection[str],
        certificates: Certificates | None = None,
        seed: int = 0,
        has_database: bool = True,
        services: Mapping[str, int] | None = None,
        answers: Sequence[Answer] = (),
    ) -> None:
        """Stand on a place and a database that `RealWorlds` made and will drop; no output shows the secrets.

        With certificates, lines speak TLS. What is drawn follows from the seed. The case's services are told by their
        names and ports; the answers are the HTTP stub's.
        """
        self._place, self._database, self._run = place, database, run
        self._preloader, self._secrets = preloader, secrets
        self._certificates, self._veils = certificates, dict[str, Veil]()
        self.seed, self._chance = seed, Random(seed)  # noqa: S311 - the same seed draws the same
        self._log = FrameLog()
        self._relay = Relay((place.broker.host, place.broker.port), self._log)
        self._callers = Callers(self.now)
        self._ports = Ports()
        self._link: BrokerLink | None = None
        self._exclusive: list[BrokerLink] = []
        self._processes: list[RealProcess | ContainerProcess] = []
        self._orphans = Orphans(run.id)
        self._stretch, self._has_database = 0.0, has_database
        self._services = services or {}
        self._own = OwnPrograms(
            place,
            self.now,
            self._services,
            answers,
            make_containers=self._make_containers,
            await_connected=self._await_connected,
        )

    def now(self) -> float:
        """Seconds since the case began, which the relay's facts carry too."""
        return self._log.now()

    def wait_for(self, condition: Callable[[], bool], within: float) -> bool:
        """Ask again after every frame, and every 50 ms for what shows in no frame (`FrameLog.wait_until`).

        Raises `InstanceError` where an instance sends more than its line can bear.
        """

        def holds() -> bool:
            if condition():
                return True
            self._refuse_floods()
            return False

        return self._log.wait_until(holds, within, _POLL)

    def _refuse_floods(self) -> None:
        for process in self._processes:
            if process.line.flood:
                raise InstanceError(
                    f"{process.line.flood}, so its line to the broker was closed",
                    where=f"instance {process.name}",
                    what_to_do="find the loop that sends them",
                )

    def new_id(self) -> str:
        """Make an id that is unique beyond this world too, since the broker may be shared."""
        return uuid.uuid4().hex

    def draw(self, count: int) -> int:
        """Draw a number below `count`."""
        return self._chance.randrange(count)

    @property
    def starts_at_once(self) -> int:
        """As many as there are processors for us."""
        return len(os.sched_getaffinity(0))

    def start(
        self,
        program: Program,
        name: str,
        role: Role,
        env: Mapping[str, str],
        certificate: Certificate = Certificate.GOOD,
    ) -> RealProcess | ContainerProcess:
        """Start a process, or a container, behind a line of its own and return at once."""
        if program.container is not None:
            return self._start_container(program, name, role, env)
        if program.preload:
            self._orphans.leave(self._preloader.prepare(program))
        line = self._relay.open(name)
        database, urls = self._database_line(name)
        database.stretch(self._stretch)
        told = {
            **env,
            **self._way_to_broker(name, line, certificate),
            "WARREN_HTTP_PORT": str(self._ports.free()),
        }
        environment = {**told, **urls.environment}
        try:
            if program.has_placeholders:
                line.let_in(self._own.entry(int(env["WARREN_HEARTBEAT"])))
                program, environment = self._own.in_its_words(program, role, told, urls), {}
            environment |= {
                **self._run.environment,
                CASE_MARK: self._place.vhost,
                "WARREN_HTTP_PORT": told["WARREN_HTTP_PORT"],
            }
            process = RealProcess(
                program,
                name,
                role,
                line=line,
                database=database,
                env=environment,
                output=self._place.folder / f"{name}.out",
                now=self.now,
                secrets=self._secrets,
                launch=self._preloader.launch if program.preload else spawn,
            )
        except WarrenError:
            line.close()
            database.close()
            raise
        self._processes.append(process)
        self._own.started(program, process)
        return process

    def _start_container(
        self, program: Program, name: str, role: Role, env: Mapping[str, str]
    ) -> ContainerProcess:
        """Start a container behind lines in its own network."""
        if self._certificates is not None:
            raise InstanceError(
                "the lines of a container speak no TLS",
                where=f"instance {name}",
                what_to_do="run it without --tls",
            )
        process = self._own.containers.start(
            program,
            name,
            role,
            env,
            entry=self._own.entry(int(env["WARREN_HEARTBEAT"])),
            directory=partial(self._own.directory_of, program, role),
        )
        process.database.stretch(self._stretch)
        self._processes.append(process)
        return process

    def _make_containers(self, stub: tuple[str, int]) -> Containers:
        from warren.worlds.real.containers import Containers  # noqa: PLC0415 - Docker's client takes its time

        return Containers(
            self._run,
            self._place,
            self._relay,
            self._database,
            stub=stub,
            services=self._services,
            now=self.now,
            whose=self._whose,
            secrets=self._secrets,
        )

    def _await_connected(self, process: RealProcess, within: float) -> None:
        def has_connected() -> bool:
            opened = (fact for fact in self._log.snapshot() if isinstance(fact, ConnectionOpened))
            return any(fact.instance == process.name for fact in opened)

        self.wait_for(lambda: process.exit_status is not None or has_connected(), within)

    def was_greeted(self, name: str) -> bool:
        """Whether the instance of that name has begun a TLS handshake."""
        return name in self._veils and self._veils[name].greetings > 0

    def publish(self, route: Route, body: bytes, properties: BasicProperties) -> None:
        """Publish with a confirm; raise `WarrenError` where the message reached no queue."""
        self._broker_link().publish(route.exchange, route.routing_key, body, properties)

    def reply(self, queue: str, body: bytes, correlation_id: str) -> None:
        """Answer somebody else's request, on its reply queue; raise `WarrenError` where there is none."""
        properties = BasicProperties(content_type="text/plain", correlation_id=correlation_id)
        self._broker_link().publish("", queue, body, properties)

    def queue(self, name: str) -> QueueDepth | None:
        """Ask the broker now; None where there is no such queue."""
        return self._broker_link().depth(name)

    def queues(self) -> tuple[str, ...]:
        """Name all queues that there are now, also those that are not for work."""
        return tuple(queue.name for queue in self._place.management.queues(self._place.vhost))

    def make_queue_anew(self, route: Route) -> None:
        """Delete the queue of a route with all that is in it, and make it again, empty and bound."""
        asked = self._place.management.declaration(self._place.vhost, route.queue)
        self._broker_link().make_queue_anew(asked)

    def delete_queue(self, route: Route) -> None:
        """Delete the queue of a route with all that is in it."""
        self._broker_link().delete_queue(route.queue)

    def reply_queue(self) -> str:
        """Declare a queue of the rig's own for replies and give its name."""
        return self._broker_link().reply_queue()

    def replies(self, queue: str) -> tuple[ReceivedReply, ...]:
        """Take what has come to a reply queue since the last call."""
        return self._broker_link().take(queue)

    def exclusive_consumer(self, route: Route) -> BrokerLink:
        """Declare a route and consume exclusively from its queue, on a connection apart."""
        link = self._exclusive_link()
        link.consume_exclusively(route.exchange, route.queue, route.routing_key)
        asked = self._place.management.declaration(self._place.vhost, route.queue)
        kind = asked.arguments.get("x-queue-type", "classic")
        if kind != "classic":
            raise FaultUnsupported(
                f"a {kind} queue has no exclusive consumers", where=f"queue {route.queue}"
            )
        return link

    def exclusive_queue(self, route: Route) -> BrokerLink:
        """Declare the queue of a route exclusively, on a connection apart."""
        link = self._exclusive_link()
        link.declare_exclusively(route.queue)
        return link

    def call(self, port: int, path: str, within: float) -> Call:
        """Begin a GET on 127.0.0.1."""
        return self._callers.call(port, path, within)

    def add_task(self) -> int:
        """Insert a task row, as the HTTP role does, and give its id."""
        return self._database.add_task()

    def refuse_messages(self, text: str) -> None:
        """Have a trigger refuse each new row of `message_log` with that text."""
        self._database.refuse(MESSAGE_LOG.name, text)

    def refuse_task(self, task: int) -> None:
        """Have a trigger refuse each change of that row of `task`."""
        self._database.refuse(TASK.name, str(task))

    def longest_message(self) -> int | None:
        """Give how many octets a `message` of `message_log` may have; None where nothing bounds it."""
        return self._database.longest_message()

    def message_rows(self) -> tuple[MessageRow, ...]:
        """All rows of `message_log`, by id."""
        return self._database.messages()

    def task_rows(self) -> tuple[TaskRow, ...]:
        """All rows of `task`, by id."""
        return self._database.tasks()

    def count(self, sql: str, unit_id: str, number: int) -> int:
        """Give the number that a statement finds in the case's database."""
        return self._database.count(sql, unit_id, number)

    def table(self, name: str) -> TableRows | None:
        """Give the rows of a table of the case's database; None where there is none of that name."""
        return self._database.table(name)

    def contents(self) -> dict[str, TableRows]:
        """Give the rows of every table of the case's database."""
        return self._database.contents()

    def generated_columns(self) -> dict[str, frozenset[str]]:
        """Give the columns of each table of the case's database whose values the database makes."""
        return self._database.generated_columns()

    @property
    def directory(self) -> Path | None:
        """The directory that the case's instances share; None as long as there is none."""
        return self._own.directory

    def file(self, path: str) -> bytes | None:
        """Read a file of the directory that the case's instances share; None where there is none."""
        return self._own.file(path)

    def calls(self) -> tuple[HttpCall, ...]:
        """Give the HTTP calls that reached the case's stub."""
        return self._own.stub.calls()

    def fail_http(self, failure: HttpFailure) -> None:
        """Have the stub fail whoever calls it."""
        self._own.stub.fail(failure)

    def restore_http(self) -> None:
        """Have it answer again."""
        self._own.stub.restore()

    def stretch_work(self, seconds: float) -> None:
        """Have commits on their way to a server, and the stub's answers, take so long."""
        self._stretch = seconds
        self._own.stretch(seconds)
        for process in self._processes:
            process.database.stretch(seconds)

    def need_database(self) -> None:
        """Raise `FaultUnsupported` where instances have none."""
        if not self._has_database:
            raise FaultUnsupported("its consumers have no database", where="this manifest")

    def need_database_line(self) -> None:
        """Raise `FaultUnsupported` but for a server whose protocol is followed."""
        self.need_database()
        if self._database.server is None:
            raise FaultUnsupported(
                "nothing stands between an instance and this database",
                where=self._database.kind,
                what_to_do="run the case on PostgreSQL or MySQL",
            )

    def let_commits_be_held(self) -> None:
        """Give SQLite a rollback journal; a server's relay is ready as it is."""
        self._database.let_commits_be_held()

    def let_space_run_out(self) -> None:
        """Give SQLite a small file system; a server's relay is ready as it is."""
        self._database.let_space_run_out()

    def lock_database(self) -> None:
        """Lock a file of SQLite."""
        self._database.lock()

    def unlock_database(self) -> None:
        """Unlock it."""
        self._database.unlock()

    def shut_down_database(self) -> None:
        """End the case's own database server."""
        own = self._place.restartable_database_server
        self._database.disconnect()
        own.shut_down()

    def start_database(self) -> None:
        """Start it again."""
        self._place.restartable_database_server.start_again()

    def hide_tables(self) -> None:
        """Rename the judged tables; all, where they are a user's own."""
        self._database.hide_tables(every=self._are_users_own)

    @property
    def _are_users_own(self) -> bool:
        """Whether the tables are those of a consumer that nobody wrote for Warren."""
        return self._own.has_any

    def show_tables(self) -> None:
        """Rename them back."""
        self._database.show_tables()

    def facts(self) -> tuple[Fact, ...]:
        """All that the lines saw so far, in order."""
        return self._log.snapshot()

    def pauses(self) -> tuple[Pause, ...]:
        """When the relay's thread was kept from running."""
        return self._relay.pauses()

    def restart_broker(self) -> None:
        """Restart the case's broker; raise `WarrenError` where this broker is not ours to restart."""
        self._close_link()
        self._place.restart()

    def set_ack_timeout(self, seconds: float | None) -> None:
        """Tell the case's broker how long it waits for acks; raise `WarrenError` where it is not ours."""
        self._place.set_ack_timeout(seconds)

    def set_memory_alarm(self, is_on: bool) -> None:
        """Have the case's broker be short of memory; raise `WarrenError` where it is not ours."""
        self._place.set_memory_alarm(is_on)

    def close(self) -> None:
        """End all processes, lines and connections of the case."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._ports.close)
            stack.callback(self._own.close_stub)
            stack.callback(self._relay.close)
            for veil in self._veils.values():
                stack.callback(veil.close)
            stack.callback(self._close_link)
            for link in self._exclusive:
                stack.callback(link.close)
            stack.callback(self._callers.close)
            stack.callback(self._own.close_containers)
            for process in self._processes:
                stack.callback(process.close, _CLOSE)
            # Also children that left their process group; before the outputs are closed, which they may hold open.
            kill_marked_descendants(self._place.vhost, CASE_MARK)
            self._orphans.end()

    def _way_to_broker(self, name: str, line: RealLine, certificate: Certificate) -> dict[str, str]:
        """Say where an instance finds its broker; over TLS, also by which CA it knows it."""
        url = partial(self._place.broker.amqp_url, self._place.vhost, "127.0.0.1")
        if self._certificates is None:
            return {"WARREN_AMQP_URL": url(line.port)}
        veil = Veil(self._relay, line.port, self._certificates.context(certificate))
        self._veils[name] = veil
        return {
            "WARREN_AMQP_URL": url(veil.port).replace("amqp:", "amqps:", 1),
            "WARREN_AMQP_CA": str(self._certificates.authority),
        }

    def _database_line(self, name: str) -> tuple[RealDatabaseLine | UnfollowedLine, DatabaseUrls]:
        """Give an instance its way to the database, and what it is told of it."""
        database, server = self._database, self._database.server
        if not self._has_database:
            return NoDatabaseLine(), database.urls
        if server is None:
            return database.line(name, self.now, self._log.append, self._whose), database.urls
        line = self._relay.open_database(name, server, database.follower)
        return line, database.urls.through(line.port)

    def _whose(self, process_id: int) -> str | None:
        """Name the instance in whose process group a process is; "" for none, None where there is no such process."""
        try:
            group = os.getpgid(process_id)
        except ProcessLookupError:
            return None
        return next((process.name for process in self._processes if process.pid == group), "")

    def _broker_link(self) -> BrokerLink:
        if self._link is None:
            self._link = BrokerLink(self._place.broker.amqp_url(self._place.vhost))
        return self._link

    def _exclusive_link(self) -> BrokerLink:
        self._exclusive.append(BrokerLink(self._place.broker.amqp_url(self._place.vhost)))
        return self._exclusive[-1]

    def _close_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()
