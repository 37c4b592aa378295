"""The addresses in the values of a container's environment: where they lead, and where they are to lead.

What a URL calls the broker is the way to the case's broker, whatever its name and port. A URL of a database gets the
case's login and name besides, since nothing on the way to a database changes these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from warren.worlds.real.databases import DatabaseUrls

_URL: Final = re.compile(
    r"(?P<scheme>(?:jdbc:)?[a-z][a-z0-9]*)(?P<driver>\+[a-z0-9]+)?://(?:(?P<login>[^\s/@]*)@)?"
    r"(?P<host>[A-Za-z0-9_.-]+)(?::(?P<port>\d+))?(?P<name>/[A-Za-z0-9_.-]*)?"
)
_BROKERS: Final = {"amqp", "pyamqp"}
_DATABASES: Final = {"postgresql", "postgres", "mysql", "mariadb"}
_JDBC: Final = "jdbc:"
_HTTP_PORT: Final = 80
_AMQP_PORT: Final = 5672
_LAST_PORT: Final = 65535


@dataclass(slots=True)
class Addresses:
    """Names that must lead to an instance's lines, and the ports that it will ask for."""

    broker_port: int = _AMQP_PORT
    database_port: int | None = None
    http_ports: set[int] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


def found_in(environment: Mapping[str, str], peers: Collection[str]) -> Addresses:
    """Look through the values for URLs. HTTP leads to the stub where its host is one of the peers."""
    found = Addresses(names={*peers})
    for value in environment.values():
        for url in _URL.finditer(value):
            _take_in(found, url, peers)
    return found


def _take_in(found: Addresses, url: re.Match[str], peers: Collection[str]) -> None:
    scheme, host = url["scheme"].removeprefix(_JDBC), url["host"]
    port = int(url["port"]) if url["port"] else None
    if scheme in _BROKERS:
        found.broker_port = port or found.broker_port
    elif scheme in _DATABASES:
        found.database_port = port or found.database_port
    elif scheme == "http" and host in peers:
        found.http_ports.add(port or _HTTP_PORT)
    else:
        return
    found.names.add(host)


def ports_of(name: str, environment: Mapping[str, str]) -> set[int]:
    """Find the ports at which the values look for a host of that name: `redis:6379`, in a URL or alone."""
    place = re.compile(rf"(?<![\w.-]){re.escape(name)}:(\d{{1,5}})(?!\d)")
    ports = (int(found[1]) for text in environment.values() for found in place.finditer(text))
    return {port for port in ports if 0 < port <= _LAST_PORT}


def with_database(text: str, urls: DatabaseUrls, peers: Collection[str]) -> str:
    """Put the case's database into each URL of one whose host is one of the peers."""

    def put(url: re.Match[str]) -> str:
        is_jdbc = url["scheme"].startswith(_JDBC)
        if url["scheme"].removeprefix(_JDBC) not in _DATABASES or url["host"] not in peers:
            return url[0]
        login = f"{quote(urls.user, safe='')}:{quote(urls.password, safe='')}@"
        port = f":{url['port']}" if url["port"] else ""
        scheme = f"{url['scheme']}{url['driver'] or ''}"
        return f"{scheme}://{'' if is_jdbc else login}{url['host']}{port}/{urls.name}"

    return _URL.sub(put, text)
