"""Looks for addresses where a program may read them: its environment, `.env`, Compose and other files, its source.

It reads files of the program's directory and of nothing else, and none that is large.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from warren.claims.own_words import OF_BROKER
from warren.learning.addresses import (
    Address,
    database_in,
    fixed_in,
    in_command,
    in_file,
    of_value,
    of_variables,
    read_by,
    variables_in_compose,
    variables_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_CONFIGURATION: Final = {".ini", ".cfg", ".conf", ".toml", ".yaml", ".yml", ".json", ".properties"}
_SOURCE: Final = {
    *(".py", ".js", ".mjs", ".cjs", ".ts", ".go", ".rb", ".php", ".java", ".kt", ".rs"),
    *(".cs", ".ex", ".exs", ".sh"),
}
_NOT_ITS_OWN: Final = {
    *("package.json", "package-lock.json", "tsconfig.json", "composer.json", "pyproject.toml"),
    *("Cargo.toml", "warren.toml", "setup.cfg", "tox.ini", "pytest.ini"),
}
_PASSED_BY: Final = {
    *("node_modules", "vendor", "target", "dist", "build", "venv", "__pycache__", "test", "tests"),
}
_MOST_FILES: Final = 400
_SHOWN: Final = 3
_MOST_OCTETS: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the program could be told: its command, variables, and files made from templates (file: text)."""

    command: tuple[str, ...]
    variables: dict[str, Address] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    in_files: tuple[tuple[str, Address], ...] = ()
    """The addresses of the templates, each with its file."""
    also_read: tuple[str, ...] = ()
    """Variables that its source reads as well, which are no addresses."""
    fixed: tuple[str, ...] = ()
    """Where an address of a broker seems to stand in its source."""
    database: str = ""
    """Which database it seems to use: postgresql, mysql or sqlite; "" where nothing says it."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.variables or self.templates or self.has_words)

    @property
    def has_words(self) -> bool:
        """Whether its command has a place."""
        return any("{" in word for word in self.command)

    @property
    def also_needed(self) -> str:
        """Say what its source reads that nobody proposes, and how it is passed."""
        file = (
            ", the path of its SQLite file as {database_path}" if self.database == "sqlite" else ""
        )
        names = ", ".join(self.also_read)
        return f"its source also reads {names}; pass what it needs by --env NAME=TEXT{file}"

    def beside(self, environment: Mapping[str, str], command: Sequence[str]) -> Proposal:
        """Leave out what a person tells it by variables; files and words only where those do not name its broker."""
        kept = replace(
            self,
            variables={n: a for n, a in self.variables.items() if n not in environment},
            also_read=tuple(name for name in self.also_read if name not in environment),
        )
        told = " ".join(environment.values())
        if any(f"{{{word}}}" in told for word in OF_BROKER):
            return replace(kept, command=tuple(command), templates={}, in_files=())
        return kept

    def lines(self) -> Iterator[str]:
        """Show what is proposed, a line each."""
        yield from (f"environment: {address}" for address in self.variables.values())
        yield from (f"{file}: {address}" for file, address in self.in_files)
        yield from (f"command: {word}" for word in self.command if "{" in word)


def propose(directory: Path, command: Sequence[str], environment: Mapping[str, str]) -> Proposal:
    """Look for what a program in a directory could be told."""
    files = list(_files(directory))
    texts = {file: _text(file) for file in files}
    source = {name for f in files if f.suffix in _SOURCE for name in read_by(texts[f])}
    variables = {
        name: address
        for name in sorted(source)
        if (address := of_value(name, environment.get(name))) is not None
    }
    dotenv = variables_of(_text(directory / ".env"))
    variables |= of_variables(dotenv)
    around = dict(environment)
    for name in _COMPOSE:
        around |= variables_in_compose(_text(directory / name))
    variables |= {  # what its source does not read by name is one by its form alone
        name: address
        for name, address in of_variables(around).items()
        if name in source or of_value("", around[name])
    }
    templates, in_files = {}, []
    for file in files:
        if file.suffix in _CONFIGURATION and file.name not in (*_NOT_ITS_OWN, *_COMPOSE):
            text, found = in_file(texts[file])
            if found and not _ASYNCAPI.search(texts[file]):
                name = file.relative_to(directory).as_posix()
                templates[name] = text
                in_files += [(name, address) for address in found]
    return Proposal(
        tuple(map(in_command, command)),
        variables,
        templates,
        tuple(in_files),
        tuple(sorted(source - variables.keys() - _USUAL)),
        tuple(
            f"{file.relative_to(directory)} line {line}"
            for file in files
            if file.suffix in _SOURCE
            for line in fixed_in(texts[file])
        )[:_SHOWN],
        database_in((*command, *dotenv.values(), *environment.values(), *texts.values())),
    )


_ASYNCAPI: Final = re.compile(r"""^[\s{]*["']?asyncapi["']?\s*:""", re.MULTILINE)
"""A document that describes it, with a `vhost` that is no address of its own."""
_COMPOSE: Final = tuple(
    f"{name}.{ending}" for name in ("docker-compose", "compose") for ending in ("yml", "yaml")
)
_USUAL: Final = {"PATH", "HOME", "LANG", "TZ", "TMPDIR", "PWD", "USER", "DEBUG"}


def _files(directory: Path) -> Iterator[Path]:
    """Give its files, those of its folders behind its own, as many as can be read quickly."""
    count = 0
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(n for n in folders if n not in _PASSED_BY and not n.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if file.suffix in _CONFIGURATION | _SOURCE:
                count += 1
                if count > _MOST_FILES:
                    return
                yield file


def _text(file: Path) -> str:
    """Read a file; "" where that cannot be done, or it is large."""
    try:
        if file.is_symlink() or file.stat().st_size > _MOST_OCTETS:
            return ""
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
