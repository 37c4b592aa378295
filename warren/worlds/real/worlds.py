"""The real worlds of one process: it gives each case its place, or its world, on the servers of the run."""

from __future__ import annotations

import contextlib
import hashlib
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warren.claims.implementation import Program, Schema
from warren.claims.surroundings import Surroundings
from warren.worlds.real.brokers import BrokerAddress, Vhosts, choose, private
from warren.worlds.real.databases import DatabaseAddress, attach, private_server
from warren.worlds.real.migration import migrate, prepare
from warren.worlds.real.place import Place
from warren.worlds.real.preloading import Preloader
from warren.worlds.real.relay.certificates import Certificates
from warren.worlds.real.runs import Run
from warren.worlds.real.runs.folders import writing
from warren.worlds.real.runs.orphans import adopt_orphans
from warren.worlds.real.runs.processes import CASE_MARK
from warren.worlds.real.services import Services
from warren.worlds.real.world import RealWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from warren.claims.surroundings import Definitions
    from warren.worlds.real.brokers import RunningBroker
    from warren.worlds.real.databases import CaseDatabase, DatabaseUrls, PrivateServer


class RealWorlds:
    """Makes the places and worlds of one pytest process; its `close` drops what they left.

    Cases that restart their broker or their database server get one of this process's own, started at the first such
    case and kept for the others. All other cases share the run's.
    """

    def __init__(self, servers: dict[str, Any], owner: str) -> None:
        """Attach to what the controller started (`Servers.for_workers`), and take in the orphans of cases.

        `owner` is unique among the processes of a run, e.g. the xdist worker's id.
        """
        adopt_orphans()
        self._run = Run.attach(Path(servers["run"]))
        self._option, self._owner = servers["option"], owner
        self._seed, self._queue_type = servers["seed"], servers["queue_type"]
        self._certificates = Certificates.of(self._run) if servers["tls"] else None
        self._broker = BrokerAddress.from_json(servers["broker"])
        self._database = DatabaseAddress.from_json(servers["database"])
        self._database_option = servers["database_option"]
        self._own_broker: tuple[RunningBroker, Vhosts] | None = None
        self._own_database_server: PrivateServer | None = None
        self._templates: set[str] = set()
        with contextlib.ExitStack() as stack:
            self._databases = stack.enter_context(attach(self._database, self._run, owner))
            self._vhosts = stack.enter_context(self._vhosts_on(self._broker, owner))
            self._preloader = Preloader({**self._run.environment, CASE_MARK: "preloaded"})
            stack.callback(self._preloader.close)
            self._services = Services(self._run, owner)
            stack.callback(self._services.close)
            self._stack = stack.pop_all()

    @property
    def database(self) -> str:
        """What the database of the run is, in words."""
        return self._database.description

    @property
    def secrets(self) -> tuple[str, ...]:
        """Passwords of this run, and of this process's own broker where it has one."""
        own = self._own_broker[0].address.secrets if self._own_broker else ()
        if self._own_database_server is not None:
            own = (*own, *self._own_database_server.server.address.secrets)
        return (*self._broker.secrets, *own, *self._database.secrets)

    @contextlib.contextmanager
    def world(
        self,
        program: Program | Schema | None,
        surroundings: Surroundings | None = None,
        *,
        restarts: bool,
        restarts_database: bool = False,
    ) -> Iterator[RealWorld]:
        """Give a case its world, and take everything back at the end.

        Its database is as the implementation's own `program` or schema made it, or has the contract's tables where
        there is none. Implementations that share a program share what it made. Its surroundings are there before the
        first instance.
        """
        around = surroundings or Surroundings()
        with contextlib.ExitStack() as stack:
            own = self._restartable_database_server() if restarts_database else None
            copy = partial(self._copy, program, own)
            place = stack.enter_context(
                self._place(copy, around.definitions, restarts=restarts, own=own)
            )
            database = stack.enter_context(place.database())
            services = stack.enter_context(self._services.of_case(around.services, self.secrets))
            world = RealWorld(
                place,
                database,
                self._run,
                preloader=self._preloader,
                secrets=self.secrets,
                certificates=self._certificates,
                has_database=not isinstance(program, Schema) or program.is_used,
                seed=self._seed,
                services=services,
                answers=around.answers,
            )
            stack.callback(world.close)
            yield world

    def place(self, *, restarts: bool) -> AbstractContextManager[Place]:
        """Give a case a place, on a broker that it may restart if it `restarts`."""
        return self._place(partial(self._copy, None, None), restarts=restarts)

    def once(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Give what the first process of the run has made under that name, whatever is in it; see `Run.once`."""
        return self._run.once(hashlib.sha256(name.encode()).hexdigest()[:16], make)

    def close(self) -> None:
        """End this process's own broker, and drop what is left of its vhosts and databases."""
        self._stack.close()

    @contextlib.contextmanager
    def _place(
        self,
        database: Callable[[], AbstractContextManager[CaseDatabase]],
        definitions: Definitions | None = None,
        *,
        restarts: bool,
        own: PrivateServer | None = None,
    ) -> Iterator[Place]:
        is_own = restarts and choose(self._option).can_restart
        running, vhosts = self._restartable() if is_own else (None, self._vhosts)
        with contextlib.ExitStack() as stack:
            own_vhosts = stack.enter_context(vhosts.of_case(definitions))
            vhost = own_vhosts.name
            folder = self._run.folder / "cases" / vhost
            with writing(folder):
                folder.mkdir(parents=True)
            broker = running.address if running else self._broker
            yield Place(
                broker,
                vhost,
                vhosts.management,
                folder,
                database,
                own_vhosts.another,
                running,
                own,
            )

    @contextlib.contextmanager
    def _copy(
        self, program: Program | Schema | None, own: PrivateServer | None
    ) -> Iterator[CaseDatabase]:
        """Give a case a copy of a template, made by the first that asks for it; on a server of `own`, there."""
        databases = own.databases if own else self._databases
        template = f"{_made_by(program)} of {self._owner}" if own else _made_by(program)
        if template not in self._templates:
            make = partial(self._make_tables, program) if program else None
            databases.prepare_template(template, make)
            self._templates.add(template)
        copy = databases.create_copy(template)
        try:
            yield copy
        finally:
            databases.drop(copy)

    def _make_tables(self, made_by: Program | Schema, urls: DatabaseUrls) -> None:
        if isinstance(made_by, Schema):
            prepare(made_by, urls, self._run, self.secrets)
        else:
            migrate(made_by, urls, self._run, self.secrets)

    def _restartable(self) -> tuple[RunningBroker, Vhosts]:
        if self._own_broker is None:
            running = self._stack.enter_context(private(self._option, self._run))
            vhosts = self._stack.enter_context(
                self._vhosts_on(running.address, f"{self._owner}-private")
            )
            self._own_broker = running, vhosts
        return self._own_broker

    def _vhosts_on(self, broker: BrokerAddress, owner: str) -> Vhosts:
        return Vhosts(broker, self._run, owner, queue_type=self._queue_type)

    def _restartable_database_server(self) -> PrivateServer | None:
        if self._own_database_server is None:
            owner = f"{self._owner}-private"
            opened = private_server(self._database_option, self._run, owner)
            self._own_database_server = self._stack.enter_context(opened)
        return self._own_database_server


def _made_by(program: Program | Schema | None) -> str:
    """Name the template of a program: its command and its directory are what its tables can depend on."""
    match program:
        case None:
            return "contract"
        case Schema(program=first, scripts=scripts):
            return shlex.join(["schema", _made_by(first), *map(str, scripts)])
        case Program():
            return shlex.join((str(program.directory.resolve()), *program.argv))
