"""What PostgreSQL and MariaDB have in common: statements to a server, and servers not our own."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import sqlalchemy
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from warren.errors import DatabaseUnavailable, OptionError
from warren.worlds.real.databases.address import DatabaseAddress
from warren.worlds.real.databases.case import first_line, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from sqlalchemy import URL, Row

    from warren.worlds.real.runs.run import Run


def parse(text: str, drivername: str, database: str) -> URL:
    """Read a person's URL. Raises OptionError, which never repeats it: it holds a password."""
    kind = drivername.partition("+")[0]
    trouble = OptionError(
        f"this is no {kind} URL that Warren understands",
        "--database",
        f"give {kind}:{kind}://USER:PASSWORD@HOST[:PORT][/DATABASE]",
    )
    try:
        url = sqlalchemy.make_url(text)
    except (ArgumentError, ValueError) as error:
        raise trouble from error
    if url.drivername.partition("+")[0] != kind or not url.host:
        raise trouble
    return url.set(drivername=drivername, database=url.database or database)


class Server:
    """A connection to a database server for statements outside any transaction."""

    def __init__(self, url: URL) -> None:
        """Connect when the first statement comes."""
        self.url = url
        self._engine = open_engine(url, isolation_level="AUTOCOMMIT")

    @property
    def place(self) -> str:
        """Where it is, for an error's sentence."""
        return f"database server {self.url.host}:{self.url.port}"

    def execute(self, statement: str) -> Sequence[Row[Any]]:
        """Run one statement and return its rows, if it has any. Raises DatabaseUnavailable."""
        try:
            with self._engine.connect() as connection:
                result = connection.exec_driver_sql(statement)
                return result.all() if result.returns_rows else ()
        except SQLAlchemyError as error:
            raise self._sentence(error) from error

    def answers(self) -> bool:
        """Whether a statement gets through."""
        with contextlib.suppress(DatabaseUnavailable):
            self.execute("SELECT 1")
            return True
        return False

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()

    def _sentence(self, error: SQLAlchemyError) -> DatabaseUnavailable:
        """Tell a refused password, a full disk and a server that is not there from the rest."""
        said = first_line(error)
        if "password authentication failed" in said or "Access denied" in said:
            return DatabaseUnavailable(
                f"user {self.url.username!r} or its password was refused",
                self.place,
                "give the right ones",
            )
        if "No space left" in said or "could not extend" in said:
            return DatabaseUnavailable("no space is left on its disk", self.place, "free some")
        if "permission denied to create database" in said:
            return DatabaseUnavailable(
                f"user {self.url.username!r} may not create databases",
                self.place,
                f"run ALTER ROLE {self.url.username} CREATEDB, or give another user",
            )
        return DatabaseUnavailable(
            f"it does not answer or refused ({said})", self.place, "check that it runs there"
        )


class UsedServer:
    """A server that is not ours, while a run uses it."""

    def __init__(
        self,
        url: URL,
        default_port: int,
        run: Run,
        product: Callable[[Server], str],
        drop_leftovers: Callable[[DatabaseAddress, str], None],
    ) -> None:
        """Reach it and note it in the run's journal."""
        self._run_id = run.id
        self._drop_leftovers = drop_leftovers
        kind = url.get_backend_name()
        with contextlib.closing(Server(url)) as server:
            name = product(server)
        place = f"{url.host}:{url.port or default_port}"
        self.address = DatabaseAddress(
            kind, url.render_as_string(hide_password=False), f"{name} (existing, {place})"
        )
        run.note(kind, self.address.to_json())

    def stop(self) -> None:
        """Drop every database of the run."""
        self._drop_leftovers(self.address, self._run_id)
