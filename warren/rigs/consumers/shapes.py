"""The shapes in which a message may come: its properties beside its work (AMQP 0-9-1, sections 4.2.5 and 4.2.6).

No shape makes good work bad. What a body says is the workload's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from warren.simulator.wire import (
    BasicProperties,
    FieldValue,
    Float32,
    Int8,
    Int16,
    Int64,
    Timestamp,
    UInt8,
    UInt16,
    UInt32,
)
from warren.worlds.protocol import DIRECT_REPLY_TO

Shape = Callable[[BasicProperties], BasicProperties]
"""Changes the properties with which a message would be published."""

FIELDS: Final[Mapping[str, FieldValue]] = {
    "t": True,
    "b": Int8(-8),
    "B": UInt8(200),
    "s": Int16(-1600),
    "u": UInt16(60_000),
    "I": -320_000,
    "i": UInt32(4_000_000_000),
    "l": Int64(-(2**40)),
    "f": Float32(0.5),
    "d": 1.25,
    "D": Decimal("-3.14"),
    "S": "text \u00e9\u4e2d",
    "A": ["text", 1, True, None, {"key": "value"}],
    "T": Timestamp(1_700_000_000),
    "F": {"key": "value", "table": {"list": [1, 2]}},
    "V": None,
    "x": b"\x00\xff",
}
"""A value of each type that a header may have in RabbitMQ, by the octet of the type."""


EVERY_TYPE: Final[Mapping[str, FieldValue]] = {f"of-type-{o}": v for o, v in FIELDS.items()}
"""A header of each type, by its name."""


def as_it_is(properties: BasicProperties) -> BasicProperties:
    """Change nothing."""
    return properties


def answering_directly(properties: BasicProperties) -> BasicProperties:
    """Have the reply come by direct reply-to, without a queue."""
    return replace(properties, reply_to=DIRECT_REPLY_TO)


def headers(table: Mapping[str, FieldValue]) -> Shape:
    """Give the message these headers."""
    return lambda properties: replace(properties, headers=dict(table))


def named(message_id: str) -> Shape:
    """Give the message this id in place of its own."""
    return lambda properties: replace(properties, message_id=message_id)


def expiring(milliseconds: int) -> Shape:
    """Have the message expire after so long in a queue."""
    return lambda properties: replace(properties, expiration=str(milliseconds))


def both(first: Shape, second: Shape) -> Shape:
    """Change one way, then the other."""
    return lambda properties: second(first(properties))


def without(*names: str) -> Shape:
    """Leave out properties; a message needs none of them."""
    return lambda properties: replace(properties, **dict.fromkeys(names))


def with_unused(properties: BasicProperties) -> BasicProperties:
    """Give the message every property that no design has a use for, but for user_id, which a broker checks."""
    return replace(
        properties,
        content_encoding="utf-8",
        priority=9,
        expiration="3600000",
        timestamp=1_700_000_000,
        type="warren.type",
        app_id="warren",
        cluster_id="warren",
    )
