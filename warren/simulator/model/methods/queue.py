"""Class queue: declare, bind, unbind, purge, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode, not_found, precondition_failed
from warren.simulator.model import events
from warren.simulator.model.arguments import check_queue_arguments, check_server_named_type
from warren.simulator.model.limits import check_queues, check_topics
from warren.simulator.model.methods.exchange import check_binding, check_not_default
from warren.simulator.model.methods.lookup import (
    check_access,
    check_any_access,
    check_not_locked,
    check_not_reserved,
    clean,
    find_exchange,
    find_queue,
    locked,
    queue_name,
)
from warren.simulator.model.methods.publish import REPLY_TO
from warren.simulator.model.stream_arguments import comparable
from warren.simulator.model.tables import field_type, require_equivalent, require_same_field
from warren.simulator.model.vhost import UNDEFINED_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warren.simulator.model import commands
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.queue_types import QueueType
    from warren.simulator.model.state import State
    from warren.simulator.model.vhost import VHost


def declare(state: State, channel: Channel, command: commands.QueueDeclare) -> None:
    """Get or create a queue; 406 when it is different, 405 when it is another connection's."""
    name = clean(command.queue)
    if name.startswith(REPLY_TO):
        declare_reply_to(state, channel, name, command)
        return
    if command.passive:
        check_any_access(channel, "queue", name)
        queue = find_queue(channel, name)
    else:
        queue = get_or_create(state, channel, name, command)
    queue.touch()
    channel.last_queue = queue.name
    if not command.nowait:
        state.events.append(
            events.QueueDeclareOk(
                command.connection,
                command.channel,
                queue.name,
                *queue.declared_counts,
            )
        )


def get_or_create(
    state: State, channel: Channel, name: str, command: commands.QueueDeclare
) -> Queue:
    """Return the queue that `command` describes, made if need be; it may lack a name."""
    arguments = complete(channel.vhost, command)
    if name:
        check_not_reserved("queue", name) if name not in channel.vhost.queues else None
    else:
        check_server_named_type(arguments, channel.vhost.semantics)
        name = f"amq.gen-{next(state.names)}"
    check_access(channel, "configure", "queue", name)
    queue = channel.vhost.queues.get(name)
    if queue is None:
        return create(channel, name, command, arguments)
    check_equivalent(queue, command, arguments)
    return queue


def complete(vhost: VHost, command: commands.QueueDeclare) -> Mapping[str, object]:
    """Return the arguments of a declaration, with the type that the virtual host gives to a queue without one."""
    if "x-queue-type" in command.arguments:
        return command.arguments
    lasts = is_durable(command) and not command.auto_delete
    kind = default_type(vhost, lasts=lasts)
    return command.arguments if kind is None else {**command.arguments, "x-queue-type": kind}


def default_type(vhost: VHost, *, lasts: bool) -> str | None:
    """Return the type of a queue that names none, and that `lasts` or not; None where it is given none."""
    if vhost.default_queue_type == UNDEFINED_TYPE:
        return None
    if lasts or not vhost.semantics.queue_types[vhost.default_queue_type].replicated:
        return vhost.default_queue_type
    return "classic" if vhost.semantics.names_default_type else None


def is_durable(command: commands.QueueDeclare) -> bool:
    """Tell whether the queue survives a restart: an exclusive one cannot."""
    return command.durable and not command.exclusive


def create(
    channel: Channel, name: str, command: commands.QueueDeclare, arguments: Mapping[str, object]
) -> Queue:
    """Make the queue that `command` describes."""
    vhost = channel.vhost
    check_queues(vhost, name)
    resource = vhost.describe("queue", name)
    dead_letter_exchange = arguments.get("x-dead-letter-exchange")
    if isinstance(dead_letter_exchange, str):
        check_access(channel, "read", "queue", name)
        check_access(channel, "write", "exchange", dead_letter_exchange)
    elif "x-dead-letter-exchange" in arguments:
        given = field_type(dead_letter_exchange)
        raise precondition_failed(
            f"invalid type '{given}' for arg 'x-dead-letter-exchange' in {resource}"
        )
    kind = check_queue_arguments(arguments, resource, vhost.semantics)
    check_flags(kind, command, resource)
    queue = vhost.make_queue(
        name,
        kind,
        durable=is_durable(command),
        auto_delete=command.auto_delete,
        owner=command.connection if command.exclusive else None,
        arguments=arguments,
    )
    if queue.exclusive:
        channel.connection.exclusive_queues[queue] = None
    return queue


