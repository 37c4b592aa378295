"""PostgreSQL: a server of our own in the run's folder, or one that a URL names.

Our own server gives up safety against a crash of the machine for speed; its data live as long as
the run. A server of a URL needs a user with CREATEDB; only databases of the run are touched.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import signal
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL

from warren.errors import DatabaseUnavailable
from warren.worlds.real.databases.copies import Databases, name_prefix
from warren.worlds.real.databases.own import OwnServer
from warren.worlds.real.databases.server import Server, UsedServer, parse
from warren.worlds.real.runs.ports import LOOPBACK

if TYPE_CHECKING:
    from warren.worlds.real.databases.address import DatabaseAddress
    from warren.worlds.real.runs.run import Run

_DRIVER = "postgresql+psycopg"
_DEFAULT_PORT = 5432
_FIRST_WITH_STRATEGIES = 150_000  # as server_version_num
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_size": "128MB",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "mmap",  # in the data's folder, which is deleted
    "max_connections": "200",
}


def binaries() -> Path | None:
    """Find the folder of the newest `initdb`: on PATH, else where Debian keeps it."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(installed, key=lambda path: int(path.parts[4].partition(".")[0]))
    return newest[-1].parent if newest else None


@dataclass(frozen=True, slots=True)
class PostgresqlDatabase:
    """PostgreSQL of our own (`url` None) or of a person's URL."""

    url: URL | None = field(repr=False)
    programs: Path | None

    @classmethod
    def choose(cls, url: str) -> PostgresqlDatabase:
        """Check the URL, or find the programs. Raises a SetupError."""
        if url:
            return cls(parse(url, _DRIVER, "postgres"), None)
        programs = binaries()
        if programs is None:
            raise DatabaseUnavailable(
                "no initdb is on PATH or below /usr/lib/postgresql",
                "--database postgresql",
                "install PostgreSQL (`apt-get install postgresql`), or choose another database",
            )
        return cls(None, programs)

    @property
    def option(self) -> str:
        """The value of `--database`; it holds the password of a URL."""
        if self.url is None:
            return "postgresql"
        return f"postgresql:{self.url.render_as_string(hide_password=False)}"

    @property
    def can_restart(self) -> bool:
        """Whether it is ours."""
        return self.url is None

    def start(self, run: Run) -> PostgresqlServer | UsedServer:
        """Start our own server, or reach the other one."""
        if self.url is not None:
            return UsedServer(self.url, _DEFAULT_PORT, run, _product, drop_leftovers)
        assert self.programs is not None
        return PostgresqlServer(self.programs, run)


class PostgresqlServer(OwnServer):
    """A server in the run's folder."""

    _in_order = signal.SIGINT

    def __init__(self, programs: Path, run: Run) -> None:
        """Make its data, start it, wait until it answers."""
        super().__init__("postgresql", "postgres", run)
        password = secrets.token_hex(16)
        secret = self._secret("password", password)
        try:
            self._initialise(
                [
                    str(programs / "initdb"),
                    f"--pgdata={self._data}",
                    f"--pwfile={secret}",
                    *("--username=warren", "--auth=scram-sha-256", "--encoding=UTF8"),
                    *("--locale=C", "--no-sync", "--no-instructions"),
                ]
            )
        finally:
            secret.unlink()
        url = URL.create(_DRIVER, "warren", password, LOOPBACK, self._ports.free(), "postgres")
        settings = {**_SETTINGS, "port": str(url.port)}
        self._launch(
            [
                str(programs / "postgres"),
                *("-D", str(self._data)),
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            url,
            self._in_order,  # it frees its shared memory
            _product,
        )


class PostgresqlDatabases(Databases):
    """A copy is CREATE DATABASE … TEMPLATE, which copies the template's files."""

    def __init__(self, address: DatabaseAddress, run: Run, owner: str) -> None:
        """Talk to the server at `address`."""
        super().__init__(address, run, owner)
        self._server = Server(parse(address.url, _DRIVER, "postgres"))

    def _create(self, name: str) -> URL:
        self._server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self._server.url.set(database=name)

    def _seal(self, template: str) -> None:
        """Nothing to do: copies wait until the last connection to it is closed."""

    def _copy(self, template: str, name: str) -> URL:
        self._server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {self._strategy}')
        return self._server.url.set(database=name)

    @cached_property
    def _strategy(self) -> str:
        """Copy files, not blocks through the log: half the time. Before 15 there is no other."""
        version = int(self._server.execute("SHOW server_version_num")[0][0])
        return "STRATEGY FILE_COPY" if version >= _FIRST_WITH_STRATEGIES else ""

    def _drop(self, name: str) -> None:
        _drop(self._server, name)

    def _close(self) -> None:
        self._server.close()


def drop_leftovers(address: DatabaseAddress, run_id: str) -> None:
    """Drop every database of a run, whoever made it. Raises DatabaseUnavailable."""
    with contextlib.closing(Server(parse(address.url, _DRIVER, "postgres"))) as server:
        for (name,) in server.execute("SELECT datname FROM pg_database"):
            if name.startswith(name_prefix(run_id)):
                _drop(server, name)


def _drop(server: Server, name: str) -> None:
    server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _product(server: Server) -> str:
    version = str(server.execute("SHOW server_version")[0][0])
    return f"PostgreSQL {version.partition(' ')[0]}"
