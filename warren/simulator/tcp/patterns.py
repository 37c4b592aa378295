r"""The engine of the broker's regular expressions: how long a match takes grows with the name alone.

RabbitMQ's own backtracks, and gives up after a while. What needs that (backreferences, lookarounds) is
not taken, but for what people write: `^(?!amq\.).*` is whatever does not begin so. As with RabbitMQ it
is octets that are matched.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import re2  # type: ignore[import-untyped]  # it has no stubs

from warren.simulator.model.patterns import PatternError, backtracking

if TYPE_CHECKING:
    from warren.simulator.model.patterns import Pattern

_NOT_AT_THE_BEGINNING = re.compile(r"\^\(\?!([^()]*)\)([^|]*)")
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.encoding = re2.Options.Encoding.LATIN1


class Linear:
    """A pattern that matches in linear time."""

    def __init__(self, pattern: str, wanted: str, unwanted: str | None = None) -> None:
        """Match what `wanted` matches and `unwanted` does not. Raises PatternError."""
        self.pattern = pattern
        self._wanted = _compile(wanted)
        self._unwanted = None if unwanted is None else _compile(unwanted)

    def search(self, text: str, /) -> object | None:
        """Return something true where it matches somewhere in `text`, and None where it does not."""
        octets = text.encode(errors="surrogateescape")
        if self._unwanted is not None and self._unwanted.search(octets):
            return None
        found: object | None = self._wanted.search(octets)
        return found


def linear(pattern: str) -> Pattern:
    """Return the pattern. Raises PatternError."""
    backtracking(pattern)  # it says best what is wrong with what is no pattern at all
    exception = _NOT_AT_THE_BEGINNING.fullmatch(pattern)
    if exception is not None:
        return Linear(pattern, f"^{exception[2]}", f"^(?:{exception[1]})")
    return Linear(pattern, pattern)


def _compile(pattern: str) -> Any:
    try:
        return re2.compile(pattern.encode(errors="surrogateescape"), options=_OPTIONS)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace")
        raise PatternError(
            f"{reason}: the embedded broker matches in linear time, and has no such thing"
        ) from error
