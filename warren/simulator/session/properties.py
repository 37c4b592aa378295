"""Message properties as the model wants them: the few it heeds, and the octets of all.

The octets go out as they came in, where the release does so: nothing is encoded again then unless the
model changes something, and then when it goes out. A message may die in a thousand queues before
anybody gets it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from warren.simulator.wire import BasicProperties, decode_properties, encode_properties

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN_SIZE = 64
_ENTRY_SIZE = 192
"""Octets that properties without headers take, and that an entry of x-death takes."""


class Properties:
    """The properties of one message, or of many: publishers often send the same again and again.

    ``octets`` are the flags and properties of a content header.
    """

    __slots__ = (
        "delivery_mode",
        "expiration",
        "headers",
        "octets",
        "priority",
        "reply_to",
        "size",
        "user_id",
    )

    def __init__(self, octets: bytes, decoded: BasicProperties | None = None) -> None:
        """Take `octets`; raises ``UndecodableError`` when they are no properties."""
        known = decode_properties(octets) if decoded is None else decoded
        self.octets = octets
        self.size = len(octets)
        self._keep(known)

    def _keep(self, known: BasicProperties) -> None:
        self.headers: Mapping[str, object] | None = known.headers
        self.delivery_mode = known.delivery_mode
        self.priority = known.priority
        self.reply_to = known.reply_to
        self.expiration = known.expiration
        self.user_id = known.user_id

    @staticmethod
    def rewritten(octets: bytes) -> Properties:
        """Take `octets`, and write them as RabbitMQ does that keeps no octet of a publisher's."""
        known = _in_order(decode_properties(octets))
        return Properties(encode_properties(known), known)

    def replace(self, **changes: Any) -> Properties:
        """Return the same properties with some changed, and their headers in order, as every release does."""
        return _Changed(_in_order(replace(self._decode(), **changes)))

    def _decode(self) -> BasicProperties:
        return decode_properties(self.octets)


class _Changed(Properties):
    """Properties that the model has changed; `size` is about that of the octets they will be."""

    __slots__ = ("_known",)

    def __init__(self, known: BasicProperties) -> None:
        self._known = known
        self.size = _PLAIN_SIZE + sum(map(_size, (known.headers or {}).items()))
        self._keep(known)

    def __getattr__(self, name: str) -> bytes:
        """Encode at the first look at `octets`: only what is not set comes here."""
        if name != "octets":
            raise AttributeError(name)
        self.octets = octets = encode_properties(self._known)
        return octets

    def _decode(self) -> BasicProperties:
        return self._known


def _size(header: tuple[str, object]) -> int:
    """Return about how many octets a header takes, without a look into what it holds."""
    name, value = header
    if isinstance(value, list):
        return len(name) + _ENTRY_SIZE * len(value)
    return len(name) + (len(value) if isinstance(value, str | bytes) else _ENTRY_SIZE)


def _in_order(properties: BasicProperties) -> BasicProperties:
    if not properties.headers:
        return properties
    headers = dict(sorted(properties.headers.items(), key=_octets_of_name))
    return replace(properties, headers=headers)


def _octets_of_name(item: tuple[str, object]) -> bytes:
    return item[0].encode(errors="surrogateescape")
