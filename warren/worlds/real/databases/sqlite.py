"""SQLite: files in a folder of the run."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL

from warren.errors import DatabaseUnavailable
from warren.worlds.real.databases.address import DatabaseAddress
from warren.worlds.real.databases.copies import Databases
from warren.worlds.real.runs.folders import disk_trouble

if TYPE_CHECKING:
    from warren.worlds.real.runs.run import Run


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """SQLite, which is always there."""

    @property
    def option(self) -> str:
        """The value of `--database`."""
        return "sqlite"

    @property
    def can_restart(self) -> bool:
        """There is no server."""
        return False

    def start(self, run: Run) -> SqliteFolder:
        """Make the folder for the files."""
        return SqliteFolder(run)


class SqliteFolder:
    """The folder of all SQLite files of a run."""

    def __init__(self, run: Run) -> None:
        """Make it."""
        self._folder = run.data_folder("sqlite")
        self.address = DatabaseAddress(
            "sqlite", str(self._folder), f"SQLite {sqlite3.sqlite_version}"
        )

    def stop(self) -> None:
        """Delete it."""
        shutil.rmtree(self._folder, ignore_errors=True)


class SqliteDatabases(Databases):
    """A database is a file; a copy of a template is a copy of its file."""

    def __init__(self, address: DatabaseAddress, run: Run, owner: str) -> None:
        """Work in the folder at `address`."""
        super().__init__(address, run, owner)
        self._folder = Path(address.url)

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.sqlite"

    def _url(self, name: str) -> URL:
        return URL.create("sqlite", database=str(self._file(name)))

    def _create(self, name: str) -> URL:
        """Begin in WAL mode, which the file keeps: readers and one writer do not wait."""
        try:
            with contextlib.closing(sqlite3.connect(self._file(name))) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.Error as error:
            raise DatabaseUnavailable(str(error), str(self._file(name))) from error
        return self._url(name)

    def _seal(self, template: str) -> None:
        """Move everything from the log into the file itself."""
        with contextlib.closing(sqlite3.connect(self._file(template))) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _copy(self, template: str, name: str) -> URL:
        try:
            shutil.copyfile(self._file(template), self._file(name))
        except OSError as error:
            raise disk_trouble(error, self._file(name)) from error
        return self._url(name)

    def _drop(self, name: str) -> None:
        for suffix in ("", "-wal", "-shm", "-journal"):
            path = Path(f"{self._file(name)}{suffix}")
            try:
                _delete(path)
            except OSError as error:
                raise disk_trouble(error, path) from error

    def _close(self) -> None:
        """Nothing is kept open."""


def _delete(path: Path) -> None:
    """Delete what is there, also where an implementation put a folder in a file's place."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
