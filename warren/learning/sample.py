"""The sample message, with a place for the id that no other message has.

A sample that has none is given one: the value that looks like an id in its JSON, else the property message_id.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from warren.simulator.wire import BasicProperties
from warren.workloads.own import Recorded, Template
from warren.workloads.own.message import ID, NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ID_WORDS: Final = ("id", "uuid", "guid", "ref", "reference", "number", "no", "nr", "key")
"""What keys of ids end with, the likeliest first."""
_WORD: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_MOST_WAYS: Final = 3
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class LearnSample:
    """The message as it is sent and written down: its body with its places, its properties, and what was done to it."""

    body: bytes
    properties: dict[str, Any] = field(default_factory=dict)
    words: str = ""
    is_changed: bool = False
    """Whether the body is another than what was given."""
    recorded: Recorded | None = None
    """What a publisher has sent, from which all are made then."""

    def matching(self, headers: Mapping[str, object]) -> LearnSample:
        """Give it with headers that a binding asks for; its own go before them."""
        if not headers:
            return self
        own = self.properties.get("headers") or {}
        return replace(self, properties={**self.properties, "headers": {**headers, **own}})

    @property
    def has_own_keys(self) -> bool:
        """Whether each message has a routing key of its own."""
        sent = self.recorded
        return sent is not None and sent.make("0" * 36, 1).routing_key != sent.routing_key

    def template(self, routing_key: str) -> Template | Recorded:
        """Give what messages are made from."""
        return self.recorded or Template(
            self.body, BasicProperties(**({"delivery_mode": 2} | self.properties)), routing_key
        )


class _Value(NamedTuple):
    """A value in a JSON document, at a key; keys of the root are at depth 0."""

    depth: int
    key: str
    value: str | int


def marked(body: bytes, properties: dict[str, Any]) -> tuple[LearnSample, ...]:
    """Give the ways in which a sample can have a place for its id, the likeliest first; one where it has one."""
    has_json = _reads_as_json(body)
    if has_json:
        properties = {"content_type": _JSON, **properties}
    if place := _place_in(body, properties):
        return (LearnSample(body, properties, f"{place} stands where its id goes"),)
    ways: list[LearnSample] = []
    for found in sorted(_candidates(body), key=_likelihood) if has_json else ():
        changed = _with_place(body, found)
        if changed not in (body, *(way.body for way in ways)):
            place = NUMBER if isinstance(found.value, int) else ID
            words = f'{place} stands for the value of "{found.key}", which was {found.value!r}'
            ways.append(LearnSample(changed, properties, words, is_changed=True))
    words = "nothing in the body looks like an id, so each message has one as its message_id"
    last = LearnSample(body, {**properties, "message_id": ID}, words)
    return tuple(ways[:_MOST_WAYS]) or (last,)


def sent_by(command: str, recorded: Recorded) -> LearnSample:
    """Give what a publisher has sent."""
    return LearnSample(recorded.body, words=f"it is what `{command}` sends", recorded=recorded)


def _place_in(body: bytes, properties: dict[str, Any]) -> str | None:
    """Find the place for an id that a sample has; a text's before a number's."""
    text = body.decode("utf-8", "replace") + json.dumps(properties, default=str)
    return next((place for place in (ID, NUMBER) if place in text), None)


def _reads_as_json(body: bytes) -> bool:
    try:
        found = json.loads(body.decode().replace(NUMBER, "1"))
    except ValueError:
        return False
    return isinstance(found, dict | list)


def _candidates(body: bytes) -> Iterator[_Value]:
    """Find the values whose keys end as those of ids do."""
    waiting: list[tuple[int, object]] = [(0, json.loads(body))]
    while waiting:
        depth, value = waiting.pop(0)
        if isinstance(value, list):
            waiting += [(depth, one) for one in value]
        elif isinstance(value, dict):
            for key, one in value.items():
                if isinstance(one, dict | list):
                    waiting.append((depth + 1, one))
                elif _is_id(key, one):
                    yield _Value(depth, key, one)


def _is_id(key: str, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return False
    return any(word in _ID_WORDS for word in _words(key)[-1:])


def _words(key: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(key)]


def _likelihood(found: _Value) -> tuple[bool, int, int]:
    """Sort what is an id of nothing else (`ref` before `customer_id`) first, then by depth, then by the word."""
    words = _words(found.key)
    return len(words) > 1, found.depth, _ID_WORDS.index(words[-1])


def _with_place(body: bytes, found: _Value) -> bytes:
    """Put the place in: for a text wherever it stands, for a number at its key alone. The rest stays as it was."""
    text = body.decode()
    if isinstance(found.value, str):
        for written in (json.dumps(found.value), json.dumps(found.value, ensure_ascii=False)):
            text = text.replace(written, f'"{ID}"')
        return text.encode()
    key = re.escape(json.dumps(found.key))
    number = re.compile(rf"({key}\s*:\s*){found.value}(?=\s*[,}}\]])")
    return number.sub(lambda m: m[1] + NUMBER, text).encode()
