"""Field values in reply texts, and values that clash."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from warren.simulator.errors import AmqpError
from warren.simulator.model.tables import require_equivalent, same, text


@pytest.mark.parametrize(
    ("value", "worded"),
    [
        ("plain", "plain"),
        (b"\xff", "\udcff"),
        (True, "true"),
        (None, "undefined"),
        (1.5, "1.5"),
        (100.0, "100.0"),
        (-100000.0, "-1.0e5"),
        (0.00001, "1.0e-5"),
        (Decimal("-0.05"), "{2,-5}"),
        (datetime(2020, 1, 1, tzinfo=UTC), "1577836800"),
        ({}, "[]"),
        ({"a": 5, "b": "c"}, '[{<<"a">>,signedint,5},{<<"b">>,longstr,<<"c">>}]'),
        ([True, ""], "[{bool,true},{longstr,<<>>}]"),
    ],
)
def test_text(value: object, worded: str) -> None:
    """Text stands as it is, anything else as an Erlang term."""
    assert text(value) == worded


@pytest.mark.parametrize(
    ("current", "received", "said"),
    [
        ({}, {"x": None}, "received the value 'undefined' of type 'void' but current is none"),
        ({"x": None}, {"x": "a"}, "received 'a' but current is none"),
        ({"x": {}}, {"x": "a"}, "received 'a' but current is '[]'"),
        (
            {"x": Decimal("0.05")},
            {},
            "received none but current is the value '{2,5}' of type 'decimal'",
        ),
        ({"x": Decimal("0.05")}, {"x": "a"}, "INTERNAL_ERROR"),
    ],
)
def test_clash(current: dict[str, object], received: dict[str, object], said: str) -> None:
    """A clash says what both are; RabbitMQ fails over a decimal beside another value."""
    with pytest.raises(AmqpError) as caught:
        require_equivalent(current, received, ("x",), "queue 'q' in vhost '/'")
    assert caught.value.reply_text.endswith(said)


@pytest.mark.parametrize(
    ("left", "right", "equal", "loosely"),
    [
        (5, 5.0, False, True),
        (0.0, -0.0, False, True),
        (5, Decimal(5), False, False),
        (5.0, Decimal(5), False, False),
        (Decimal(5), Decimal("5.0"), False, False),
        (Decimal(5), Decimal(5), True, True),
        (1, True, False, False),
        ([1], [True], False, False),
        ([1], [1.0], False, False),
        ({"a": 1}, {"a": True}, False, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False, False),
        ([{"a": [1]}], [{"a": [1]}], True, True),
        ([], {}, True, True),
        ([[]], [{}], False, False),
        (None, None, True, True),
    ],
)
def test_same(left: object, right: object, equal: bool, loosely: bool) -> None:
    """Values are equal as RabbitMQ holds them, and not as Python does."""
    assert same(left, right, loose_numbers=False) is equal
    assert same(left, right, loose_numbers=True) is loosely


@pytest.mark.parametrize("received", [None, [1], {"a": 1}, True])
def test_a_type_that_is_none(received: object) -> None:
    """A queue is not declared again with another value where its type was named, nor with none."""
    with pytest.raises(AmqpError) as caught:
        require_equivalent(
            {"x-queue-type": "classic"}, {"x-queue-type": received}, ("x-queue-type",), "queue 'q'"
        )
    assert caught.value.reply_text.endswith("but current is 'classic'")
