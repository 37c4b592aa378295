"""Long bodies of JSON, read in portions."""

import json
from typing import Any

import pytest

from warren.simulator.tcp.management.reading import ITEMS_OF_A_TURN, MOST_CONTAINERS, read
from warren.simulator.tcp.management.request import LONG, Refused


def portions(body: bytes) -> tuple[Any, int]:
    """Return what a body says, and in how many portions it was read."""
    reading, count = read(body), 1
    while True:
        try:
            next(reading)
        except StopIteration as end:
            return end.value, count
        count += 1


DOCUMENT = {
    "text": "\u00e9\n" * LONG,
    "number": 12.5,
    "none": None,
    "queues": [{"name": f"q{number}", "arguments": {"x": [1, -2.5e3]}} for number in range(30_000)],
    "numbers": [*range(2000)],
    "empty": [],
    "nested": {"a": [[], {}, [[1]]]},
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_long_body_is_read_as_it_is(*, indent: int | None, ascii_only: bool) -> None:
    """Whatever its form, a long body says the same as if it was read in one go, and takes many portions."""
    text = json.dumps(DOCUMENT, indent=indent, ensure_ascii=ascii_only)
    found, count = portions(f" {text}\n".encode())
    assert found == DOCUMENT
    assert count >= 30_000 // ITEMS_OF_A_TURN


@pytest.mark.parametrize(
    "long",
    [
        '{"a": "%s", "b": 1',
        '{"a": "%s"} 1',
        '{"a": "%s",}',
        '{"a": "%s" "b": 1}',
        '{"a": ["%s" 1]}',
        '{"a": "%s", "b": [1,]}',
        '["%s"]',
        '"%s"',
        '{"a": "%s", "b": "\\ud800"}',
        '{"a": "%s", "b": ["\\ud800"]}',
        '{"a": {"b": "%s"}}',
        '{"a": "%s", 1: 2}',
        '{"a": "%s", "b": ' + "[" * 20_000 + "]" * 20_000 + "}",
    ],
)
def test_a_long_body_that_is_refused(long: str) -> None:
    """What is no object of JSON, or no text, or hides something long below, is 400."""
    with pytest.raises(Refused, match="not_json"):
        portions((long % ("x" * LONG)).encode())


def test_a_body_of_nothing_but_objects() -> None:
    """Millions of objects are refused before they are made, however small they are."""
    with pytest.raises(Refused, match="not_json"):
        portions(b'{"queues": [%b{}]}' % (b"{}," * (MOST_CONTAINERS + 1)))
    with pytest.raises(Refused, match="not_json"):
        portions(b"{" + b",".join([b'"x": {"y": [%b{}]}' % (b"{}," * 300_000)] * 2) + b"}")


@pytest.mark.parametrize("body", [b"", b" ", b"null", b"{}"])
def test_an_empty_body(body: bytes) -> None:
    """Nothing is an empty object, and takes no second turn."""
    assert portions(body) == ({}, 1)
