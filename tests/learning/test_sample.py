"""A sample gets a place for its id."""

from __future__ import annotations

import pytest

from warren.learning.sample import marked


@pytest.mark.parametrize(
    ("body", "made"),
    [
        (b'{"ref": "ord-17", "amount": 1.10}', b'{"ref": "{id}", "amount": 1.10}'),
        (b'{"order_id": 17, "n": 17}', b'{"order_id": {number}, "n": 17}'),
        (b'{"customerId": 5, "ref": "a"}', b'{"customerId": 5, "ref": "{id}"}'),
        (
            b'{"order": {"id": "a"}, "links": ["a"]}',
            b'{"order": {"id": "{id}"}, "links": ["{id}"]}',
        ),
        (
            b'{"customerId": 4, "order": {"uuid": "x"}}',
            b'{"customerId": 4, "order": {"uuid": "{id}"}}',
        ),
        (b'{"item": {"id": 1}, "uuid": "x"}', b'{"item": {"id": 1}, "uuid": "{id}"}'),
        (b'[{"name": "x"}, {"number": "7"}]', b'[{"name": "x"}, {"number": "{id}"}]'),
    ],
)
def test_json(body: bytes, made: bytes) -> None:
    """The likeliest key of a JSON document gets the place, and nothing else of it changes."""
    sample, *_ = marked(body, {})
    assert sample.body == made
    assert sample.is_changed
    assert sample.properties == {"content_type": "application/json"}
    assert sample.template("").is_marked


@pytest.mark.parametrize(
    ("body", "place"),
    [(b'{"ref": "{id}"}', "{id}"), (b'{"ref": {number}}', "{number}"), (b"order {id}", "{id}")],
)
def test_marked_already(body: bytes, place: str) -> None:
    """A sample that says where its id goes stays as it is, and is told by the place that it has."""
    sample, *_ = marked(body, {})
    assert (sample.body, sample.is_changed) == (body, False)
    assert sample.words == f"{place} stands where its id goes"
    assert "message_id" not in sample.properties


def test_marked_in_a_property() -> None:
    """A property that has the place is enough."""
    (sample,) = marked(b'{"id": 1}', {"headers": {"id": "{id}"}, "content_type": "text/plain"})
    assert not sample.is_changed
    assert sample.properties["content_type"] == "text/plain"


@pytest.mark.parametrize(
    "body",
    [
        b'{"amount": 1}',
        b'{"valid": true, "paid": 1}',
        b"\xff\x00",
        b"7",
        '{"id": "a"}'.encode("utf-16"),
    ],
)
def test_nothing_like_an_id(body: bytes) -> None:
    """Where nothing looks like an id the message_id is one, and the words say so."""
    sample, *_ = marked(body, {})
    assert sample.body == body
    assert sample.properties["message_id"] == "{id}"
    assert "message_id" in sample.words


def test_ways() -> None:
    """Each value that looks like an id is a way, the likeliest first, and no more than three."""
    ways = marked(b'{"customer_id": 1, "ref": "a", "lines": [{"no": 2}], "old_ref": "b"}', {})
    assert [way.words.split(chr(34))[1] for way in ways] == ["ref", "no", "customer_id"]
    assert all(way.is_changed for way in ways)
