"""One method that settles many deliveries, done in portions: between two of them others have their turns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from warren.simulator.model import commands

if TYPE_CHECKING:
    from warren.simulator.model import Broker
    from warren.simulator.model.channel import Channel

PORTION = 512
"""How many deliveries are settled at once."""
Settling = commands.BasicAck | commands.BasicNack | commands.BasicRecover


def first_portion(broker: Broker, command: Settling) -> tuple[Settling, Settling | None]:
    """Return what settles the first of these deliveries, and what settles the others; None for no more.

    That names the last of them: what is delivered between two portions was not meant.
    """
    if not (isinstance(command, commands.BasicRecover) or command.multiple):
        return command, None
    client = broker.connections.get(command.connection)
    channel = None if client is None else client.channels.get(command.channel)
    if channel is None or len(channel.unacked) <= PORTION or channel.tx is not None:
        return command, None
    last = command.delivery_tag or max(channel.unacked)
    wrong = isinstance(command, commands.BasicRecover) and not command.requeue
    if wrong or last not in channel.unacked:
        return command, None  # it is refused
    until = _end_of_portion(channel, last)
    if until is None:
        return command, None
    first = replace(command, delivery_tag=until)
    if isinstance(first, commands.BasicRecover):
        first = replace(first, asynchronous=True)  # the last portion is answered
    return first, replace(command, delivery_tag=last)


def _end_of_portion(channel: Channel, last: int) -> int | None:
    """Return the tag of the delivery that ends a portion, None when there are not that many before the last."""
    count = 0
    for tag in range(channel.oldest_tag, last):
        count += tag in channel.unacked
        if count == PORTION:
            return tag
    return None
