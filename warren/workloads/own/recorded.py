"""A message that the user's own publisher has sent, and others like it, with another id of the same length.

So whatever holds the id replays: JSON, pickle, what Celery and dramatiq send. Octets alone are replaced, in the body,
the properties with their headers, and the routing key.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

from warren.simulator.wire import BasicProperties, decode_properties, encode_properties
from warren.workloads.own.message import ID, NUMBER, OwnUnit, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.evidence.ledger import Published

_UUID: Final = re.compile(rb"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b")
_KINDS: Final = {36: (14, 19), 32: (12, 16)}
"""By the length of a UUID, where it says of which kind it is."""
_SHORTEST: Final = 8
"""A message-id or correlation-id that is shorter may stand in a body by chance."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A message with the `id` that its publisher was given; `fresh` are ids that it makes itself, in each anew."""

    exchange: str
    routing_key: str
    properties: BasicProperties
    body: bytes
    id: str
    fresh: tuple[str, ...] = ()

    @classmethod
    def of(cls, published: Published, unit_id: str) -> Self:
        """Take what was published; who published it may not be who replays it, so its user-id is left out."""
        properties = replace(published.properties, user_id=None)
        return cls(published.exchange, published.routing_key, properties, published.body, unit_id)

    @property
    def is_marked(self) -> bool:
        """Whether its id is in it."""
        texts = (self.body, encode_properties(self.properties), self.routing_key.encode())
        return any(old in text for old, _ in self._own_pairs(self.id) for text in texts)

    @property
    def is_json(self) -> bool:
        """Whether its body is a JSON object or array, as far as its first character tells."""
        return self.body.lstrip()[:1] in (b"{", b"[")

    def make(self, new_id: str, size: int) -> OwnUnit:
        """Make a unit of work of that id."""
        properties = decode_properties(self._with(new_id, encode_properties(self.properties)))
        key = self._with(new_id, self.routing_key.encode()).decode()
        return OwnUnit(new_id, self._with(new_id, self.body), properties, key, size)

    def named(self) -> Recorded:
        """Give it with its id as its message-id, where it has neither."""
        if self.is_marked or self.properties.message_id is not None:
            return self
        return replace(self, properties=replace(self.properties, message_id=self.id))

    def knowing(self, other: Recorded) -> Recorded:
        """Give it with the ids that another of the same publisher does not have."""
        theirs = set(other._ids())
        fresh = (found for found in self._ids() if found not in theirs and not self._is_own(found))
        return replace(self, fresh=tuple(dict.fromkeys(fresh)))

    def saying(self, body: bytes) -> Recorded:
        """Give one with another body, in which `{id}` and `{number}` stand for the id."""
        filled = body.replace(ID.encode(), self.id.encode())
        filled = filled.replace(NUMBER.encode(), str(number_of(self.id)).encode())
        return replace(self, body=filled)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain JSON, for other processes of the run."""
        return {
            "exchange": self.exchange,
            "routing_key": self.routing_key,
            "properties": b64encode(encode_properties(self.properties)).decode(),
            "body": b64encode(self.body).decode(),
            "id": self.id,
            "fresh": list(self.fresh),
        }

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> Self:
        """Take back what `to_json` gave."""
        return cls(
            facts["exchange"],
            facts["routing_key"],
            decode_properties(b64decode(facts["properties"])),
            b64decode(facts["body"]),
            facts["id"],
            tuple(facts["fresh"]),
        )

    def _with(self, new_id: str, octets: bytes) -> bytes:
        for old, new in self._pairs(new_id):
            octets = octets.replace(old, new)
        return octets

    def _pairs(self, new_id: str) -> Iterator[tuple[bytes, bytes]]:
        yield from self._own_pairs(new_id)
        for found in self.fresh:
            yield found.encode(), _another(found, new_id).encode()

    def _own_pairs(self, new_id: str) -> Iterator[tuple[bytes, bytes]]:
        """Give the forms in which the id may be there: as a UUID, in hexadecimal, in octets, as a number."""
        old_hex, new_hex = self.id.replace("-", ""), new_id.replace("-", "")
        if len(new_id) == len(self.id):
            yield self.id.encode(), new_id.encode()
        yield old_hex.encode(), new_hex.encode()
        yield bytes.fromhex(old_hex), bytes.fromhex(new_hex)
        yield str(number_of(self.id)).encode(), str(number_of(new_id)).encode()

    def _ids(self) -> Iterator[str]:
        """Give what looks like an id: of the message, of an answer to it, and all UUIDs."""
        properties = self.properties
        for name in (properties.message_id, properties.correlation_id):
            if name is not None and len(name) >= _SHORTEST:
                yield name
        for octets in (self.body, encode_properties(properties)):
            for found in _UUID.findall(octets):
                yield found.decode()

    def _is_own(self, found: str) -> bool:
        return any(old in found.encode() for old, _ in self._own_pairs(self.id))


def _another(old: str, new_id: str) -> str:
    """Give an id of the same form that goes with the new id: the same for the same two."""
    drawn = hashlib.shake_256(f"{old} {new_id}".encode()).hexdigest(len(old))
    if not _UUID.fullmatch(old.encode()):
        return "".join(map(_like, old, drawn))
    kept = _KINDS[len(old)]
    digits = enumerate(zip(old, drawn, strict=False))
    return "".join(was if was == "-" or at in kept else new for at, (was, new) in digits)


def _like(letter: str, digit: str) -> str:
    """Give a character of the same class; what is neither a letter nor a digit stays."""
    value = int(digit, 16)
    if letter.isascii() and letter.isdigit():
        return str(value % 10)
    if letter.isascii() and letter.isalpha():
        return chr(ord("A" if letter.isupper() else "a") + value)
    return letter
