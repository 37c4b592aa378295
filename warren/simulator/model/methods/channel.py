"""Class channel: opening, closing, flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode
from warren.simulator.model import events
from warren.simulator.model.channel import Channel
from warren.simulator.model.limits import check_channels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.simulator.model import commands
    from warren.simulator.model.connection import Connection
    from warren.simulator.model.consumer import Consumer
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.ready import Enqueued
    from warren.simulator.model.state import State


def set_consumer_timeout(state: State, command: commands.SetConsumerTimeout) -> None:
    """Have channels that are opened, and consumers that begin, from now on have this time."""
    state.consumer_timeout = command.milliseconds


def open_(state: State, connection: Connection, command: commands.ChannelOpen) -> None:
    """Open a channel; 504 when its number is in use, 530 when there would be too many."""
    if command.channel in connection.channels:
        raise AmqpError(ReplyCode.CHANNEL_ERROR, "second 'channel.open' seen")
    if connection.vhost is None:
        raise AmqpError(ReplyCode.CHANNEL_ERROR, "unexpected method in connection state opening")
    check_room(connection)
    check_channels(state, connection.user)
    access = connection.user.in_vhost(connection.vhost.name)
    connection.channels[command.channel] = Channel(
        connection, command.channel, connection.vhost, access
    )
    state.events.append(events.ChannelOpenOk(connection.number, command.channel))


def check_room(connection: Connection) -> None:
    """Raise 530 when there are as many channels as were agreed: whatever is said on one more."""
    if 0 < connection.channel_max <= len(connection.channels):
        raise AmqpError(
            ReplyCode.NOT_ALLOWED,
            f"number of channels opened ({len(connection.channels)}) has reached the negotiated "
            f"channel_max ({connection.channel_max})",
        )


def flow(state: State, channel: Channel, command: commands.ChannelFlow) -> None:
    """Answer that flow is on; 540 for turning it off."""
    if not command.active:
        raise AmqpError(ReplyCode.NOT_IMPLEMENTED, "active=false")
    state.events.append(
        events.ChannelFlowOk(channel.connection.number, channel.number, active=True)
    )


def close(state: State, channel: Channel, _command: commands.ChannelClose) -> None:
    """Release all the channel held and forget it; one the broker closes waits for its close-ok."""
    if not channel.closing:
        forget(state, channel)
    state.events.append(events.ChannelCloseOk(channel.connection.number, channel.number))


def close_ok(state: State, channel: Channel, _command: commands.ChannelCloseOk) -> None:
    """Forget the channel the broker closes; 503 when it does not."""
    if not channel.closing:
        raise AmqpError(ReplyCode.COMMAND_INVALID, "unimplemented method")
    forget(state, channel)


def fail(state: State, channel: Channel) -> None:
    """Stop the channel after an error.

    Its consumers of classic queues end now, and what they hold goes back. Those of replicated queues
    end, and what was taken with basic.get from other queues goes back, only when the client has
    answered: so RabbitMQ does it.
    """
    channel.closing = True
    roll_back(channel)
    consumers, held = channel.consumers, channel.unacked
    ending = {tag: each for tag, each in consumers.items() if not each.queue.kind.replicated}
    consumed = {consumer.queue for consumer in ending.values()}
    channel.consumers = ending
    channel.unacked = {tag: item for tag, item in held.items() if item.queue in consumed}
    release(state, (channel,))
    channel.consumers = {tag: each for tag, each in consumers.items() if tag not in ending}
    channel.unacked = {tag: item for tag, item in held.items() if item.queue not in consumed}


def forget(state: State, channel: Channel) -> None:
    """Release all the channel held; its number is free again."""
    del channel.connection.channels[channel.number]
    release(state, (channel,))


def roll_back(channel: Channel) -> None:
    """Undo what the channel's transaction has settled, if it has one."""
    if channel.tx is not None:
        for _, deliveries in channel.tx.settlements:
            channel.unacked.update(deliveries)
        channel.oldest_tag = min(channel.unacked, default=channel.next_delivery_tag)
        channel.tx = None


def release(state: State, channels: Iterable[Channel]) -> None:
    """Remove the channels' consumers and put what they have not settled back into the queues.

    All consumers go before anything is put back, so that nothing is delivered to one that is going.
    """
    held: dict[Queue, tuple[list[Consumer], list[Enqueued]]] = {}
    for channel in channels:
        roll_back(channel)
        for consumer in channel.consumers.values():
            held.setdefault(consumer.queue, ([], []))[0].append(consumer)
        for _, enqueued in sorted(channel.unacked.items()):
            held.setdefault(enqueued.queue, ([], []))[1].append(enqueued)
        channel.consumers = {}
        channel.unacked = {}
        if channel.reply_consumer is not None:
            del state.reply_channels[channel.reply_consumer[1]]
            channel.reply_consumer = None
    for queue, (consumers, returned) in held.items():
        if not queue.deleted:
            queue.remove_consumers(consumers, returned)
