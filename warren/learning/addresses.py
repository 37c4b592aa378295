"""Where a program is told of its broker, its database and what it calls, and what stands there in a case.

A value is known by its form (a URL) or by its name (`RABBITMQ_HOST`). Finding files is `search`'s matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from warren.evidence.text import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_BROKER_URL: Final = re.compile(r"(?:py|lib)?amqps?://[^\s\"'<>,;]+")
_DATABASE_URL: Final = re.compile(
    r"(?P<jdbc>jdbc:)?(?P<scheme>postgres(?:ql)?|mysql|mariadb|sqlite)(?P<driver>\+\w+)?:[^\s\"'<>,]+"
)
_LIBPQ: Final = re.compile(r"(?:\b(?:host|port|dbname|user|password)=\S+\s*){2,}")
_FIXED: Final = re.compile(r"\b5672\b|amqps?://|[\"'`](?:localhost|rabbitmq|127\.0\.0\.1)[\"'`:]")
_LIBRARY: Final = re.compile(
    r"\b(?P<scheme>psycopg|asyncpg|pgx|postgres|pgsql|pymysql|mysql|mariadb|sqlite)", re.IGNORECASE
)
_DATABASE_KINDS: Final = {
    **dict.fromkeys(("postgres", "postgresql", "psycopg", "asyncpg", "pgx", "pgsql"), "postgresql"),
    **dict.fromkeys(("mysql", "pymysql", "mariadb"), "mysql"),
    "sqlite": "sqlite",
}
_PARTS: Final = {
    "url": ("url", "uri", "dsn", "connection"),
    "host": ("host", "hostname", "address", "server"),
    "port": ("port",),
    "user": ("user", "username", "login"),
    "password": ("password", "passwd", "pass", "pwd"),
    "vhost": ("vhost", "virtualhost"),
    "name": ("name", "database", "dbname", "db"),
}
_BROKER_WORDS: Final = {"amqp", "amqps", "rabbit", "rabbitmq", "broker", "mq", "cloudamqp"}
_DATABASE_WORDS: Final = {
    *("database", "datasource", "db", "pg", "pgsql", "postgres", "postgresql", "mysql", "mariadb"),
    *("sql", "jdbc"),
}
_CALLED: Final = {"api", "endpoint"}
_BROKER: Final = {
    **{part: f"{{amqp_{part}}}" for part in ("url", "host", "port", "user", "password")},
    "vhost": "{vhost}",
}
_DATABASE: Final = {
    part: f"{{database_{part}}}" for part in ("url", "host", "port", "user", "password", "name")
}
_WORD: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_SECTION: Final = re.compile(r"\s*\[+([^\]]+)\]+\s*")
_SETTING: Final = re.compile(
    r"(?P<indent>\s*)(?:- |export )?[\"']?(?P<key>[A-Za-z_][\w.\-]*)[\"']?\s*[:=]\s*(?P<value>.*?)[\s,]*"
)
_READ: Final = re.compile(
    r"(?:environ(?:\.get)?\s*[\[(]|getenv\s*\(|process\.env(?:\.|\[)|\bENV(?:\.fetch\(|\[)|"
    r"env::var(?:_os)?\(|LookupEnv\(|Getenv\()\s*[\"'`]?([A-Z][A-Z0-9_]+)"
)
"""How programs of several languages read a variable of their environment."""


@dataclass(frozen=True, slots=True)
class Address:
    """A value that names a broker, a database or what is called, and what is put in its place.

    `value` is None where only its name is known, which stands in the program's source.
    """

    name: str
    value: str | None
    replacement: str

    def __str__(self) -> str:
        """Show it, without a password."""
        if self.value is None:
            return f"{self.name} (read by its source) = {self.replacement}"
        shown = "…" if _part(_words(self.name)) == "password" else redact(self.value, ())
        return f"{self.name} = {shown} -> {self.replacement}"


def of_value(name: str, value: str | None) -> Address | None:
    """Say what is to stand in the place of a value; None where it is no address."""
    if value is not None and (replaced := _with_urls_replaced(value)) != value:
        return Address(name, value, replaced)
    if value == "":
        return None
    replacement = _by_name(name)
    return Address(name, value, replacement) if replacement else None


def of_variables(variables: Mapping[str, str]) -> dict[str, Address]:
    """Give the addresses among variables."""
    found = (of_value(name, value) for name, value in variables.items())
    return {address.name: address for address in found if address is not None}


def read_by(source: str) -> set[str]:
    """Give the names of the variables that a source file reads from its environment."""
    return set(_READ.findall(source))


def fixed_in(source: str) -> tuple[int, ...]:
    """Give the lines of a source file in which a broker's address seems to stand."""
    lines = enumerate(source.splitlines(), start=1)
    return tuple(number for number, line in lines if _FIXED.search(line))


