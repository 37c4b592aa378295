"""What the program is told, and the message it is sent, from the options of `warren learn`."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from warren.claims.manifest_shape import variable_name
from warren.claims.own_shape import PropertiesShape
from warren.claims.own_words import faults_of_text
from warren.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HEADER = "headers."
_NUMBERS = ("priority", "delivery_mode")


def pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    """Read the values of an option that is NAME=TEXT."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise OptionError(f"{text!r} has no name or no =", option, "write NAME=TEXT")
        found[name] = value
    return found


def variables(texts: Iterable[str]) -> dict[str, str]:
    """Read --env."""
    found = pairs("--env", texts)
    for name in found:
        try:
            variable_name(name)
        except ValueError as error:
            raise OptionError(str(error), "--env") from error
        refuse_unknown_words([found[name]], f"--env {name}")
    return found


def words(option: str, command: str) -> list[str]:
    """Read an option that is a command, as a shell does."""
    try:
        found = shlex.split(command)
    except ValueError as error:
        raise OptionError(
            f"{command} is no command: {error}", option, "close its quotes"
        ) from error
    if not found:
        raise OptionError("it has no words", option, "write the command that sends a message")
    return found


def refuse_unknown_words(texts: Iterable[str], where: str, *, publishes: bool = False) -> None:
    """Raise `OptionError` for a word in braces that nothing stands for in a case."""
    for text in texts:
        for fault in faults_of_text(where, text, publishes=publishes):
            raise OptionError(fault.words, fault.key)


def refuse_outside(command: Sequence[str], directory: Path, where: str = "COMMAND") -> None:
    """Raise `OptionError` for a path that leads out of the directory, of which each case has a copy elsewhere."""
    for word in command:
        if Path(os.path.normpath(word)).parts[:1] == (os.pardir,) and (directory / word).exists():
            raise OptionError(
                f"{word} leads out of {directory}, and it runs in a copy of that, where `..` leads elsewhere",
                where,
                f"give the absolute path: {os.path.normpath(directory / word)}",
            )


def properties(texts: Iterable[str]) -> dict[str, Any]:
    """Read --property: those of AMQP by their names, headers as JSON where they read so."""
    found: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    for name, value in pairs("--property", texts).items():
        if name.startswith(_HEADER):
            headers[name.removeprefix(_HEADER)] = _json_or_text(value)
        else:
            found[name] = int(value) if name in _NUMBERS and value.isdecimal() else value
    if headers:
        found["headers"] = headers
    try:
        PropertiesShape.model_validate(found)
    except ValidationError as error:
        name = ".".join(map(str, error.errors()[0]["loc"]))
        known = ", ".join(PropertiesShape.model_fields).replace("headers", "headers.NAME")
        raise OptionError(
            f"a message has no property {name} of such a value",
            "--property",
            f"write one of {known}",
        ) from error
    return found


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def as_started(command: Sequence[str], inherited: str) -> tuple[str, ...]:
    """Give a command whose program is the one that a shell here would start; `inherited` is the PATH of a case."""
    program, *arguments = command
    if os.sep in program:
        return tuple(command)
    here = shutil.which(program)
    is_same = here is None or here == shutil.which(program, path=inherited)
    return (program if is_same or here is None else here, *arguments)


def slug(text: str) -> str:
    """Make a name of a manifest of any text."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "consumer"


def relative(path: Path, home: Path) -> str:
    """Name a path as a manifest in `home` does."""
    return Path(os.path.relpath(path.resolve(), home.resolve())).as_posix()


def octets(file: Path) -> bytes:
    """Read the sample's body."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise OptionError(
            f"it cannot be read: {error.strerror}", str(file), "name the file of a sample message"
        ) from error
