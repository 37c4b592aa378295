"""RabbitMQ's AMQP 0-9-1 behaviour as a pure model: commands in, events out, no clock, no I/O.

No chance.

`Broker` is the entry; `commands` and `events` are what goes in and comes out. Sockets and frames
live elsewhere.
"""

from simulator.model import commands, events
from simulator.model.broker import Broker
from simulator.model.errors import AmqpError, Reply
from simulator.model.message import Message, Properties
from simulator.model.semantics import SEMANTICS, Semantics, Version
from simulator.model.tables import FieldTypes

__all__ = [
    "SEMANTICS",
    "AmqpError",
    "Broker",
    "FieldTypes",
    "Message",
    "Properties",
    "Reply",
    "Semantics",
    "Version",
    "commands",
    "events",
]
