"""Finding what a command names, with the checks and errors that RabbitMQ attaches to that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode, not_found
from warren.simulator.model.access import PERMISSIONS, Permission, require

if TYPE_CHECKING:
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.exchange import Exchange
    from warren.simulator.model.queue import Queue

RESERVED = "amq."


def check_access(channel: Channel, permission: Permission, kind: str, name: str) -> None:
    """Raise 403 unless the channel's user has `permission` on the queue or exchange `name`."""
    if getattr(channel.access, permission) is not None:
        user = channel.connection.user.name
        require(channel.access, permission, user, channel.vhost, (kind, name))


def check_any_access(channel: Channel, kind: str, name: str) -> None:
    """Raise 403 unless the channel's user may do what a passive declare asks for."""
    if channel.vhost.semantics.passive_needs_access and not any(
        channel.access.permits(permission, name) for permission in PERMISSIONS
    ):
        check_access(channel, "configure", kind, name)


def check_not_reserved(kind: str, name: str) -> None:
    """Raise 403 when a new resource would have a name that belongs to the broker."""
    if name.startswith(RESERVED):
        raise AmqpError(
            ReplyCode.ACCESS_REFUSED, f"{kind} name '{name}' contains reserved prefix 'amq.*'"
        )


def clean(name: str) -> str:
    """Return `name` without line ends, which RabbitMQ takes out of names."""
    return name.replace("\n", "").replace("\r", "")


def queue_name(channel: Channel, name: str) -> str:
    """Return `name`; for the empty one the queue this channel declared last, 404 if none."""
    if name:
        return name
    if not channel.last_queue:
        raise AmqpError(ReplyCode.NOT_FOUND, "no previously declared queue")
    return channel.last_queue


def find_queue(channel: Channel, name: str) -> Queue:
    """Return the queue; 404 when there is none, 405 when it is exclusive to another connection."""
    queue = channel.vhost.queues.get(name)
    if queue is None:
        raise not_found(channel.vhost.describe("queue", name))
    check_not_locked(channel, queue)
    return queue


def check_not_locked(channel: Channel, queue: Queue) -> None:
    """Raise 405 when the queue is exclusive to another connection."""
    if queue.owner is not None and queue.owner != channel.connection.number:
        raise locked(queue)


def locked(queue: Queue) -> AmqpError:
    """405: the queue is exclusive to another connection, or not declared as it was."""
    return AmqpError(
        ReplyCode.RESOURCE_LOCKED,
        f"cannot obtain exclusive access to locked {queue.describe()}. It could be originally "
        "declared on another connection or the exclusive property value does not match that of the "
        "original declaration.",
    )


def find_exchange(channel: Channel, name: str) -> Exchange:
    """Return the exchange; 404 when there is none."""
    exchange = channel.vhost.exchanges.get(name)
    if exchange is None:
        raise not_found(channel.vhost.describe("exchange", name))
    return exchange
