"""Choosing a database by the value of `--database`, and reaching the one of a run by its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warren.errors import OptionError
from warren.worlds.real.databases import mysql, postgresql
from warren.worlds.real.databases.address import DatabaseAddress
from warren.worlds.real.databases.mysql import MysqlDatabase, MysqlDatabases
from warren.worlds.real.databases.postgresql import (
    PostgresqlDatabase,
    PostgresqlDatabases,
    binaries,
)
from warren.worlds.real.databases.sqlite import SqliteDatabase, SqliteDatabases

if TYPE_CHECKING:
    from warren.worlds.real.databases.copies import Databases
    from warren.worlds.real.databases.protocol import Database
    from warren.worlds.real.runs.run import Run

FORMS = "auto, sqlite, postgresql[:URL] or mysql[:URL]"


def choose(option: str, *, bare: bool = False) -> Database:
    """Return the database that `option` names, checked as far as that goes without starting it.

    `auto` is PostgreSQL where its server is installed, else SQLite; in a `bare` run, beside
    the embedded broker, it is SQLite whatever is installed. Raises OptionError for a value
    that means nothing, DatabaseUnavailable for one that cannot be had here.
    """
    kind, _, rest = option.partition(":")
    if rest.startswith("//"):  # a URL alone says its kind itself
        rest = option
    if kind == "auto" and not rest:
        return PostgresqlDatabase.choose("") if binaries() and not bare else SqliteDatabase()
    if kind == "sqlite" and not rest:
        return SqliteDatabase()
    if kind == "postgresql":
        return PostgresqlDatabase.choose(rest)
    if kind == "mysql":
        return MysqlDatabase.choose(rest)
    raise OptionError(f"{kind!r} is no kind of database", "--database", f"give {FORMS}")


def attach(address: DatabaseAddress, run: Run, owner: str = "main") -> Databases:
    """Return what this process makes and drops databases with, at `address`; `owner` tells workers apart."""
    kinds: dict[str, type[SqliteDatabases | PostgresqlDatabases | MysqlDatabases]] = {
        "sqlite": SqliteDatabases,
        "postgresql": PostgresqlDatabases,
        "mysql": MysqlDatabases,
    }
    return kinds[address.kind](address, run, owner)


def remove_leftovers(kind: str, facts: dict[str, Any], run_id: str) -> None:
    """Take back what a dead run noted on a server of `kind`. Raises DatabaseUnavailable where it does not."""
    address = DatabaseAddress.from_json(facts)
    if kind == "postgresql":
        postgresql.drop_leftovers(address, run_id)
    elif kind == "mysql":
        mysql.drop_leftovers(address, run_id)
