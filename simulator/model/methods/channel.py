"""Class channel: opening, closing, flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.model import events
from simulator.model.channel import Channel
from simulator.model.errors import AmqpError, Reply

if TYPE_CHECKING:
    from simulator.model import commands
    from simulator.model.connection import Connection
    from simulator.model.consumer import Consumer
    from simulator.model.queue import Queue
    from simulator.model.ready import Enqueued
    from simulator.model.state import State


def open_(state: State, connection: Connection, command: commands.ChannelOpen) -> None:
    """Open a channel; 504 when its number is in use, 530 when there would be too many."""
    if command.channel in connection.channels:
        raise AmqpError(Reply.CHANNEL_ERROR, "second 'channel.open' seen")
    if connection.vhost is None:
        raise AmqpError(Reply.CHANNEL_ERROR, "unexpected method in connection state opening")
    if 0 < connection.channel_max <= len(connection.channels):
        raise AmqpError(
            Reply.NOT_ALLOWED,
            f"number of channels opened ({len(connection.channels)}) has reached the negotiated channel_max "
            f"({connection.channel_max})",
        )
    access = connection.user.in_vhost(connection.vhost.name)
    connection.channels[command.channel] = Channel(
        connection, command.channel, connection.vhost, access
    )
    state.events.append(events.ChannelOpenOk(connection.number, command.channel))


def flow(state: State, channel: Channel, command: commands.ChannelFlow) -> None:
    """Answer that flow is on; 540 for turning it off."""
    if not command.active:
        raise AmqpError(Reply.NOT_IMPLEMENTED, "active=false")
    state.events.append(
        events.ChannelFlowOk(channel.connection.number, channel.number, active=True)
    )


def close(state: State, channel: Channel, command: commands.ChannelClose) -> None:  # noqa: ARG001 - a method
    """Release all the channel held and forget it."""
    if not channel.closing:
        release(state, channel)
    del channel.connection.channels[channel.number]
    state.events.append(events.ChannelCloseOk(channel.connection.number, channel.number))


def release(state: State, channel: Channel) -> None:
    """Remove the channel's consumers and put what it has not settled back into the queues."""
    held: dict[Queue, tuple[list[Consumer], list[Enqueued]]] = {}
    for consumer in channel.consumers.values():
        held.setdefault(consumer.queue, ([], []))[0].append(consumer)
    for _, enqueued in sorted(channel.unacked.items()):
        if not enqueued.queue.deleted:
            held.setdefault(enqueued.queue, ([], []))[1].append(enqueued)
    if channel.tx is not None:
        for _, settled in channel.tx.settlements:
            for enqueued in settled.values():
                held.setdefault(enqueued.queue, ([], []))[1].append(enqueued)
    channel.consumers.clear()
    channel.unacked.clear()
    if channel.reply_consumer is not None:
        state.reply_channels.pop(channel.reply_consumer[1], None)
        channel.reply_consumer = None
    for queue, (consumers, returned) in held.items():
        if not queue.deleted:
            queue.unacked_count -= len(returned)
            queue.remove_consumers(consumers, returned)
