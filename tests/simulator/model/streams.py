"""Events in a form in which two brokers' can be compared: by what orders them, without chance."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from warren.simulator.model.events import QueueDeclareOk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

INTEGER_TYPE = re.compile(r"\b(unsigned)?(byte|short|signedint|int|long)\b")
"""pamqp writes an integer as the smallest type it fits, and RabbitMQ's errors name the type."""

WRAPPED = re.compile(r",\n +")
"""RabbitMQ breaks a long term in an error's text into lines."""


def plain(value: Any) -> Any:
    """Return a header value without the times of deaths, which cannot be the same."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in sorted(value.items()) if key != "time"}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def normal(event: Any, uncounted: Collection[str] = ()) -> Any:
    """Return an event in a form that compares across the two brokers.

    How many messages a queue that is `uncounted` has is left out: of a stream, RabbitMQ says what it had a while ago.
    """
    message = getattr(event, "message", None)
    rest = {
        each.name: getattr(event, each.name) for each in fields(event) if each.name != "message"
    }
    if isinstance(event, QueueDeclareOk) and event.queue in uncounted:
        del rest["message_count"]
    if "reply_text" in rest:
        text = WRAPPED.sub(",", rest["reply_text"])
        rest["reply_text"] = INTEGER_TYPE.sub("integer", text)
    if message is not None:
        properties = {
            name: plain(value)
            for name, value in vars(message.properties).items()
            if value is not None
        }
        rest["message"] = (message.exchange, message.routing_key, properties, bytes(message.body))
    return (type(event).__name__, rest)


def by_stream(all_events: Iterable[Any], uncounted: Collection[str] = ()) -> dict[Any, list[Any]]:
    """Sort events by what orders them: deliveries by consumer, the rest by channel; `uncounted` as in `normal`."""
    streams: dict[Any, list[Any]] = {}
    for event in all_events:
        kind = type(event).__name__
        if kind == "ChannelFlowOk":
            continue  # the barrier's own
        where: tuple[Any, ...] = (event.connection, getattr(event, "channel", 0))
        if kind == "BasicDeliver":
            where = (*where, "deliver", event.consumer_tag)
        elif kind in {"BasicAck", "BasicNack"}:
            where = (*where, "confirm")
        elif kind == "BasicCancel":
            where = (*where, "cancel", event.consumer_tag)
        streams.setdefault(where, []).append(normal(event, uncounted))
    for where, stream in streams.items():
        if "confirm" in where:
            stream.sort(key=str)
    return streams


def without_counts(seen: Iterable[Any], probe: int) -> list[Any]:
    """Return events without the counts asked for on channel `probe`, which are asked for again.

    What else comes there stays: that the channel was opened is said once.
    """
    return [
        event
        for event in seen
        if not (isinstance(event, QueueDeclareOk) and event.channel == probe)
    ]


def without_races(streams: Mapping[Any, Any]) -> Any:
    """Return streams without what depends on which of RabbitMQ's processes was first.

    That is the delivery tags, when two queues deliver to one channel, and what is still delivered
    to a channel or connection that is being closed.
    """
    closed = {where for where, stream in streams.items() if stream[-1][0] == "ChannelClose"}
    hung_up = {where[0] for where, stream in streams.items() if stream[-1][0] == "ConnectionClose"}
    return {
        where: [
            (name, {**rest, "delivery_tag": 0} if name == "BasicDeliver" else rest)
            for name, rest in stream
        ]
        for where, stream in streams.items()
        if "deliver" not in where or not (where[:2] in closed or where[0] in hung_up)
    }
