"""Where an exchange of the type headers sends a message: to those whose arguments its headers satisfy."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Generic

from warren.simulator.model.routing import D, Meter
from warren.simulator.model.tables import field_type, freeze, same

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from warren.simulator.model.message import Message

MATCHES_LIKE_A_PUBLISH = 8
"""So many bindings to compare with take the time of an ordinary publish."""


class Bound(Generic[D]):
    """A binding: the `number` of its turn, its arguments, and by which of them it is looked up."""

    __slots__ = ("arguments", "destination", "number", "places")

    def __init__(self, number: int, arguments: Mapping[str, object], destination: D) -> None:
        """Have no place yet."""
        self.number = number
        self.arguments = arguments
        self.destination = destination
        self.places: list[Hashable] = []


class HeadersRouter(Generic[D]):
    """Sends to the destinations of bindings whose arguments a message satisfies.

    A binding that wants all of its arguments is found by the rarest of them, one that wants any by each: so a
    message is compared with those bindings only that share something with it.
    """

    __slots__ = ("_bound", "_by_place", "_loose_numbers", "_meter", "_milliseconds", "_next")

    def __init__(
        self, *, loose_numbers: bool, milliseconds: bool = False, meter: Meter | None = None
    ) -> None:
        """Begin without bindings; `loose_numbers` as in `tables.same`.

        `milliseconds`: so a message's timestamps are compared, with what bindings have in seconds.
        """
        self._loose_numbers = loose_numbers
        self._milliseconds = milliseconds
        self._meter = meter or Meter()
        self._bound: dict[Hashable, Bound[D]] = {}
        self._by_place: dict[Hashable, dict[Bound[D], None]] = {}
        self._next = 0

    def add(self, key: str, arguments: Mapping[str, object], destination: D, /) -> None:
        """Take in a binding that is not there yet."""
        wanted = {name: _as_text(value) for name, value in arguments.items()}
        bound = Bound(self._next, wanted, destination)
        self._next += 1
        self._bound[key, freeze(arguments), destination] = bound
        bound.places = self._places(wanted)
        for place in bound.places:
            self._by_place.setdefault(place, {})[bound] = None

    def remove(self, key: str, arguments: Mapping[str, object], destination: D, /) -> None:
        """Take out a binding that is there."""
        bound = self._bound.pop((key, freeze(arguments), destination))
        for place in bound.places:
            del self._by_place[place][bound]
            if not self._by_place[place]:
                del self._by_place[place]

    def match(self, message: Message, /) -> Collection[D]:
        """Return what is bound with arguments that the message's headers satisfy."""
        given = message.properties.headers or {}
        headers = {name: self._comparable(value) for name, value in given.items()}
        near: dict[Bound[D], None] = {**self._by_place.get(_EVERYWHERE, {})}
        for name, value in headers.items():
            for place in _where(name, value):
                near.update(self._by_place.get(place, {}))
        self._meter.work += len(near) // MATCHES_LIKE_A_PUBLISH
        return {
            bound.destination: 1
            for bound in sorted(near, key=_number)
            if headers_match(bound.arguments, headers, loose_numbers=self._loose_numbers)
        }

    def _places(self, arguments: Mapping[str, object]) -> list[Hashable]:
        """Return where a binding is looked up: a message that satisfies it looks at one of these places."""
        places = [_place(name, value) for name, value in _counting(arguments)]
        if _wants_any(arguments):
            return [*dict.fromkeys(places)]
        return [min(places, key=self._crowd, default=_EVERYWHERE)]

    def _comparable(self, value: object) -> object:
        if self._milliseconds and field_type(value) == "timestamp":
            return int(value) * 1000 if isinstance(value, int) else None
        return _as_text(value)

    def _crowd(self, place: Hashable) -> int:
        return len(self._by_place.get(place, ()))


_EVERYWHERE: Hashable = ()
"""The place of bindings that every message satisfies."""


def _number(bound: Bound[D]) -> int:
    return bound.number


def _as_text(value: object) -> object:
    """Return text for octets: the two are equal, whatever type they came as."""
    return value.decode(errors="surrogateescape") if isinstance(value, bytes) else value


def _place(name: str, value: object) -> Hashable:
    """Return where a binding with this argument is found: by its name alone where any value will do."""
    return (name, value) if _is_plain(value) else (name,)


def _where(name: str, value: object) -> Iterator[Hashable]:
    """Yield where bindings are found that a message with this header may satisfy."""
    yield (name,)
    if _is_plain(value):
        yield (name, value)


def _is_plain(value: object) -> bool:
    """Tell whether it is a value that can be looked up: no table, no array, and there at all."""
    return value is not None and isinstance(value, Hashable)


def _wants_any(arguments: Mapping[str, object]) -> bool:
    return str(arguments.get("x-match", "all")).startswith("any")


def _counting(arguments: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield the arguments that headers must satisfy."""
    with_x = str(arguments.get("x-match", "all")).endswith("-with-x")
    for name, value in arguments.items():
        if name != "x-match" and (with_x or not name.startswith("x-")):
            yield name, value


def headers_match(
    arguments: Mapping[str, object], headers: Mapping[str, object], *, loose_numbers: bool
) -> bool:
    """Tell whether `headers` satisfy the arguments of a binding.

    Its argument x-match says how: `all` of the arguments must be satisfied (the default), or `any` of
    them. An argument without a value asks only that the header is there; octets are the text they are.
    Arguments that begin with `x-` count only where x-match is `all-with-x` or `any-with-x`; x-match
    itself never counts.
    """
    verdicts = (
        name in headers
        and (
            value is None
            or same(_as_text(value), _as_text(headers[name]), loose_numbers=loose_numbers)
        )
        for name, value in _counting(arguments)
    )
    return any(verdicts) if _wants_any(arguments) else all(verdicts)
