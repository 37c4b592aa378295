"""One method that is about many messages, done in portions: between two of them others have their turns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from warren.simulator.model import commands

if TYPE_CHECKING:
    from warren.simulator.model import Broker
    from warren.simulator.model.channel import Channel

PORTION = 512
"""How many deliveries are settled at once, and how much of a transaction is committed."""
DROPPED_AT_ONCE = 4096
"""How many messages a purge drops at once, where that is kept: more than others can publish between two portions."""
Settling = commands.BasicAck | commands.BasicNack | commands.BasicRecover
Portioned = Settling | commands.TxCommit | commands.QueuePurge


def first_portion(broker: Broker, command: Portioned) -> tuple[Portioned, Portioned | None]:
    """Return what does the first portion, and what does the others; None for no more."""
    if isinstance(command, commands.BasicAck | commands.BasicNack) and not command.multiple:
        return command, None
    client = broker.connections.get(command.connection)
    channel = None if client is None else client.channels.get(command.channel)
    if channel is None:
        return command, None
    if isinstance(command, commands.TxCommit):
        return _commit(channel, command)
    if isinstance(command, commands.QueuePurge):
        return _purge(channel, command)
    return _settle(channel, command)


def _commit(
    channel: Channel, command: commands.TxCommit
) -> tuple[Portioned, commands.TxCommit | None]:
    if channel.tx is None or len(channel.tx) <= PORTION:
        return command, None
    return replace(command, portion=PORTION), command


def _purge(
    channel: Channel, command: commands.QueuePurge
) -> tuple[Portioned, commands.QueuePurge | None]:
    """Let a queue that is not kept be purged at once: nothing is to be written then."""
    queue = channel.vhost.queues.get(command.queue or channel.last_queue)
    if queue is None or queue.changes is None or len(queue.ready) <= DROPPED_AT_ONCE:
        return command, None
    dropped = command.dropped + DROPPED_AT_ONCE
    return replace(command, portion=DROPPED_AT_ONCE), replace(command, dropped=dropped)


def _settle(channel: Channel, command: Settling) -> tuple[Portioned, Settling | None]:
    """Name the last of these deliveries in the rest: what is delivered between two portions was not meant."""
    if len(channel.unacked) <= PORTION or channel.tx is not None:
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
