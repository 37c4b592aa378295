"""Class ``access`` (30): tickets, which AMQP 0-8 had; clients that still ask are given one that means nothing."""

from warren.simulator.wire.methods.declaration import Bit, Method, Short, ShortString, method


@method(30, 10)
class AccessRequest(Method):
    """Asks for a ticket to a realm."""

    realm: ShortString = "/data"
    exclusive: Bit = False
    passive: Bit = True
    active: Bit = True
    write: Bit = True
    read: Bit = True


@method(30, 11)
class AccessRequestOk(Method):
    """The ticket."""

    ticket: Short = 1
