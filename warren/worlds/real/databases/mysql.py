"""MySQL and MariaDB: a MariaDB server of our own in the run's folder, or a server of a URL.

A server of a URL needs a user that may create and drop databases; only those of the run are
touched.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
from dataclasses import dataclass, field
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

_DRIVER = "mysql+pymysql"
_DEFAULT_PORT = 3306


@dataclass(frozen=True, slots=True)
class MysqlDatabase:
    """MariaDB of our own (`url` None), or MySQL or MariaDB of a person's URL."""

    url: URL | None = field(repr=False)
    install: str | None
    server: str | None

    @classmethod
    def choose(cls, url: str) -> MysqlDatabase:
        """Check the URL, or find the programs. Raises a SetupError."""
        if url:
            return cls(parse(url, _DRIVER, ""), None, None)
        path = f"{os.environ['PATH']}{os.pathsep}/usr/sbin"
        install = shutil.which("mariadb-install-db", path=path)
        server = shutil.which("mariadbd", path=path)
        if install is None or server is None:
            raise DatabaseUnavailable(
                "mariadb-install-db and mariadbd are not on PATH",
                "--database mysql",
                "install MariaDB (`apt-get install mariadb-server`), or give mysql:URL",
            )
        return cls(None, install, server)

    @property
    def option(self) -> str:
        """The value of `--database`; it holds the password of a URL."""
        if self.url is None:
            return "mysql"
        return f"mysql:{self.url.render_as_string(hide_password=False)}"

    @property
    def can_restart(self) -> bool:
        """Whether it is ours."""
        return self.url is None

    def start(self, run: Run) -> MariadbServer | UsedServer:
        """Start our own server, or reach the other one."""
        if self.url is not None:
            return UsedServer(self.url, _DEFAULT_PORT, run, _product, drop_leftovers)
        assert self.install is not None
        assert self.server is not None
        return MariadbServer(self.install, self.server, run)


class MariadbServer(OwnServer):
    """A MariaDB server in the run's folder."""

    def __init__(self, install: str, server: str, run: Run) -> None:
        """Make its data, start it, wait until it answers.

        root enters through the socket only, by its own account; we enter as a user that the first
        statements make. Its password is hexadecimal.
        """
        super().__init__("mysql", "mysql", run)
        self._initialise(
            [
                install,
                "--no-defaults",
                f"--datadir={self._data}",
                "--auth-root-authentication-method=socket",
                "--skip-test-db",
                "--skip-name-resolve",
            ]
        )
        url = URL.create(_DRIVER, "warren", secrets.token_hex(16), LOOPBACK, self._ports.free())
        users = self._secret(
            "users.sql",
            f"CREATE USER 'warren'@'{LOOPBACK}' IDENTIFIED BY '{url.password}';\n"
            f"GRANT ALL ON *.* TO 'warren'@'{LOOPBACK}';\n"
            "DELETE FROM mysql.global_priv WHERE User = '';\n"
            "FLUSH PRIVILEGES;\n",
        )
        try:
            self._launch(
                [
                    server,
                    "--no-defaults",
                    f"--datadir={self._data}",
                    f"--bind-address={LOOPBACK}",
                    f"--port={url.port}",
                    f"--socket={self._folder}/socket",
                    f"--pid-file={self._folder}/pid",
                    "--skip-name-resolve",
                    "--innodb-flush-log-at-trx-commit=0",
                    "--character-set-server=utf8mb4",
                ],
                url,
                signal.SIGKILL,  # at once: the data are deleted anyway
                _product,
                f"--init-file={users}",
            )
        finally:
            users.unlink(missing_ok=True)


class MysqlDatabases(Databases):
    """A copy has the template's tables and rows, table by table: there is no other way here.

    Foreign keys are not copied; the contract's tables have none.
    """

    def __init__(self, address: DatabaseAddress, run: Run, owner: str) -> None:
        """Talk to the server at `address`."""
        super().__init__(address, run, owner)
        self._server = Server(parse(address.url, _DRIVER, ""))

    def _create(self, name: str) -> URL:
        self._server.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return self._server.url.set(database=name)

    def _seal(self, template: str) -> None:
        """Nothing to do."""

    def _copy(self, template: str, name: str) -> URL:
        url = self._create(name)
        for (table,) in self._server.execute(f"SHOW TABLES FROM `{template}`"):
            self._server.execute(f"CREATE TABLE `{name}`.`{table}` LIKE `{template}`.`{table}`")
            self._server.execute(
                f"INSERT INTO `{name}`.`{table}` SELECT * FROM `{template}`.`{table}`"  # noqa: S608 - names are our own or the template's
            )
        return url

    def _drop(self, name: str) -> None:
        _drop(self._server, name)

    def _close(self) -> None:
        self._server.close()


def drop_leftovers(address: DatabaseAddress, run_id: str) -> None:
    """Drop every database of a run, whoever made it. Raises DatabaseUnavailable."""
    with contextlib.closing(Server(parse(address.url, _DRIVER, ""))) as server:
        for (name,) in server.execute("SHOW DATABASES"):
            if name.startswith(name_prefix(run_id)):
                _drop(server, name)


def _drop(server: Server, name: str) -> None:
    server.execute(f"DROP DATABASE IF EXISTS `{name}`")


def _product(server: Server) -> str:
    version = str(server.execute("SELECT VERSION()")[0][0])
    kind = "MariaDB" if "MariaDB" in version else "MySQL"
    return f"{kind} {version.partition('-')[0]}"
