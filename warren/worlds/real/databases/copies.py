"""A template per program that makes tables, and a copy of it per case: what is the same for every kind of database."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

from warren.worlds.real.databases.address import DatabaseUrls
from warren.worlds.real.databases.case import CaseDatabase, open_engine
from warren.worlds.real.databases.schema import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL

    from warren.worlds.real.databases.address import DatabaseAddress
    from warren.worlds.real.runs.run import Run


def name_prefix(run_id: str) -> str:
    """Begin the name of every database that belongs to a run."""
    return f"warren_{run_id}_"


class Databases(ABC):
    """Makes templates and copies on the server for one process, and drops its copies."""

    def __init__(self, address: DatabaseAddress, run: Run, owner: str) -> None:
        """Name the copies after `run` and `owner`, the worker."""
        self._kind = address.kind
        self._run = run
        self._prefix = f"{name_prefix(run.id)}{owner.replace('-', '_')}_"
        self._count = 0
        self._open: list[CaseDatabase] = []

    def __enter__(self) -> Self:
        """End it with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Drop what is still there of this process's copies."""
        self.end()

    def prepare_template(
        self, name: str, migrate: Callable[[DatabaseUrls], None] | None = None
    ) -> None:
        """Make the template of that name, once per run whichever worker comes first.

        `migrate` makes the tables in the empty database it is given and closes its connections;
        without it the contract's two tables are made. What it raises is raised here.
        """
        template = self._template(name)

        def make() -> str:
            url = self._create(template)
            try:
                if migrate is None:
                    create_tables(url)
                else:
                    migrate(DatabaseUrls.of(url))
                self._seal(template)
            except BaseException:
                self._drop(template)
                raise
            return template

        self._run.once(f"{self._kind}-{template}", make)

    def create_copy(self, template: str) -> CaseDatabase:
        """Return a new database like the template of that name."""
        self._count += 1
        name = f"{self._prefix}{self._count}"
        copy = CaseDatabase(name, self._copy(self._template(template), name))
        self._open.append(copy)
        return copy

    def drop(self, copy: CaseDatabase) -> None:
        """Delete the database, whoever is still connected to it."""
        copy.close()
        self._drop(copy.name)
        self._open.remove(copy)

    def disconnect(self) -> None:
        """Close the connections to the server; the next statement opens one again."""
        self._close()

    def end(self) -> None:
        """Drop this process's copies that are still there and close all connections."""
        for copy in tuple(self._open):
            self.drop(copy)
        self._close()

    def _template(self, name: str) -> str:
        """Name a template; hashed, because servers limit the length of names."""
        digest = hashlib.sha256(name.encode()).hexdigest()[:12]
        return f"{name_prefix(self._run.id)}template_{digest}"

    @abstractmethod
    def _create(self, name: str) -> URL:
        """Make an empty database."""

    @abstractmethod
    def _seal(self, template: str) -> None:
        """Bring a template that is complete into the state that is copied."""

    @abstractmethod
    def _copy(self, template: str, name: str) -> URL:
        """Make a database like the template."""

    @abstractmethod
    def _drop(self, name: str) -> None:
        """Delete a database; no error if it is gone."""

    @abstractmethod
    def _close(self) -> None:
        """Close the connections to the server."""


def create_tables(url: URL) -> None:
    """Make the contract's two tables."""
    engine = open_engine(url)
    try:
        METADATA.create_all(engine)
    finally:
        engine.dispose()
