"""Field values in reply texts, and values that clash."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from warren.simulator.errors import AmqpError
from warren.simulator.model.tables import require_equivalent, text


@pytest.mark.parametrize(
    ("value", "worded"),
    [
        ("plain", "plain"),
        (b"\xff", "\udcff"),
        (True, "true"),
        (None, "undefined"),
        (1.5, "1.5"),
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
