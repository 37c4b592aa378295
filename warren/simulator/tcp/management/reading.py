"""The JSON of a long body, read in portions: between two of them others have their turns.

Long are documents of definitions, whose lists are read item by item, and messages, whose payload is one
text. What else is in such a body is no longer than any other body may be.
"""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # it has no stub
from typing import TYPE_CHECKING, Any

from warren.simulator.tcp.management.request import LONG, bad_request, read_whole

if TYPE_CHECKING:
    from collections.abc import Generator

ITEMS_OF_A_TURN, OCTETS_OF_A_TURN = 500, 1 << 16
MOST_CONTAINERS = 500_000
"""Objects and lists that a body may have: to throw away millions at once takes long, too."""
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def read(body: bytes) -> Generator[None, None, dict[str, Any]]:
    """Return the body's object, an empty one for an empty body or null. Raises Refused 400."""
    if len(body) <= LONG:
        return read_whole(body)
    try:
        return (yield from _read(_Text(body.decode(json.detect_encoding(body)))))
    except (ValueError, RecursionError) as error:
        raise bad_request("not_json") from error


def _read(text: _Text) -> Generator[None, None, dict[str, Any]]:
    found: dict[str, Any] = {}
    text.need("{")
    while not text.has("}"):
        if found:
            text.need(",")
        key = text.text()
        text.need(":")
        if text.has("["):
            found[key] = yield from _items(text)
        else:
            found[key] = text.value()
            yield
    text.need("")
    return found


def _items(text: _Text) -> Generator[None, None, list[Any]]:
    found: list[Any] = []
    while not text.has("]"):
        if found:
            text.need(",")
        found.append(text.value())
        if text.is_enough():
            yield
    return found


class _Text:
    """A text and the place up to which it is read. Everything raises ValueError for what is no JSON."""

    def __init__(self, text: str) -> None:
        """Begin at the beginning."""
        self._text = text
        self._at = 0
        # A copy of the part that is read: no value reaches beyond it.
        self._window, self._window_at = "", 0
        self._items, self._turn_at = 0, 0
        self._containers = 0

    def is_enough(self) -> bool:
        """Tell whether so much was read that others are to have their turns."""
        self._items += 1
        if self._items < ITEMS_OF_A_TURN and self._at - self._turn_at < OCTETS_OF_A_TURN:
            return False
        self._items, self._turn_at = 0, self._at
        return True

    def has(self, mark: str) -> bool:
        """Pass over `mark` if it comes next."""
        if self._next() != mark:
            return False
        self._at += 1
        return True

    def need(self, mark: str) -> None:
        """Pass over `mark`, which comes next; an empty one is the end."""
        if not self.has(mark):
            raise ValueError(f"no {mark or 'end'} at {self._at}")

    def text(self) -> str:
        """Read a text, however long."""
        self.need('"')
        found: str
        found, self._at = scanstring(self._text, self._at, True)
        found.encode()  # JSON can say what is no text
        return found

    def value(self) -> Any:
        """Read any value; one that is no text is not long."""
        if self._next() == '"':
            return self.text()
        begin = self._at
        found = self._decoded()
        self._containers += sum(self._text.count(each, begin, self._at) for each in "{[")
        if self._containers > MOST_CONTAINERS:
            raise ValueError(f"more than {MOST_CONTAINERS} objects and lists")
        _ENCODER.encode(found).encode()
        return found

    def _next(self) -> str:
        space = _SPACE.match(self._text, self._at)
        assert space is not None
        self._at = space.end()
        return self._text[self._at : self._at + 1]

    def _decoded(self) -> Any:
        found = self._decoded_here()
        if found is None:
            self._window, self._window_at = self._text[self._at : self._at + LONG], self._at
            found = self._decoded_here()
        if found is None:
            raise ValueError(f"no value, or a long one, at {self._at}")
        value, end = found
        self._at = self._window_at + end
        return value

    def _decoded_here(self) -> tuple[Any, int] | None:
        """Read a value of the window; None where it has none, or cuts it off."""
        try:
            value, end = _DECODER.raw_decode(self._window, self._at - self._window_at)
        except ValueError:
            return None
        is_whole = end < len(self._window) or self._window_at + end == len(self._text)
        return (value, end) if is_whole else None
