"""One method that settles many deliveries, done in portions: between two of them others have their turns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from warren.simulator import wire
from warren.simulator.model import commands

if TYPE_CHECKING:
    from warren.simulator.model import Broker
    from warren.simulator.model.channel import Channel
    from warren.simulator.wire.connection_events import WireEvent

PORTION = 512
"""How many deliveries are settled at once."""
Settling = commands.BasicAck | commands.BasicNack


def first_portion(broker: Broker, command: Settling) -> tuple[Settling, int | None]:
    """Return what settles the first of these deliveries, and the tag up to which there are more; None for no more.

    The tag is never 0: what is delivered between two portions was not meant.
    """
    client = broker.connections.get(command.connection)
    channel = None if client is None else client.channels.get(command.channel)
    if channel is None or len(channel.unacked) <= PORTION or channel.tx is not None:
        return command, None
    last = command.delivery_tag or channel.next_delivery_tag - 1
    if command.delivery_tag and last not in channel.unacked:
        return command, None  # it is refused
    until = _end_of_portion(channel, last)
    return (command, None) if until is None else (replace(command, delivery_tag=until), last)


def up_to(event: WireEvent, tag: int) -> WireEvent:
    """Return the same method, for the deliveries up to this tag."""
    assert isinstance(event, wire.Message)
    method = event.method
    if isinstance(method, wire.BasicNack):
        return wire.Message(
            event.channel, wire.BasicNack(tag, multiple=True, requeue=method.requeue)
        )
    return wire.Message(event.channel, wire.BasicAck(tag, multiple=True))


def _end_of_portion(channel: Channel, last: int) -> int | None:
    """Return the tag of the delivery that ends a portion, None when there are not that many before the last."""
    count = 0
    for tag in range(channel.oldest_tag, last):
        count += tag in channel.unacked
        if count == PORTION:
            return tag
    return None
