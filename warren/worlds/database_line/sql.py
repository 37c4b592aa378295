"""What a statement of SQL does to its transaction, as far as its first words tell.

A function that writes, called by a SELECT, is not seen to write.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUOTED: Final = re.compile(
    r"""[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$""",
    re.DOTALL,
)
"""What may hold any words: strings, names, comments."""
_QUOTED_WITH_BACKSLASHES: Final = re.compile(
    r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|--[^\n]*|\#[^\n]*|/\*.*?\*/""", re.DOTALL
)
"""The same in MySQL."""
_CHANGES: Final = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
_DEEDS: Final = re.compile(
    r"(?P<begin>BEGIN|START\s+TRANSACTION)\b"
    r"|(?P<commit>COMMIT|END)\b"
    r"|(?P<partial>ROLLBACK\s+(?:WORK\s+|TRANSACTION\s+)?TO)\b"
    r"|(?P<rollback>ROLLBACK|ABORT)\b"
    r"|(?P<write>INSERT|UPDATE|DELETE|MERGE|COPY|TRUNCATE|CREATE|ALTER|DROP|CALL|DO)\b"
    r"|(?P<query>WITH)\b",
    re.IGNORECASE,
)


class Deed(enum.StrEnum):
    """What a statement does to its transaction."""

    BEGIN = "begin"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    WRITE = "write"


def deeds(text: str, *, backslashes: bool = False) -> Iterator[Deed]:
    """Give what the statements of a text do, in their order; nothing for those that only read or set.

    `backslashes`: whether any string may have its quotes escaped by them, as in MySQL.
    """
    quoted = _QUOTED_WITH_BACKSLASHES if backslashes else _QUOTED
    for statement in quoted.sub(" ", text).split(";"):
        found = _DEEDS.match(statement.lstrip(" \t\r\n("))
        word = found.lastgroup if found else None
        if word == "query":
            word = "write" if _CHANGES.search(statement) else None
        if word is not None and word != "partial":
            yield Deed(word)
