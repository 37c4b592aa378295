"""What a consumer in a container has to be told, beside what the names in its own variables lead to already.

In its network the names of other services lead to the case's lines, and so does the host of every URL of a broker or a
database; vhost and login of a broker are put right on the way. A database's login and name are not, unless they stand
in a URL of a service.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from warren.learning.addresses import database_in, of_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from warren.learning.addresses import Address

_LOGINS: Final = ("{database_user}", "{database_password}", "{database_name}")
_HOSTS: Final = ("{amqp_host}", "{database_host}")
_SERVERS: Final = ("rabbitmq", "postgres", "postgis", "mysql", "mariadb", "redis")
"""Images, by the ends of their names, that are no consumers."""
_INITIAL: Final = "/docker-entrypoint-initdb.d/"
"""Where the images of databases look for what makes their tables."""


@dataclass(frozen=True, slots=True)
class ComposeFile:
    """The services of a Compose file, as Compose reads it."""

    services: Mapping[str, Mapping[str, Any]]

    @property
    def candidates(self) -> tuple[str, ...]:
        """The services that may be the consumer; all of them, where none looks so."""
        others = [
            name
            for name, service in self.services.items()
            if not _name(str(service.get("image", ""))).endswith(_SERVERS)
        ]
        return tuple(others or self.services)

    def environment(self, name: str) -> dict[str, str]:
        """Give the variables of a service."""
        variables = self.services[name].get("environment") or {}
        return {key: str(value) for key, value in variables.items() if value is not None}

    def to_be_told(self, name: str) -> dict[str, Address]:
        """Give the variables of a service that do not lead to the case by themselves."""
        peers = [service for service in self.services if service != name]
        found = of_variables(self.environment(name))
        return {key: one for key, one in found.items() if _is_to_be_told(one, peers)}

    def database(self, name: str) -> str:
        """Name the database that a service seems to use; "" where nothing says it."""
        images = (str(service.get("image", "")) for service in self.services.values())
        return database_in((*self.environment(name).values(), *images))

    def schemas(self, folder: Path) -> tuple[Path, ...]:
        """Give the SQL of a folder that the image of a database runs when it is new."""
        return tuple(dict.fromkeys(self._scripts(folder.resolve())))

    def _scripts(self, folder: Path) -> Iterator[Path]:
        for service in self.services.values():
            for volume in service.get("volumes") or ():
                source, target = _ends(volume)
                path = Path(source)
                is_inside = path.is_absolute() and path.resolve().is_relative_to(folder)
                if target.startswith(_INITIAL) and path.suffix == ".sql" and is_inside:
                    yield path


def _is_to_be_told(address: Address, peers: list[str]) -> bool:
    """Whether a value is to be replaced: a login of a database, or a host that is no service, in a URL or alone."""
    value = address.value or ""
    if address.replacement in _LOGINS:
        return True
    if any(re.search(rf"(?<![\w.-]){re.escape(peer)}(?![\w.-])", value) for peer in peers):
        return False
    is_host = address.replacement in _HOSTS
    return is_host or ("://" in value and "{amqp_url}" not in address.replacement)


def _name(image: str) -> str:
    """Name an image without its registry and its tag."""
    return image.rpartition("/")[2].partition(":")[0]


def _ends(volume: str | Mapping[str, Any]) -> tuple[str, str]:
    """Give source and target of a mount, of either form that Compose writes."""
    if isinstance(volume, str):
        source, _, rest = volume.partition(":")
        return source, rest.partition(":")[0]
    return str(volume.get("source") or ""), str(volume.get("target") or "")
