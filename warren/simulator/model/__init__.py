"""RabbitMQ's AMQP 0-9-1 behaviour as a pure model: no clock, no I/O, no chance.

`Broker` is the entry; `commands` are what goes in and `events` what comes out. Sockets and frames
live elsewhere.
"""

from warren.simulator.errors import AmqpError, ReplyCode
from warren.simulator.model import commands, events
from warren.simulator.model.broker import CONSUMER_TIMEOUT, Broker
from warren.simulator.model.message import Message, Properties
from warren.simulator.model.semantics import SEMANTICS, Semantics, Version
from warren.simulator.model.tables import FieldTypes

__all__ = [
    "CONSUMER_TIMEOUT",
    "SEMANTICS",
    "AmqpError",
    "Broker",
    "FieldTypes",
    "Message",
    "Properties",
    "ReplyCode",
    "Semantics",
    "Version",
    "commands",
    "events",
]
