"""Messages that a manifest has made by a JSON schema, where the libraries for that are installed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

from warren.claims.manifest_shape import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from warren.claims.own_shape import MessageShape


class SchemaFault(Exception):  # noqa: N818 - as `Fault` is
    """No messages can be made; `fault` says why."""

    def __init__(self, key: str, words: str) -> None:
        """Take what `Fault` takes."""
        super().__init__(words)
        self.fault = Fault(key, words)


@dataclass(frozen=True, slots=True)
class Made:
    """Bodies of valid messages, with a place for the id, and of wrong ones; `words` say how they were made."""

    valid: tuple[bytes, ...]
    wrong: tuple[bytes, ...]
    words: str = ""


def made_messages(key: str, message: MessageShape, home: Path) -> Made | None:
    """Make them; None where there is no schema. Raises `SchemaFault`."""
    if message.schema_ is None:
        return None
    key = f"{key}.schema"
    try:
        schema = import_module("warren.claims.own_schema")
    except ModuleNotFoundError as error:
        words = f"making messages needs {error.name}; pip install 'pytest-warren[schema]'"
        raise SchemaFault(key, words) from error
    file, _, pointer = message.schema_.partition("#")
    try:
        document = schema.read_document(home / file)
        made: Made = schema.make(document, pointer, message.id or "", message.seed)
    except schema.UnfitError as error:
        raise SchemaFault(key, str(error)) from error
    words = f"messages made by {message.schema_}, seed {message.seed}, such as {made.valid[0].decode():.300}"
    return replace(made, words=words)