def database_in(texts: Iterable[str]) -> str:
    """Name the database that texts speak of: one by its URL before one by a library's name; "" for none."""
    texts = tuple(texts)
    for pattern in (_DATABASE_URL, _LIBRARY):
        for text in texts:
            if found := pattern.search(text):
                return _DATABASE_KINDS[found["scheme"].lower()]
    return ""


def in_command(word: str) -> str:
    """Give a word of a command with its URLs replaced."""
    return _with_urls_replaced(word)


def in_file(text: str) -> tuple[str, tuple[Address, ...]]:
    """Give a configuration file with its addresses replaced, and those: INI, TOML, YAML, JSON, properties.

    It is read line by line, as a person reads it; the section of a setting is part of its name.
    """
    lines, found = [], []
    for line, name, value in _settings(text):
        address = of_value(name, value) if value else None
        if address is not None and "{" not in (address.value or ""):
            before, _, after = line.rpartition(value)
            line = f"{before}{address.replacement}{after}"  # noqa: PLW2901 - as it is to be written
            found.append(address)
        lines.append(line)
    return "".join(lines), tuple(found)


def variables_of(text: str) -> dict[str, str]:
    """Read a `.env` file."""
    return {name: value for _, name, value in _settings(text) if value}


def variables_in_compose(text: str) -> dict[str, str]:
    """Read the variables of all services of a Compose file, line by line."""
    found = ((name.rpartition(".environment."), value) for _, name, value in _settings(text))
    return {key: value for (_, inside, key), value in found if inside and value}


def _settings(text: str) -> Iterator[tuple[str, str, str]]:
    """Give each line, the name of what it sets, and the value without its quotes; both "" for other lines."""
    section, above = "", list[tuple[int, str]]()
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith(("#", ";", "//")):
            yield line, "", ""
        elif found := _SECTION.fullmatch(line):
            section, above = found[1], []
            yield line, "", ""
        elif found := _SETTING.fullmatch(line.rstrip("\r\n")):
            indent, value = len(found["indent"]), found["value"].strip("\"'")
            above = [(width, key) for width, key in above if width < indent]
            name = ".".join(filter(None, (section, *(key for _, key in above), found["key"])))
            above.append((indent, found["key"]))
            yield line, name, "" if value in ("{", "[") else value
        else:
            yield line, "", ""


def _with_urls_replaced(value: str) -> str:
    value = _BROKER_URL.sub("{amqp_url}", value)
    value = _DATABASE_URL.sub(_database_url, value)
    return _LIBPQ.sub(
        "host={database_host} port={database_port} dbname={database_name}"
        " user={database_user} password={database_password}",
        value,
    )


def _database_url(found: re.Match[str]) -> str:
    if found["jdbc"]:
        return "{jdbc_url}"
    if found["driver"] and found["scheme"] != "sqlite":
        login = "{database_user}:{database_password}@{database_host}:{database_port}"
        return f"{found['scheme']}{found['driver']}://{login}/{{database_name}}"
    if found["driver"]:
        return f"sqlite{found['driver']}:///{{database_name}}"
    return "{database_url}"


def _by_name(name: str) -> str:
    words = _words(name)
    part = _part(words)
    if {*words} & _BROKER_WORDS and "management" not in words:
        return _BROKER.get(part, "")
    if {*words} & _DATABASE_WORDS:
        return "{jdbc_url}" if "jdbc" in words and part == "url" else _DATABASE.get(part, "")
    is_called = {*words} & _CALLED and (part == "url" or words[-1] in (*_CALLED, "base"))
    return "{http_stub_url}" if is_called else ""


def _words(name: str) -> list[str]:
    words = [word.lower() for word in _WORD.findall(name)]
    if len(words) == 1 and words[0].startswith("pg"):  # PGHOST, as libpq has it
        words = ["pg", words[0][2:]]
    if words[-2:] == ["virtual", "host"]:
        words[-2:] = ["virtualhost"]
    return words


def _part(words: list[str]) -> str:
    last = words[-1] if words else ""
    return next((part for part, names in _PARTS.items() if last in names), "")
