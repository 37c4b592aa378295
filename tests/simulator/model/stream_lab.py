"""A model broker with a stream, for tests that read as what a client does and sees."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.simulator.model.lab import START, Client, Lab
from warren.simulator.model import Version, events


def lab_with(semantics: Version = "4.3", /, **arguments: Any) -> tuple[Lab, Client]:
    """Return a broker with the stream s, declared with these arguments."""
    lab = Lab(semantics)
    declare(lab.channel(), "s", **arguments)
    return lab, lab.channel()


def declare(client: Client, name: str, **arguments: Any) -> list[Any]:
    """Declare a stream; an underscore in an argument stands for a hyphen."""
    given = {key.replace("_", "-"): value for key, value in arguments.items()}
    return client.declare(name, durable=True, arguments={"x-queue-type": "stream", **given})


def fill(client: Client, *sent: bytes) -> None:
    """Publish to the stream."""
    for body in sent:
        client.publish("s", body)


def read(client: Client, offset: Any = "first", prefetch: int = 100, **arguments: Any) -> list[Any]:
    """Consume from `offset` on; return what it causes."""
    client.qos(prefetch)
    given = {key.replace("_", "-"): value for key, value in arguments.items()}
    return client.consume("s", arguments={"x-stream-offset": offset, **given})


def deliveries(caused: list[Any]) -> list[Any]:
    """Return the deliveries."""
    return [each for each in caused if isinstance(each, events.BasicDeliver)]


def offsets(caused: list[Any]) -> list[object]:
    """Return the offsets of what was delivered."""
    return [each.message.properties.headers["x-stream-offset"] for each in deliveries(caused)]


def at(seconds: float) -> datetime:
    """Return a time after the lab's beginning."""
    return datetime.fromtimestamp(START + seconds, UTC)
