"""What a stream makes of a message: it knows fewer types of headers, and says at which offset a message is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from warren.simulator.model.message import PERSISTENT
from warren.simulator.model.tables import field_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.simulator.model.message import Message
    from warren.simulator.model.stream_releases import StreamSemantics

OFFSET = "x-stream-offset"
FILTER_VALUE = "x-stream-filter-value"
TRANSIENT = 1
DROPPED = frozenset({"BCC", "x-exchange", "x-routing-key"})
DEATHS = "x-death"


def is_writable(message: Message, semantics: StreamSemantics) -> bool:
    """Tell whether a stream can keep these headers; RabbitMQ fails over decimals, and over odd filter values."""
    headers = message.properties.headers or {}
    if semantics.filters and not isinstance(headers.get(FILTER_VALUE, ""), str):
        return False
    return not any(field_type(each) == "decimal" for each in headers.values())


def as_delivered(
    message: Message, offset: int, semantics: StreamSemantics, long: Callable[[int], int]
) -> Message:
    """Return `message` as consumers get it."""
    headers = {
        name: value
        for name, value in (message.properties.headers or {}).items()
        if _is_kept(name, value, message, semantics)
    }
    headers[OFFSET] = long(offset)
    properties = message.properties.replace(headers=headers)
    if semantics.keeps_annotations and message.deaths:
        properties = properties.replace(expiration=_original_expiration(message))
    if semantics.tells_delivery_mode and properties.delivery_mode != PERSISTENT:
        properties = properties.replace(delivery_mode=TRANSIENT)
    return replace(message, properties=properties)


def filter_value(message: Message) -> str:
    """Return by what consumers may choose this message, the empty text for nothing."""
    value = (message.properties.headers or {}).get(FILTER_VALUE)
    return value if isinstance(value, str) else ""


def _original_expiration(message: Message) -> str | None:
    """Return what a dead letter was published with: other queues forget it at the death, a stream tells it."""
    for death in message.deaths:
        expiration = death.get("original-expiration")
        if isinstance(expiration, str):
            return expiration
    return None


def _is_kept(name: str, value: object, message: Message, semantics: StreamSemantics) -> bool:
    if name == DEATHS:
        return semantics.keeps_annotations and bool(message.deaths)
    is_annotation = name.startswith("x-") or name == "CC"
    if isinstance(value, list | dict) and not (is_annotation and semantics.keeps_annotations):
        return False
    return not (semantics.keeps_annotations and name in DROPPED)