def check_flags(kind: QueueType, command: commands.QueueDeclare, resource: str) -> None:
    """Raise 406 when a queue of a replicated type would not be durable and everybody's."""
    wrong = (
        ("auto-delete", command.auto_delete),
        ("exclusive-owner", command.exclusive),
        ("non-durable", not command.durable),
    )
    for name, is_so in wrong if kind.replicated else ():
        if is_so:
            raise precondition_failed(f"invalid property '{name}' for {resource}")


def check_equivalent(
    queue: Queue, command: commands.QueueDeclare, arguments: Mapping[str, object]
) -> None:
    """Raise 405 or 406 when the queue is not as `command` describes it, with these arguments."""
    if queue.owner != (command.connection if command.exclusive else None):
        raise locked(queue)
    resource = queue.describe()
    require_same_field("durable", queue.durable, is_durable(command), resource)
    require_same_field("auto_delete", queue.auto_delete, command.auto_delete, resource)
    semantics = queue.state.semantics.stream
    current, given = comparable(queue.arguments, semantics), comparable(arguments, semantics)
    require_equivalent(current, given, queue.kind.arguments, resource)


def declare_reply_to(
    state: State, channel: Channel, name: str, command: commands.QueueDeclare
) -> None:
    """Answer for the queue that stands for direct replies: it exists while its consumer does."""
    if name != REPLY_TO and name not in state.reply_channels:
        raise not_found(channel.vhost.describe("queue", name))
    if not command.nowait:
        state.events.append(events.QueueDeclareOk(command.connection, command.channel, name, 0, 1))


def bind(state: State, channel: Channel, command: commands.QueueBind) -> None:
    """Bind a queue to an exchange."""
    name, exchange, key = ends(channel, command)
    source = find_exchange(channel, exchange)
    queue = channel.vhost.queues.get(name)
    if queue is None:
        raise not_found(channel.vhost.describe("queue", name))
    check_binding(source, queue, key, command.arguments)
    check_not_locked(channel, queue)
    channel.vhost.bind(source, queue, key, command.arguments)
    if not command.nowait:
        state.events.append(events.QueueBindOk(command.connection, command.channel))


def unbind(state: State, channel: Channel, command: commands.QueueUnbind) -> None:
    """Undo a binding of a queue, if it is there."""
    name, exchange, key = ends(channel, command)
    source, queue = channel.vhost.exchanges.get(exchange), channel.vhost.queues.get(name)
    if source is not None and queue is not None and source.is_bound(queue, key, command.arguments):
        check_not_locked(channel, queue)
        channel.vhost.unbind(source, queue, key, command.arguments)
    state.events.append(events.QueueUnbindOk(command.connection, command.channel))


def ends(
    channel: Channel, command: commands.QueueBind | commands.QueueUnbind
) -> tuple[str, str, str]:
    """Return the queue, the exchange and the key a command names, with the checks of both ends."""
    name = clean(queue_name(channel, command.queue))
    key = command.routing_key if command.queue or command.routing_key else name
    exchange = clean(command.exchange)
    check_access(channel, "write", "queue", name)
    check_not_default(exchange)
    check_access(channel, "read", "exchange", exchange)
    check_topics(channel, "read", exchange, (key,))
    if name.startswith(REPLY_TO) and channel.vhost.semantics.denies_reply_bindings:
        raise AmqpError(
            ReplyCode.ACCESS_REFUSED, "cannot bind or unbind to a volatile (direct reply-to) queue"
        )
    return name, exchange, key


def purge(state: State, channel: Channel, command: commands.QueuePurge) -> None:
    """Drop the ready messages of a queue, or a portion of them."""
    name = queue_name(channel, command.queue)
    check_access(channel, "read", "queue", name)
    queue = find_queue(channel, name)
    queue.check_purge()
    if command.portion:
        queue.drop_first(command.portion)
        return
    count = queue.purge() + command.dropped
    if not command.nowait:
        state.events.append(events.QueuePurgeOk(command.connection, command.channel, count))


def delete(state: State, channel: Channel, command: commands.QueueDelete) -> None:
    """Delete a queue, if there is one; 406 when it must be unused or empty and is not."""
    name = clean(queue_name(channel, command.queue))
    check_access(channel, "configure", "queue", name)
    queue = channel.vhost.queues.get(name)
    if queue is not None:
        check_not_locked(channel, queue)
        queue.check_delete(if_unused=command.if_unused, if_empty=command.if_empty)
    if not command.nowait:
        count = len(queue.ready) if queue is not None else 0
        state.events.append(events.QueueDeleteOk(command.connection, command.channel, count))
    if queue is not None:
        channel.vhost.delete_queue(queue)  # after the answer: its consumers hear of it then
