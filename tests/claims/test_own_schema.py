"""Messages made from a JSON schema: valid ones, the same for the same seed, and wrong ones of several kinds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from warren.claims.own_schema import UnfitError, make, read_document
from warren.workloads.own import Template

if TYPE_CHECKING:
    from pathlib import Path

ORDER: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "amount", "lines", "customer"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "amount": {"type": "number", "minimum": 1, "exclusiveMaximum": 1000, "multipleOf": 5},
        "currency": {"enum": ["EUR", "USD"]},
        "placed": {"type": "string", "format": "date-time"},
        "note": {"type": ["string", "null"], "maxLength": 3},
        "customer": {"$ref": "#/$defs/customer"},
        "lines": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/line"}},
    },
    "$defs": {
        "customer": {
            "allOf": [{"$ref": "#/$defs/named"}, {"properties": {"mail": {"format": "email"}}}]
        },
        "named": {"type": "object", "required": ["name"], "properties": {"name": {"minLength": 9}}},
        "line": {
            "type": "object",
            "required": ["sku"],
            "properties": {
                "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
                "parts": {"type": "array", "items": {"$ref": "#/$defs/line"}},
            },
        },
    },
}


def filled(body: bytes) -> Any:
    """Give a message as it is sent."""
    return json.loads(Template(body).make("5f0c9d1e-7a52-4b7e-9f3b-2c6f0d4e8a11", 1).body)


def test_valid_ones_are_valid() -> None:
    """Each is, once its id is in its place, which the schema has as a UUID; no two are alike."""
    made = make(ORDER, "", "$.id", 1)
    assert len(set(made.valid)) == 4
    for body in made.valid:
        jsonschema.validate(filled(body), ORDER, format_checker=jsonschema.FormatChecker())
        assert filled(body)["id"] == "5f0c9d1e-7a52-4b7e-9f3b-2c6f0d4e8a11"


def test_wrong_ones_are_wrong() -> None:
    """Each breaks another rule of the schema: none of them is valid."""
    made = make(ORDER, "", "$.id", 1)
    validator = jsonschema.Draft202012Validator(ORDER, format_checker=jsonschema.FormatChecker())
    rules = [next(validator.iter_errors(json.loads(body))).validator for body in made.wrong]
    assert len(set(rules)) == len(rules) == 4


def test_by_its_seed() -> None:
    """The same seed makes the same messages, another one others."""
    assert make(ORDER, "", "$.id", 7) == make(ORDER, "", "$.id", 7)
    assert make(ORDER, "", "$.id", 7) != make(ORDER, "", "$.id", 8)


def test_a_number_for_an_id() -> None:
    """Where the schema has a number, the id is one, without quotes; the place may be deeper than the top."""
    inner = {"type": "object", "properties": {"nr": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"order": inner}}
    for body in make(schema, "", "$.order.nr", 1).valid:
        assert b'"nr": {number}' in body
        assert isinstance(filled(body)["order"]["nr"], int)


def test_its_own_examples() -> None:
    """A schema's examples are taken rather than anything that is made up, as far as they are valid."""
    schema = {**ORDER, "properties": {"id": {}, "amount": {"type": "integer"}}, "required": ["id"]}
    schema["examples"] = [{"id": "a", "amount": 5}, {"amount": "five"}]
    assert make(schema, "", "$.id", 1).valid == (b'{"id": "{id}", "amount": 5}',)


def test_part_of_a_document(tmp_path: Path) -> None:
    """A schema may be a part of a document in YAML, whose references are within the document."""
    file = tmp_path / "shop.yaml"
    file.write_text(
        "asyncapi: 3.0.0\n"
        "components:\n"
        "  schemas:\n"
        "    Order: {type: object, required: [ref], properties: {ref: {$ref: '#/components/schemas/Ref'}}}\n"
        "    Ref: {type: string, maxLength: 40}\n"
    )
    made = make(read_document(file), "/components/schemas/Order", "$.ref", 1)
    assert made.valid[0] == b'{"ref": "{id}"}'
    assert made.wrong


UNFIT: dict[str, tuple[Any, str, str]] = {
    "a reference elsewhere": ({"$ref": "other.json#/a"}, "", "leads out of the file or nowhere"),
    "no such part": ({"type": "object"}, "/nowhere", "leads out of the file or nowhere"),
    "within itself": ({"$ref": "#"}, "", "has no end"),
    "nothing is valid": ({"type": "object", "minProperties": 9}, "", "give it `examples`"),
    "no schema": ({"type": "an object"}, "", "it is no JSON schema"),
    "no object": ([], "", "it holds no object"),
    "no place for an id": (
        {"properties": {"id": {"type": "string", "maxLength": 8}}},
        "$.id",
        "neither a UUID nor",
    ),
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_cannot_be_made(what: str) -> None:
    """A schema by which no message can be made is a sentence that says why."""
    schema, pointer, words = UNFIT[what]
    place = pointer if pointer.startswith("$") else ""
    with pytest.raises(UnfitError, match=words):
        make(schema, "" if place else pointer, place, 1)
