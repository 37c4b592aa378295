"""`warren new`: write a consumer that holds everything it claims, in a folder of its own, for people who begin.

Its files are in `starters`: those of a language beside those of all, with `@@name` and the like where facts go.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

import click

from warren.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST: Final = 40
_URL: Final = "postgresql://me:secret@localhost/@@name"
_CLAIMS: Final = (
    "no-loss",
    "effect-once",
    "heartbeat-safe",
    "single-flight",
    "fair-dispatch",
    "keeps-prefetch",
    "keeps-concurrency",
    "rejects-malformed",
    "rejects-misshapen",
    "takes-any-input",
    "survives-poison",
    "graceful-stop",
    "survives-broker-restart",
    "survives-connection-loss",
    "survives-redeploy",
    "survives-cancel",
    "survives-channel-close",
    "survives-blocked",
    "survives-database-loss",
    "durable-topology",
)


@dataclass(frozen=True, slots=True)
class _Language:
    """What is said of a language in files that all have."""

    name: str
    library: str
    command: tuple[str, ...]
    variable: str = "DATABASE_URL"
    place: str = "{database_url}"
    example: str = _URL
    denies: tuple[str, ...] = ()


LANGUAGES: Final[Mapping[str, _Language]] = {
    "python": _Language("Python 3", "pika and psycopg", (".venv/bin/python", "consumer.py")),
    "node": _Language("Node 20", "amqplib and pg", ("node", "consumer.js")),
    "go": _Language("Go 1.25", "amqp091-go and pgx", ("./bin/consumer",)),
    "java": _Language(
        "Java 17",
        "amqp-client, HikariCP and JDBC",
        ("java", "-cp", "target/consumer.jar:target/lib/*", "com.example.Main"),
        place="{jdbc_url}",
        example="jdbc:postgresql://localhost/@@name?user=me&password=secret",
    ),
    "php": _Language(
        "PHP 8",
        "php-amqplib and PDO",
        ("php", "consumer.php"),
        variable="DATABASE_DSN",
        place="{dsn}",
        example="pgsql:host=localhost;dbname=@@name;user=me;password=secret",
        # PHP has one thread: nothing is sent, and no other message worked on, while it waits for its database.
        denies=("heartbeat-safe", "single-flight", "keeps-concurrency"),
    ),
}


class _Places(Template):
    """Texts in which `@@name` is a place: `$` is a letter of most of these languages."""

    delimiter = "@@"


@click.command()
@click.argument("name")
@click.option("--language", type=click.Choice(list(LANGUAGES)), required=True)
def command(name: str, language: str) -> None:
    """Write a consumer that holds everything it claims, into the folder NAME.

    It consumes the queue NAME and leaves rows in PostgreSQL; its warren.toml says what it guarantees.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise OptionError(
            f"{name!r} is no name: a folder, a queue and a package will have it",
            "NAME",
            f"use a-z, 0-9 and '-' between them, {_LONGEST} letters at most, such as `orders`",
        )
    folder = Path(name)
    written = write(folder, name, language)
    click.echo(f"written: {', '.join(written)} in {folder}/")
    click.echo(
        f"next: cd {folder} && make install && warren smoke warren.toml --database postgresql"
    )


def write(folder: Path, name: str, language: str) -> list[str]:
    """Write the files; give their paths. Raises `OptionError` where something is there already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OptionError("it is there already", str(folder), "choose another name, or empty it")
    facts = _facts(name, LANGUAGES[language])
    starters = files("warren.command") / "starters"
    written = []
    try:
        for part in ("shared", language):
            for path, source in starter_files(starters / part):
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(_Places(source.read_text("utf-8")).substitute(facts), "utf-8")
                written.append(path)
    except OSError as error:
        raise OptionError(f"it cannot be written: {error.strerror}", str(folder)) from error
    return sorted(written)


def starter_files(folder: Traversable, under: str = "") -> Iterator[tuple[str, Traversable]]:
    """Give the files of a folder and those within, with their paths in it."""
    for entry in folder.iterdir():
        path = f"{under}{entry.name}"
        if entry.name == "__pycache__":  # an installation compiles what it finds
            continue
        if entry.is_dir():
            yield from starter_files(entry, f"{path}/")
        else:
            yield path, entry


def _facts(name: str, language: _Language) -> dict[str, str]:
    """Give what stands in the places; texts of a language may have the name in them."""
    claims = (claim for claim in _CLAIMS if claim not in language.denies)
    return {
        "name": name,
        "language": language.name,
        "library": language.library,
        "command": json.dumps(language.command),  # a list of TOML as well
        "run": " ".join(f"'{word}'" if "*" in word else word for word in language.command),
        "variable": language.variable,
        "place": language.place,
        "example": _Places(language.example).substitute(name=name),
        "claims": "".join(f'    "{claim}",\n' for claim in claims),
        "denies": ", ".join(f'"{guarantee}"' for guarantee in language.denies),
    }
