"""A value that a plain JSON schema describes: one without references, and with the parts of `allOf` put together.

It is plain as well: what is not asked for is left out now and then, and texts are words. Nothing here judges what
comes of it; whoever draws holds it against the schema.

It is not left to a library: hypothesis-jsonschema does not run with the Hypothesis of today, and jsf has Faker run its
fixture in every session of pytest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from rstr import Rstr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

_FORMATS: Final = {
    "date-time": "2024-05-17T09:30:00Z",
    "date": "2024-05-17",
    "time": "09:30:00Z",
    "duration": "PT90S",
    "email": "ada@example.org",
    "idn-email": "ada@example.org",
    "hostname": "shop.example.org",
    "ipv4": "192.0.2.17",
    "ipv6": "2001:db8::17",
    "uri": "https://example.org/orders/17",
    "uri-reference": "/orders/17",
}
_WORDS: Final = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath")
_MOST_ITEMS: Final = 3
_MOST: Final = 1000
"""How far a number without bounds is from 0, or from its only bound."""


def draw(schema: dict[str, Any], chance: Random) -> Any:
    """Draw one value."""
    for key in ("oneOf", "anyOf"):
        if schema.get(key):
            rest = {name: value for name, value in schema.items() if name != key}
            return draw(together([rest, chance.choice(schema[key])]), chance)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return chance.choice(schema["enum"])
    kind = _type_of(schema, chance)
    return _DRAWS[kind if kind in _DRAWS else "string"](schema, chance)


def together(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Put schemas together that all hold."""
    whole: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            if key == "properties":
                whole[key] = {**whole.get(key, {}), **value}
            elif key == "required":
                whole[key] = list(dict.fromkeys([*whole.get(key, []), *value]))
            else:
                whole[key] = value
    return whole


def _type_of(schema: dict[str, Any], chance: Random) -> str:
    match schema.get("type"):
        case str(name):
            return name
        case [*names] if names:
            return str(chance.choice(names))
        case _ if "properties" in schema or "required" in schema:
            return "object"
        case _ if "items" in schema:
            return "array"
        case _ if "minimum" in schema or "maximum" in schema:
            return "number"
        case _:
            return "string"


def _object(schema: dict[str, Any], chance: Random) -> dict[str, Any]:
    required = schema.get("required", [])
    parts = {name: {} for name in required} | schema.get("properties", {})
    return {
        name: draw(part, chance)
        for name, part in parts.items()
        if name in required or chance.random() < 0.5  # noqa: PLR2004 - as often as not
    }


def _array(schema: dict[str, Any], chance: Random) -> list[Any]:
    least = schema.get("minItems", 1)
    count = chance.randint(least, schema.get("maxItems", max(least, _MOST_ITEMS)))
    return [draw(schema.get("items") or {}, chance) for _ in range(count)]


def _integer(schema: dict[str, Any], chance: Random) -> int:
    step = int(schema.get("multipleOf", 1)) or 1
    low, high = _bounds(schema)
    return chance.randint(-int(-low // step), max(-int(-low // step), int(high // step))) * step


def _number(schema: dict[str, Any], chance: Random) -> float:
    if schema.get("multipleOf"):
        return _integer(schema, chance)
    return round(chance.uniform(*_bounds(schema)), 2)


def _bounds(schema: dict[str, Any]) -> tuple[float, float]:
    """Give the least and the greatest number; a bound that is excluded is moved by one."""
    low = schema.get("minimum")
    high = schema.get("maximum")
    if isinstance(least := schema.get("exclusiveMinimum"), int | float):
        low = least + 1
    if isinstance(most := schema.get("exclusiveMaximum"), int | float):
        high = most - 1
    if low is None:
        low = 0 if high is None or high >= 0 else high - _MOST
    return low, low + _MOST if high is None else high


def _text(schema: dict[str, Any], chance: Random) -> str:
    if pattern := schema.get("pattern"):
        usual = (word for word in (*_WORDS, *_FORMATS.values()) if re.search(pattern, word))
        return next(usual, "") or str(Rstr(chance).xeger(pattern))
    if schema.get("format") == "uuid":
        return str(UUID(int=chance.getrandbits(128), version=4))
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    text = chance.choice(_WORDS)
    least, most = schema.get("minLength", 0), schema.get("maxLength", len(text))
    return text.ljust(least, "a")[: max(least, most)]


def _truth(_: dict[str, Any], chance: Random) -> bool:
    return chance.choice((True, False))


def _nothing(_: dict[str, Any], _chance: Random) -> None:
    return None


_DRAWS: Final[dict[str, Callable[[dict[str, Any], Random], Any]]] = {
    "object": _object,
    "array": _array,
    "integer": _integer,
    "number": _number,
    "boolean": _truth,
    "null": _nothing,
    "string": _text,
}
