"""Class ``exchange`` (40): declare and delete; and RabbitMQ's bindings between exchanges."""

from dataclasses import field
from typing import ClassVar

from warren.simulator.wire.methods.declaration import Bit, Method, Short, ShortString, Table, method


@method(40, 10)
class ExchangeDeclare(Method):
    """Makes the exchange, or checks that it is as described (``passive``: that it exists)."""

    reserved_1: ClassVar[Short]
    exchange: ShortString = ""
    type: ShortString = "direct"
    passive: Bit = False
    durable: Bit = False
    auto_delete: Bit = False
    internal: Bit = False
    no_wait: Bit = False
    arguments: Table = field(default_factory=dict)


@method(40, 11)
class ExchangeDeclareOk(Method):
    """It exists."""


@method(40, 20)
class ExchangeDelete(Method):
    """Removes the exchange and its bindings."""

    reserved_1: ClassVar[Short]
    exchange: ShortString = ""
    if_unused: Bit = False
    no_wait: Bit = False


@method(40, 21)
class ExchangeDeleteOk(Method):
    """It is gone."""


@method(40, 30)
class ExchangeBind(Method):
    """Routes from one exchange to another. RabbitMQ only."""

    reserved_1: ClassVar[Short]
    destination: ShortString = ""
    source: ShortString = ""
    routing_key: ShortString = ""
    no_wait: Bit = False
    arguments: Table = field(default_factory=dict)


@method(40, 31)
class ExchangeBindOk(Method):
    """The binding exists. RabbitMQ only."""


@method(40, 40)
class ExchangeUnbind(Method):
    """Removes such a binding. RabbitMQ only."""

    reserved_1: ClassVar[Short]
    destination: ShortString = ""
    source: ShortString = ""
    routing_key: ShortString = ""
    no_wait: Bit = False
    arguments: Table = field(default_factory=dict)


@method(40, 51)
class ExchangeUnbindOk(Method):
    """The binding is gone; its number breaks the row in RabbitMQ too. RabbitMQ only."""
