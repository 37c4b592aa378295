"""What programs that were not written for Warren are told: the values of `{amqp_url}` and the like in their own words.

Their command, environment and templates have places for them, and nothing else is passed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import make_url

from warren.errors import InstanceError, SetupError
from warren.worlds.real.directories import make_place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from warren.claims.implementation import Program
    from warren.worlds.real.databases import DatabaseUrls

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_PATH: Final = "database_path"
"""The word that only SQLite has a value for."""
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Placeholders:
    """Values by their names; what has another name stays as it is, since a text may have braces of its own."""

    values: Mapping[str, str]

    def fill(self, text: str) -> str:
        """Put the values into a text. Raises `SetupError` for the path of a database that is no file."""
        if _PATH not in self.values and f"{{{_PATH}}}" in text:
            raise SetupError(
                f"{{{_PATH}}} has no value: the database of this run is no file",
                where=f"the text {text[:_SHOWN]!r}",
                what_to_do="run it with --database sqlite, or write {database_url} or its parts",
            )
        return _PLACE.sub(lambda found: self.values.get(found[1], found[0]), text)

    def filled(self, program: Program, directory: Path) -> Program:
        """Give the program as it is started in a directory, with nothing left to fill in."""
        return replace(
            program,
            argv=tuple(map(self.fill, program.argv)),
            environment={name: self.fill(text) for name, text in program.environment.items()},
            directory=directory,
        )

    def write_templates(self, program: Program, directory: Path) -> None:
        """Make the files that a program reads, from its templates, in that directory.

        Raises `InstanceError` where one cannot be read or made.
        """
        for made, source in program.templates.items():
            try:
                text = (program.directory / source).read_text(encoding="utf-8")
                make_place(directory, made).write_text(self.fill(text), encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise InstanceError(
                    f"the template {source} cannot be filled in: {error}",
                    where=f"templates of a program in {program.directory}",
                    what_to_do="name a text file that can be read, and a place for it in the directory",
                ) from error


def of_broker(url: str) -> dict[str, str]:
    """Give what an AMQP URL says, as a whole and in its parts."""
    parts = urlsplit(url)
    login = {
        "host": parts.hostname or "",
        "port": str(parts.port or ""),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
    }
    named = {f"amqp_{name}": value for name, value in login.items()}
    return {**login, **named, "vhost": unquote(parts.path[1:]), "amqp_url": url, "url": url}


def of_database(urls: DatabaseUrls) -> dict[str, str]:
    """Give where a database is, in the forms that libraries read; SQLite's has a path, too."""
    url = make_url(urls.url)
    plain = url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)
    path = {} if urls.host else {_PATH: urls.name}
    return {
        **path,
        "database_url": plain,
        "sqlalchemy_url": urls.url,
        "jdbc_url": urls.jdbc,
        "dsn": urls.dsn,
        "database_host": urls.host,
        "database_port": urls.port,
        "database_name": urls.name,
        "database_user": urls.user,
        "database_password": urls.password,
    }


def of_services(places: Mapping[str, tuple[str, int]]) -> dict[str, str]:
    """Give where each service is that the manifest names, `{NAME_host}` and `{NAME_port}`, by host and port."""
    hosts = {f"{name}_host": host for name, (host, _) in places.items()}
    return {**hosts, **{f"{name}_port": str(port) for name, (_, port) in places.items()}}


def of_contract(variables: Mapping[str, str]) -> dict[str, str]:
    """Give what the rig wants of an instance: `{prefetch}` is WARREN_PREFETCH."""
    prefix = "WARREN_"
    return {
        name.removeprefix(prefix).lower(): value
        for name, value in variables.items()
        if name.startswith(prefix)
    }
