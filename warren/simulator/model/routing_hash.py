"""The exchange type x-modulus-hash: what has the same keys goes to the same one of its destinations.

Which one that is follows from Erlang's portable hash of the keys (erlang:phash2), so that it is the one
that RabbitMQ takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from warren.simulator.model.message import Message

D = TypeVar("D")
RANGE = 1 << 27
_WORD = 0xFFFFFFFF
_GOLDEN = 0x9E3779B9
_BINARY, _NIL = 13 * _GOLDEN & _WORD, 2 * _GOLDEN & _WORD
"""What marks the two kinds of terms that there are here."""
_NIL_TAG = 2


class ModulusHashRouter(Generic[D]):
    """Sends to one destination by the message's keys; a destination counts as often as it is bound."""

    __slots__ = ("_destinations", "_order")

    def __init__(self, order: Callable[[D], tuple[bool, bytes]]) -> None:
        """Begin without bindings; destinations stand in this `order`."""
        self._order = order
        self._destinations: list[D] = []

    def add(self, _key: str, _arguments: Mapping[str, object], destination: D, /) -> None:
        """Take in a binding that is not there yet."""
        self._destinations.append(destination)
        self._destinations.sort(key=self._order)

    def remove(self, _key: str, _arguments: Mapping[str, object], destination: D, /) -> None:
        """Take out a binding that is there."""
        self._destinations.remove(destination)

    def match(self, message: Message, /) -> Collection[D]:
        """Return the destination that the keys stand for."""
        destinations = self._destinations
        if not destinations:
            return ()
        keys = (key.encode("utf-8", "surrogateescape") for key in message.routing_keys)
        return (destinations[portable_hash(keys) % len(destinations)],)


def portable_hash(keys: Iterable[bytes]) -> int:
    """Return what erlang:phash2 gives for a list of binaries and the range 2^27."""
    value = 0
    for key in keys:
        start = (_BINARY + value) & _WORD
        value = _of_octets(key, start) if key else start
    return _mix(_NIL + _NIL_TAG, _NIL, value) % RANGE


def _of_octets(octets: bytes, value: int) -> int:
    a = b = _GOLDEN
    whole = len(octets) // 12 * 12
    for start in range(0, whole, 12):
        a, b, value = _mixed(
            a + _number(octets[start : start + 4]),
            b + _number(octets[start + 4 : start + 8]),
            value + _number(octets[start + 8 : start + 12]),
        )
    rest = octets[whole:]
    last = (_number(rest[8:]) << 8) + len(octets)
    return _mix(a + _number(rest[:4]), b + _number(rest[4:8]), value + last)


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, "little")


def _mix(a: int, b: int, c: int) -> int:
    return _mixed(a, b, c)[2]


def _mixed(a: int, b: int, c: int) -> tuple[int, int, int]:
    """Mix three words, as Bob Jenkins's hash does."""
    for right, left, back in ((13, 8, 13), (12, 16, 5), (3, 10, 15)):
        a = ((a - b - c) & _WORD) ^ (c & _WORD) >> right
        b = ((b - c - a) & _WORD) ^ (a << left) & _WORD
        c = ((c - a - b) & _WORD) ^ b >> back
    return a, b, c
