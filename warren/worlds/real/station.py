"""What one pytest process of a run stands on: the run, its broker and database, and the worlds made of them.

The *controller* (xdist's, or the only process) starts broker and database once and ends them; the *workers* get their
addresses. Instances, vhosts and databases of cases are the worlds'.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import make_url

import warren.worlds.real.brokers
import warren.worlds.real.databases
from warren.errors import DeadlineError, SetupError
from warren.evidence.text import visible_lines
from warren.rigs.brokers import BrokerRig
from warren.worlds.real import RealWorlds
from warren.worlds.real.brokers import BrokerAddress
from warren.worlds.real.brokers.container import remove_leftovers
from warren.worlds.real.databases import DatabaseAddress, attach
from warren.worlds.real.process import inherited_environment
from warren.worlds.real.runs import Run
from warren.worlds.real.runs.orphans import Orphans, adopt_orphans
from warren.worlds.real.runs.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from warren.claims.catalogue import Requirement
    from warren.claims.manifest import Implementation
    from warren.plugin.options import Options
    from warren.rigs.pace import Pace
    from warren.worlds.real import RealWorld
    from warren.worlds.real.databases import CaseDatabase, DatabaseUrls

_MIGRATE_TIMEOUT = 120.0
_NOBODY = "broker"
"""The template of a database that belongs to no implementation."""


class Servers:
    """The controller's: a run with its broker and its database, ended by `close`."""

    def __init__(self, options: Options) -> None:
        """Clean up after killed runs, then start. Raises `SetupError` in one sentence.

        As long as they run, SIGTERM ends this process as Ctrl-C does: in order, with all taken back.
        """
        sweep()
        with contextlib.ExitStack() as stack:
            before = signal.signal(signal.SIGTERM, signal.default_int_handler)
            stack.callback(signal.signal, signal.SIGTERM, before)
            self.run, self._started = Run.start(), False
            stack.push(self._end_run)
            # A worker that was killed with its run has no time to stop the broker of its own.
            stack.callback(remove_leftovers, self.run.id)
            broker = warren.worlds.real.brokers.choose(options.broker)
            bare = isinstance(broker, warren.worlds.real.brokers.EmbeddedBroker)
            database = warren.worlds.real.databases.choose(options.database, bare=bare)
            running_database = database.start(self.run)
            stack.callback(running_database.stop)
            running_broker = broker.start(self.run)
            stack.callback(running_broker.stop)
            self.broker_option = broker.option
            self.broker, self.database = running_broker.address, running_database.address
            self._stack, self._started = stack.pop_all(), True

    def for_workers(self) -> dict[str, Any]:
        """Give what a worker needs, as plain JSON (it holds passwords: never print it)."""
        return {
            "run": str(self.run.folder),
            "option": self.broker_option,
            "broker": self.broker.to_json(),
            "database": self.database.to_json(),
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        """Passwords of this run."""
        return _secrets(self.database, self.broker)

    def close(self) -> None:
        """Stop broker and database, kill what carries the run's mark, delete its folder.

        Raises `SetupError` where something could not be taken back; the next start does that.
        """
        self._stack.close()

    def _end_run(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None and self._started:
            self.run.leave()
        else:
            self.run.end()


def header(servers: Servers, pace: Pace) -> str:
    """Name what is really used."""
    return (
        f"warren {metadata.version('pytest-warren')}: {servers.broker.description}; "
        f"{servers.database.description}; "
        f"pace {pace.name} (second {pace.second} s, heartbeat {pace.heartbeat} s)"
    )


class Station:
    """Makes worlds for the cases of one pytest process; its `close` drops what they left."""

    def __init__(self, servers: dict[str, Any], owner: str) -> None:
        """Attach to what the controller started (`Servers.for_workers`), and take in the orphans of cases."""
        adopt_orphans()
        self._run = Run.attach(Path(servers["run"]))
        self.broker = BrokerAddress.from_json(servers["broker"])
        self._database = DatabaseAddress.from_json(servers["database"])
        self._databases = attach(self._database, self._run, owner)
        self._worlds = RealWorlds(self._run, servers["option"], self.broker, self._databases, owner)
        self._templates: set[str] = set()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Passwords of this run, and of this process's own broker where it has one."""
        return _secrets(self._database, *self._worlds.brokers)

    @contextlib.contextmanager
    def world(self, implementation: Implementation, *, restarts: bool) -> Iterator[RealWorld]:
        """Give a world for one case, with a database as the implementation's migrations made it."""
        self._prepare(implementation)
        with self._worlds.open(implementation.name, restarts=restarts) as world:
            yield world

    @contextlib.contextmanager
    def broker_rig(
        self, pace: Pace, requirements: Sequence[Requirement], programs: Path, *, restarts: bool
    ) -> Iterator[BrokerRig]:
        """Give a case that judges a broker what it holds."""
        with self._worlds.place(restarts=restarts) as place:
            folder = self._run.folder / "cases" / place.vhost
            folder.mkdir(parents=True)
            rig = BrokerRig(
                place,
                pace,
                requirements,
                programs=programs,
                folder=folder,
                database=self._database_copy,
            )
            try:
                yield rig
            finally:
                rig.close()

    @contextlib.contextmanager
    def _database_copy(self) -> Iterator[CaseDatabase]:
        """Give a case a database with the contract's tables."""
        self._databases.prepare_template(_NOBODY)
        copy = self._databases.create_copy(_NOBODY)
        try:
            yield copy
        finally:
            self._databases.drop(copy)

    def close(self) -> None:
        """Drop all that is left of this process's worlds."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._databases.end)
            stack.callback(self._worlds.close)

    def _prepare(self, implementation: Implementation) -> None:
        if implementation.name in self._templates:
            return
        migrate = implementation.migrate
        self._databases.prepare_template(
            implementation.name,
            (lambda urls: _migrate(implementation, urls, self._run)) if migrate else None,
        )
        self._templates.add(implementation.name)


def _secrets(database: DatabaseAddress, *brokers: BrokerAddress) -> tuple[str, ...]:
    password = None if database.kind == "sqlite" else make_url(database.url).password
    passwords = [p for broker in brokers for p in (broker.password, broker.case_password)]
    return tuple(filter(None, (*passwords, password)))


def _migrate(implementation: Implementation, urls: DatabaseUrls, run: Run) -> None:
    command = implementation.migrate
    assert command is not None
    where = f"migrate of {implementation.path}"
    orphans = Orphans(run.id)
    try:
        done = subprocess.run(
            command.argv,
            cwd=command.directory,
            env={**inherited_environment(), **run.environment, **urls.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_MIGRATE_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DeadlineError(
            f"not done within {_MIGRATE_TIMEOUT:.0f} s", where, "make it end by itself"
        ) from error
    except OSError as error:
        raise SetupError(
            f"cannot run {command.argv[0]!r}: {os.strerror(error.errno or 0)}",
            where,
            "correct the command",
        ) from error
    finally:
        orphans.end()
    if done.returncode:
        printed = (done.stderr + done.stdout).decode("utf-8", "backslashreplace").strip()[-800:]
        raise SetupError(
            f"ended with status {done.returncode}: {visible_lines(printed)}",
            where,
            "run it by hand",
        )
