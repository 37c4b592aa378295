"""basic.publish: checks, routing, returns and confirms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode, precondition_failed
from warren.simulator.model import events
from warren.simulator.model.arguments import MAX_EXPIRY
from warren.simulator.model.limits import check_topics
from warren.simulator.model.message import Message
from warren.simulator.model.methods.lookup import check_access, find_exchange
from warren.simulator.model.tables import field_type

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from warren.simulator.model import commands
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.state import State

REPLY_TO = "amq.rabbitmq.reply-to"
"""What a client consumes from, and names in reply_to, to get replies without a queue."""
DELIVERY_MODES = (None, 1, 2)
REPLY_NAME = f"{REPLY_TO}."
REPLY_ADDRESS = re.compile(re.escape(REPLY_NAME) + r"\d+-\d+\.")
"""How a direct reply-to name begins that this broker has given: it says which channel has it."""


def publish(state: State, channel: Channel, command: commands.BasicPublish) -> None:
    """Route a message to its queues, now or at commit."""
    message = command.message
    check(channel, command, message)
    exchange = find_exchange(channel, message.exchange)
    if exchange.internal:
        raise AmqpError(
            ReplyCode.ACCESS_REFUSED, f"cannot publish to internal {exchange.describe()}"
        )
    properties = message.properties
    if (
        properties.headers is not None
        or properties.expiration is not None
        or properties.reply_to is not None
        or properties.user_id is not None
    ):
        message = examine(channel, message)
    if channel.access.topics:
        copies = state.semantics.topic_permission_for_copies
        keys = message.routing_keys if copies else (message.routing_key,)
        check_topics(channel, "write", message.exchange, keys)
    if properties.delivery_mode not in DELIVERY_MODES and state.semantics.checks_delivery_mode:
        raise precondition_failed(
            f"invalid message: {{delivery_mode_unknown,{properties.delivery_mode}}}"
        )
    if channel.tx is None:
        routed = reply(state, message)
        mandatory = command.mandatory and not routed
        distribute(state, channel, message, exchange.route(message), mandatory=mandatory)
    else:
        if state.semantics.replies_before_commit:
            reply(state, message)
        channel.tx.publish(message, exchange.targets(message), mandatory=command.mandatory)


def check(channel: Channel, command: commands.BasicPublish, message: Message) -> None:
    """Raise for what RabbitMQ refuses before it looks at the exchange."""
    if command.immediate:
        raise AmqpError(ReplyCode.NOT_IMPLEMENTED, "immediate=true")
    limit = channel.vhost.semantics.max_message_size
    if len(message.body) > limit:
        raise precondition_failed(
            f"message size {len(message.body)} is larger than configured max size {limit}"
        )
    if channel.access.write is not None:
        check_access(channel, "write", "exchange", message.exchange)


def distribute(
    state: State,
    channel: Channel,
    message: Message,
    queues: Collection[Queue],
    *,
    mandatory: bool,
    heard_full: Mapping[Queue, bool] | None = None,
) -> bool:
    """Put a routed message into its queues; return or confirm it.

    Return False when a queue refused it, or has been deleted. `heard_full`: of which queues a transaction
    heard before its commit that they are full, and of which not.
    """
    taken = True
    state.meter.work += len(queues)
    traffic = channel.vhost.traffic
    traffic.publish += 1
    for queue in queues:
        queue.traffic.publish += 1
        if heard_full is not None and queue.answers_late and not queue.deleted:
            if not heard_full[queue]:
                queue.enqueue(message)
        elif queue.deleted or not queue.enqueue(message, channel):
            taken = False
    if not queues and not mandatory:
        traffic.drop_unroutable += 1
    elif not queues:
        traffic.return_unroutable += 1
        state.events.append(
            events.BasicReturn(
                channel.connection.number,
                channel.number,
                ReplyCode.NO_ROUTE,
                ReplyCode.NO_ROUTE.name,
                message,
            )
        )
    if channel.confirming:
        tag = channel.next_publish_tag
        channel.next_publish_tag = tag + 1
        traffic.confirm += taken
        answer = events.BasicAck if taken else events.BasicNack
        state.events.append(answer(channel.connection.number, channel.number, tag))
    return taken


def reply(state: State, message: Message) -> bool:
    """Deliver a direct reply to each of its keys; return whether it counts as routed by that."""
    is_plain = not (message.copies or message.blind_copies)
    if message.exchange or (is_plain and not message.routing_key.startswith(REPLY_NAME)):
        return False
    names = [key for key in dict.fromkeys(message.routing_keys) if key.startswith(REPLY_NAME)]
    for name in names:
        channel = state.reply_channels.get(name)
        if channel is not None and channel.reply_consumer is not None:
            tag = channel.next_delivery_tag
            channel.next_delivery_tag = tag + state.semantics.replies_take_tags
            number, consumer_tag = channel.connection.number, channel.reply_consumer[0]
            state.events.append(
                events.BasicDeliver(
                    number, channel.number, consumer_tag, tag, redelivered=False, message=message
                )
            )
    return state.semantics.reply_to_is_routable and any(map(REPLY_ADDRESS.match, names))


def examine(channel: Channel, message: Message) -> Message:
    """Check the properties that the broker heeds; return the message as it goes on."""
    properties = message.properties
    if properties.reply_to == REPLY_TO:
        if channel.reply_consumer is None:
            raise precondition_failed("fast reply consumer does not exist")
        properties = properties.replace(reply_to=channel.reply_consumer[1])
    if properties.expiration is not None:
        milliseconds = parse_expiration(properties.expiration)
        if channel.vhost.semantics.plain_expiration and properties.expiration != milliseconds:
            properties = properties.replace(expiration=milliseconds)
    user = channel.connection.user
    if properties.user_id is not None and properties.user_id != user.name and not user.impersonator:
        raise precondition_failed(
            f"user_id property set to '{properties.user_id}' but authenticated user was "
            f"'{user.name}'"
        )
    headers = properties.headers or {}
    copies, blind_copies = copy_keys(headers, "CC"), copy_keys(headers, "BCC")
    if "BCC" in headers:
        properties = properties.replace(
            headers={key: headers[key] for key in headers if key != "BCC"}
        )
    return Message(
        message.exchange, message.routing_key, properties, message.body, copies, blind_copies
    )


def copy_keys(headers: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Return the routing keys that the header CC or BCC adds; 406 when it is not an array."""
    keys = headers.get(name, [])
    if not isinstance(keys, list):
        raise precondition_failed(
            f'invalid message: {{unacceptable_type_in_header,"{name}",{field_type(keys)}}}'
        )
    return tuple(key for key in keys if isinstance(key, str))


def parse_expiration(expiration: str) -> str:
    """Return the plain number; 406 unless it is whole milliseconds, from 0 to ten years."""
    digits = expiration[1:] if expiration[:1] in {"-", "+"} else expiration
    leading = len(digits) - len(digits.lstrip("0123456789"))
    if not leading:
        raise _bad_expiration(expiration, "no_integer")
    if leading < len(digits):
        raise _bad_expiration(expiration, f'{{leftover_string,"{digits[leading:]}"}}')
    value = int(expiration)
    if value < 0:
        raise _bad_expiration(expiration, f"{{value_negative,{value}}}")
    if value > MAX_EXPIRY:
        raise _bad_expiration(expiration, f"{{value_too_large,{value}}}")
    return str(value)


def _bad_expiration(expiration: str, reason: str) -> AmqpError:
    return precondition_failed(f"invalid expiration '{expiration}': {reason}")
