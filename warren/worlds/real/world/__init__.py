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

from warren.errors import InstanceError, WarrenError
from warren.evidence.frames import ConnectionOpened
from warren.worlds.protocol import Certificate
from warren.worlds.real.counting import counted
from warren.worlds.real.databases import NoDatabaseLine
from warren.worlds.real.http import Callers
from warren.worlds.real.launching import spawn
from warren.worlds.real.own_programs import OwnPrograms
from warren.worlds.real.process import RealProcess
from warren.worlds.real.relay.log import FrameLog
from warren.worlds.real.relay.relay import Relay
from warren.worlds.real.relay.veil import Veil
from warren.worlds.real.run_queues import RunQueues
from warren.worlds.real.runs.orphans import Orphans
from warren.worlds.real.runs.ports import Ports
from warren.worlds.real.runs.processes import CASE_MARK, kill_marked_descendants
from warren.worlds.real.world.broker import BrokerOfCase
from warren.worlds.real.world.database import DatabaseOfCase

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from warren.claims.implementation import Program
    from warren.claims.surroundings import Answer
    from warren.evidence.calls import HttpCall
    from warren.evidence.frames import Fact, Pause
    from warren.evidence.starved import Starved
    from warren.workloads import Role
    from warren.worlds.protocol import Call, HttpFailure
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


class RealWorld(BrokerOfCase, DatabaseOfCase):
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
        services: Mapping[str, tuple[str, int]] | None = None,
        answers: Sequence[Answer] = (),
    ) -> None:
        """Stand on a place and a database that `RealWorlds` made and will drop; no output shows the secrets.

        With certificates, lines speak TLS. What is drawn follows from the seed. `services` are host and
        port of the case's, by name. `answers` are what the HTTP stub says.
        """
        BrokerOfCase.__init__(self, place)
        DatabaseOfCase.__init__(self, place, database, has_database=has_database)
        self._run = run
        self._preloader, self._secrets = preloader, secrets
        self._certificates, self._veils = certificates, dict[str, Veil]()
        self.seed, self._chance = seed, Random(seed)  # noqa: S311 - the same seed draws the same
        self._log = FrameLog()
        self._relay = Relay((place.broker.host, place.broker.port), self._log)
        self._callers = Callers(self.now)
        self._ports = Ports()
        self._processes: list[RealProcess | ContainerProcess] = []
        self._orphans = Orphans(run.id)
        self._run_queues = RunQueues(self.now)
        self._stretch = 0.0
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

        Raises `InstanceError` where an instance sends more than its line can bear, or asks for vhosts that nobody can
        tell apart.
        """

        def holds() -> bool:
            self._run_queues.look(self._living)
            if condition():
                return True
            self._refuse_floods()
            if self._own.vhosts.fault is not None:
                raise self._own.vhosts.fault
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
                line.let_in(self._own.entry(program, name, int(env["WARREN_HEARTBEAT"])))
                self._own.note(program, role, told)
                directory = self._own.directory_of(program, role, name)
                program, environment = self._own.in_its_words(program, directory, told, urls), {}
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
        self._own.note(program, role, env)
        process = self._own.containers.start(
            program,
            name,
            role,
            env,
            entry=self._own.entry(program, name, int(env["WARREN_HEARTBEAT"])),
            directory=partial(self._own.directory_of, program, role, name),
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

    def call(self, port: int, path: str, within: float) -> Call:
        """Begin a GET on 127.0.0.1."""
        return self._callers.call(port, path, within)

    @property
    def directory(self) -> Path | None:
        """The directory that the case's instances share, or the last one's; None as long as there is none."""
        return self._own.directory

    def file(self, path: str) -> bytes | None:
        """Read a file of the directory that the case's instances share, or of each one's; None where there is none."""
        return self._own.file(path)

    def count_by(self, argv: tuple[str, ...]) -> int:
        """Run a command beside the consumers, and give the number that it prints."""
        program = self._own.counting(argv, self._database.urls)
        marks = {**self._run.environment, CASE_MARK: self._place.vhost}
        return counted(program, marks, self._secrets) if program is not None else 0

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

    def hide_tables(self) -> None:
        """Rename the judged tables; all, where they are a user's own."""
        self._database.hide_tables(every=self._are_users_own)

    @property
    def _are_users_own(self) -> bool:
        """Whether the tables are those of a consumer that nobody wrote for Warren."""
        return self._own.has_any

    def facts(self) -> tuple[Fact, ...]:
        """All that the lines saw so far, in order."""
        return self._log.snapshot()

    def pauses(self) -> tuple[Pause, ...]:
        """When the relay's thread was kept from running."""
        return self._relay.pauses()

    def starved(self) -> tuple[Starved, ...]:
        """When instances waited for a processor, as Linux tells it."""
        return self._run_queues.look_now(self._living())

    def _living(self) -> Iterator[tuple[str, int]]:
        """Give the instances that were not found ended, each by its name and the id of its process."""
        return ((p.name, p.pid) for p in self._processes if p.ended_at is None)

    def close(self) -> None:
        """End all processes, lines and connections of the case."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._ports.close)
            stack.callback(self._own.close_stub)
            stack.callback(self._relay.close)
            stack.callback(self._own.vhosts.close)
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
