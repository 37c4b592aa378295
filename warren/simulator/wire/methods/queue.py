"""Class ``queue`` (50): declare, bind, purge, delete, unbind."""

from dataclasses import field
from typing import ClassVar

from warren.simulator.wire.methods.declaration import (
    Bit,
    Long,
    Method,
    Short,
    ShortString,
    Table,
    method,
)


@method(50, 10)
class QueueDeclare(Method):
    """Makes the queue, or checks that it is as described; "" lets the broker choose a name."""

    reserved_1: ClassVar[Short]
    queue: ShortString = ""
    passive: Bit = False
    durable: Bit = False
    exclusive: Bit = False
    auto_delete: Bit = False
    no_wait: Bit = False
    arguments: Table = field(default_factory=dict)


@method(50, 11)
class QueueDeclareOk(Method):
    """Its name, how many messages are ready, and how many consumers it has."""

    queue: ShortString = ""
    message_count: Long = 0
    consumer_count: Long = 0


@method(50, 20)
class QueueBind(Method):
    """Routes from an exchange to the queue."""

    reserved_1: ClassVar[Short]
    queue: ShortString = ""
    exchange: ShortString = ""
    routing_key: ShortString = ""
    no_wait: Bit = False
    arguments: Table = field(default_factory=dict)


@method(50, 21)
class QueueBindOk(Method):
    """The binding exists."""


@method(50, 30)
class QueuePurge(Method):
    """Drops every ready message."""

    reserved_1: ClassVar[Short]
    queue: ShortString = ""
    no_wait: Bit = False


@method(50, 31)
class QueuePurgeOk(Method):
    """How many were dropped."""

    message_count: Long = 0


@method(50, 40)
class QueueDelete(Method):
    """Removes the queue, its messages and its bindings."""

    reserved_1: ClassVar[Short]
    queue: ShortString = ""
    if_unused: Bit = False
    if_empty: Bit = False
    no_wait: Bit = False


@method(50, 41)
class QueueDeleteOk(Method):
    """How many messages went with it."""

    message_count: Long = 0


@method(50, 50)
class QueueUnbind(Method):
    """Removes a binding; it always asks for an answer."""

    reserved_1: ClassVar[Short]
    queue: ShortString = ""
    exchange: ShortString = ""
    routing_key: ShortString = ""
    arguments: Table = field(default_factory=dict)


@method(50, 51)
class QueueUnbindOk(Method):
    """The binding is gone."""
