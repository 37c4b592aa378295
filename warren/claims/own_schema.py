"""Messages made from a JSON schema: valid ones by a seed, and wrong ones that differ from a valid one at one place.

What a schema means is jsonschema's matter, and where its `$ref` lead is referencing's; they are no part of a usual
installation: `pip install 'pytest-warren[schema]'`. Whatever is drawn is held against the schema before it is used.
"""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any, Final

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, best_match
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from warren.claims.own_made import Made
from warren.claims.own_shape import MESSAGE_ID
from warren.claims.own_values import draw, together
from warren.workloads.own.message import ID, NUMBER, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from jsonschema.protocols import Validator
    from referencing._core import Resolver

MOST: Final = 4
"""So many valid messages are made, and so many wrong ones of different kinds at most."""
_TRIES: Final = 200
_SOME_ID: Final = "5f0c9d1e-7a52-4b7e-9f3b-2c6f0d4e8a11"
_OTHERS: Final[tuple[Any, ...]] = (None, "", "no such value", -1, 0, 1.5, 10**12, True, [], {})
"""What a value is replaced with to make a message wrong."""


class UnfitError(Exception):
    """No messages can be made; its text is a sentence without a full stop."""


def read_document(file: Path) -> Any:
    """Read JSON, or YAML, which most of JSON is."""
    try:
        text = file.read_text("utf-8")
        return yaml.safe_load(text) if file.suffix in (".yaml", ".yml") else json.loads(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise UnfitError(f"{file} cannot be read as a document: {error}") from error


def make(document: Any, pointer: str, place: str, seed: int) -> Made:
    """Make messages by the schema at `pointer` of a document; `place` is where the id goes, such as `$.order.id`."""
    schema = _Schema(document, pointer)
    keys = place.split(".")[1:] if place not in ("", MESSAGE_ID) else []
    try:
        valid = schema.examples() or schema.drawn(seed)
        return Made(
            valid=tuple(_octets(schema.with_place(value, keys)) for value in valid),
            wrong=tuple(map(_octets, schema.wrong(valid[0], seed))),
        )
    except re.error as error:
        raise UnfitError(f"its pattern {error.pattern!r} cannot be read: {error}") from error


class _Schema:
    """A schema within a document."""

    def __init__(self, document: Any, pointer: str) -> None:
        if not isinstance(document, dict):
            raise UnfitError("it holds no object, and so no schema")
        # Keys that are no JSON schema's are nothing to it; `$ref` says which part is meant.
        whole = {**document, "$ref": f"#{pointer}"} if pointer else document
        kind = validator_for(whole, default=Draft202012Validator)
        self._validator: Validator = kind(whole, format_checker=FormatChecker())
        base = document.get("$id", "")
        registry: Registry[Any] = Registry().with_resource(
            base, DRAFT202012.create_resource(document)
        )
        try:
            meant = {"$ref": f"#{pointer}"} if pointer else document
            self.plain = _plain(meant, registry.resolver(base), ())
            kind.check_schema(self.plain)
        except Unresolvable as error:
            raise UnfitError(
                f"$ref {error.ref!r} leads out of the file or nowhere; write what it means into it"
            ) from error
        except SchemaError as error:
            raise UnfitError(f"it is no JSON schema: {error.message}") from error
        except _EndlessError as error:
            raise UnfitError("what it describes has no end; name a `body`") from error

    def examples(self) -> list[Any]:
        """Give its own examples, as far as they are valid."""
        given = self.plain.get("examples", [])
        return [value for value in given if self._validator.is_valid(value)][:MOST]

    def drawn(self, seed: int) -> list[Any]:
        """Give some valid documents, the same for the same seed."""
        found: list[Any] = []
        reason = ""
        chance = random.Random(seed)  # noqa: S311 - a draw, no secret
        for _ in range(_TRIES):
            value = draw(self.plain, chance)
            if wrong := best_match(self._validator.iter_errors(value)):
                reason = wrong.message
            elif value not in found:
                found.append(value)
            if len(found) == MOST:
                break
        if not found:
            raise UnfitError(
                f"no valid message could be made by it ({reason:.200}); give it `examples`, or name a `body`"
            )
        return found

    def with_place(self, value: Any, keys: Sequence[str]) -> Any:
        """Put the place for the id in: a text, or a number where the schema has one there."""
        if not keys:
            return value
        for mark, filled in ((ID, _SOME_ID), (NUMBER, number_of(_SOME_ID))):
            if self._validator.is_valid(_with(value, keys, filled)):
                return _with(value, keys, mark)
        wrong = best_match(self._validator.iter_errors(_with(value, keys, _SOME_ID)))
        reason = f": {wrong.message:.200}" if wrong else ""
        raise UnfitError(
            f"neither a UUID nor a number of nine digits may stand at $.{'.'.join(keys)}{reason}"
        )

    def wrong(self, value: Any, seed: int) -> list[Any]:
        """Give documents that differ from a valid one at one place, of as many kinds of error as there are."""
        kinds: dict[str, list[Any]] = {}
        for changed in _changed(value):
            if error := best_match(self._validator.iter_errors(changed)):
                kinds.setdefault(str(error.validator), []).append(changed)
        chance = random.Random(seed)  # noqa: S311 - a choice, no secret
        return [chance.choice(kinds[kind]) for kind in sorted(kinds)][:MOST]


def _plain(schema: Any, resolver: Resolver[Any], above: tuple[str, ...]) -> dict[str, Any]:
    """Write out references, and put together what stands in `allOf`."""
    if not isinstance(schema, dict):
        return {}
    parts = []
    if isinstance(ref := schema.get("$ref"), str):
        if ref in above:
            raise _EndlessError
        found = resolver.lookup(ref)
        parts.append(_plain(found.contents, found.resolver, (*above, ref)))
    parts += [_plain(part, resolver, above) for part in schema.get("allOf", ())]
    rest = {
        key: _part(key, value, resolver, above)
        for key, value in schema.items()
        if key not in ("$ref", "$id", "$defs", "definitions", "allOf", "patternProperties")
    }
    return _one_of_examples(together([*parts, rest]))


class _EndlessError(Exception):
    """A schema that is within itself."""


def _part(key: str, value: Any, resolver: Resolver[Any], above: tuple[str, ...]) -> Any:
    if key == "properties" and isinstance(value, dict):
        return dict(_ended(value, resolver, above))
    if key == "items":
        return _plain(value, resolver, above)
    if key in ("oneOf", "anyOf") and isinstance(value, list):
        ended = dict(_ended(dict(enumerate(value)), resolver, above))
        return list(ended.values())
    return value


def _ended(
    parts: dict[Any, Any], resolver: Resolver[Any], above: tuple[str, ...]
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Leave out what would go on for ever."""
    for name, part in parts.items():
        try:
            yield name, _plain(part, resolver, above)
        except _EndlessError:
            continue


def _one_of_examples(schema: dict[str, Any]) -> dict[str, Any]:
    """Take what its author calls an example, or the usual, rather than anything."""
    if schema.keys() & {"properties", "enum", "const"}:
        return schema
    usual = [schema["default"]] if "default" in schema else []
    values = schema.get("examples") or usual
    return {**schema, "enum": values} if values else schema


def _with(value: Any, keys: Sequence[str], new: Any) -> Any:
    """Give a document with another value at a place, which may not be there yet."""
    if not keys:
        return new
    inner = value if isinstance(value, dict) else {}
    return {**inner, keys[0]: _with(inner.get(keys[0]), keys[1:], new)}


def _changed(value: Any) -> Iterator[Any]:
    """Give all documents that differ from one at one place: something is missing, or something else stands there."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {name: one for name, one in value.items() if name != key}
            yield from ({**value, key: other} for other in (*_OTHERS, *_changed(inner)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from ([*value[:index], other, *value[index + 1 :]] for other in _changed(inner))


def _octets(value: Any) -> bytes:
    """Write a document; a number's place stands without quotes."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace(f'"{NUMBER}"', NUMBER).encode()
