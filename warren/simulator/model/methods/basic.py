"""Class basic: qos, consume, cancel, get and settlement. Publishing: `methods.publish`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode, precondition_failed
from warren.simulator.model import events
from warren.simulator.model.arguments import check_consumer_arguments
from warren.simulator.model.changes import Place
from warren.simulator.model.consumer import Consumer
from warren.simulator.model.methods.lookup import check_access, find_queue, queue_name
from warren.simulator.model.methods.publish import REPLY_NAME, REPLY_TO
from warren.simulator.model.settlement import (
    Settlement,
    acknowledge,
    collect,
    settle,
    unknown_delivery_tag,
    wake,
)

if TYPE_CHECKING:
    from warren.simulator.model import commands
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.state import State


def qos(state: State, channel: Channel, command: commands.BasicQos) -> None:
    """Set the prefetch of coming consumers, or of the whole channel."""
    if command.prefetch_size:
        raise AmqpError(ReplyCode.NOT_IMPLEMENTED, f"prefetch_size!=0 ({command.prefetch_size})")
    if command.global_ and state.semantics.global_prefetch:
        if not channel.global_prefetch:
            channel.global_unacked = len(channel.unacked)
        channel.global_prefetch = command.prefetch_count
    else:
        channel.prefetch = command.prefetch_count
        channel.global_prefetch = 0
    state.events.append(events.BasicQosOk(command.connection, command.channel))
    wake(channel)


def consume(state: State, channel: Channel, command: commands.BasicConsume) -> None:
    """Begin a subscription; deliveries follow the answer."""
    name, tag = queue_name(channel, command.queue), command.consumer_tag
    if tag in channel.consumers:
        raise AmqpError(ReplyCode.NOT_ALLOWED, f"attempt to reuse consumer tag '{tag}'")
    if name == REPLY_TO:
        consume_replies(state, channel, command)
        return
    check_access(channel, "read", "queue", name)
    tag = tag or f"amq.ctag-{next(state.names)}"
    queue = find_queue(channel, name)
    check_consumer_arguments(command.arguments, queue.kind, queue.describe(), state.semantics)
    queue.check_consume(channel, exclusive=command.exclusive, no_ack=command.no_ack)
    consumer = Consumer(
        channel,
        queue,
        tag,
        no_ack=command.no_ack,
        exclusive=command.exclusive,
        prefetch=channel.prefetch,
        arguments=command.arguments,
    )
    channel.consumers[tag] = consumer
    queue.add_consumer(consumer)
    if not command.nowait:
        state.events.append(events.BasicConsumeOk(command.connection, command.channel, tag))
    queue.pump()


def consume_replies(state: State, channel: Channel, command: commands.BasicConsume) -> None:
    """Begin to take direct replies: one consumer a channel, without acknowledgement."""
    if not command.no_ack:
        raise precondition_failed("reply consumer cannot acknowledge")
    if channel.reply_consumer is not None:
        raise precondition_failed("reply consumer already set")
    tag = command.consumer_tag or f"amq.ctag-{next(state.names)}"
    name = f"{REPLY_NAME}{command.connection}-{command.channel}.{next(state.names)}"
    channel.reply_consumer = (tag, name)
    state.reply_channels[name] = channel
    if not command.nowait:
        state.events.append(events.BasicConsumeOk(command.connection, command.channel, tag))


def cancel(state: State, channel: Channel, command: commands.BasicCancel) -> None:
    """End a subscription; what it holds stays unacknowledged."""
    tag = command.consumer_tag
    if not command.nowait:
        state.events.append(events.BasicCancelOk(command.connection, command.channel, tag))
    if channel.reply_consumer is not None and channel.reply_consumer[0] == tag:
        del state.reply_channels[channel.reply_consumer[1]]
        channel.reply_consumer = None
        return
    consumer = channel.consumers.pop(tag, None)
    if consumer is not None:
        consumer.queue.remove_consumers((consumer,))


def get(state: State, channel: Channel, command: commands.BasicGet) -> None:
    """Hand over one message, if one is ready."""
    name = queue_name(channel, command.queue)
    check_access(channel, "read", "queue", name)
    queue = find_queue(channel, name)
    queue.check_get()
    queue.touch()
    if not queue.ready:
        queue.traffic.get_empty += 1
        state.events.append(events.BasicGetEmpty(command.connection, command.channel))
        return
    enqueued = queue.get(settled=command.no_ack)
    tag = channel.next_delivery_tag
    channel.next_delivery_tag = tag + 1
    queue.traffic.redeliver += enqueued.redelivered
    if command.no_ack:
        queue.traffic.get_no_ack += 1
        queue.note(enqueued, Place.GONE)
    else:
        queue.traffic.get += 1
        queue.hold(channel, enqueued, tag)
    state.events.append(
        events.BasicGetOk(
            command.connection,
            command.channel,
            tag,
            enqueued.redelivered,
            queue.message_count,
            queue.show(enqueued),
        )
    )


def ack(_state: State, channel: Channel, command: commands.BasicAck) -> None:
    """Settle deliveries that were worked on."""
    if command.multiple or channel.tx is not None:
        end(channel, command.delivery_tag, Settlement.ACK, multiple=command.multiple)
        return
    enqueued = channel.unacked.pop(command.delivery_tag, None)
    if enqueued is None:
        raise unknown_delivery_tag(command.delivery_tag)
    acknowledge(channel, enqueued)


def nack(_state: State, channel: Channel, command: commands.BasicNack) -> None:
    """Give deliveries back, or let them go."""
    how = Settlement.REQUEUE if command.requeue else Settlement.DISCARD
    end(channel, command.delivery_tag, how, multiple=command.multiple)


def reject(_state: State, channel: Channel, command: commands.BasicReject) -> None:
    """Give one delivery back, or let it go."""
    how = Settlement.REJECT_REQUEUE if command.requeue else Settlement.REJECT_DISCARD
    end(channel, command.delivery_tag, how, multiple=False)


def end(channel: Channel, tag: int, how: Settlement, *, multiple: bool) -> None:
    """Settle deliveries, now or at commit."""
    taken = collect(channel, tag, multiple=multiple)
    if channel.tx is None:
        settle(channel, taken, how)
    else:
        channel.tx.settlements.append((how, taken))


def recover(state: State, channel: Channel, command: commands.BasicRecover) -> None:
    """Requeue all that is unacknowledged; 540 for redelivery to the same consumer."""
    if not command.requeue:
        raise AmqpError(ReplyCode.NOT_IMPLEMENTED, "requeue=false")
    settle(channel, collect(channel, command.delivery_tag, multiple=True), Settlement.RECOVER)
    if not command.asynchronous:
        state.events.append(events.BasicRecoverOk(command.connection, command.channel))
