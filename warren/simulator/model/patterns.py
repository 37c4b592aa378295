"""Regular expressions, of permissions and policies. Which engine reads them is the owner's choice."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol, TypeAlias


class PatternError(ValueError):
    """It is no regular expression, or not one that the engine takes; `at` is where, None if nobody knows."""

    def __init__(self, reason: str, at: int | None = None) -> None:
        """Keep the reason."""
        super().__init__(reason if at is None else f"{reason} at position {at}")
        self.reason = reason
        self.at = at


class Pattern(Protocol):
    """A regular expression."""

    @property
    def pattern(self) -> str:
        """How it was written."""

    def search(self, text: str, /) -> object | None:
        """Return something true where it matches somewhere in `text`, and None where it does not."""


Compile: TypeAlias = Callable[[str], Pattern]
"""An engine; it raises PatternError."""


def backtracking(pattern: str) -> Pattern:
    """Have the standard library read a pattern: some it matches in exponential time. Raises PatternError."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise PatternError(error.msg, error.pos) from error
    except (RecursionError, OverflowError) as error:
        raise PatternError(f"it is nested too deep, or repeats too often ({error})") from error


def read(pattern: str, engine: Compile) -> Pattern | None:
    """Return the pattern; None when it lets everything pass. Raises PatternError."""
    return None if pattern == ".*" else engine(pattern or "^$")
