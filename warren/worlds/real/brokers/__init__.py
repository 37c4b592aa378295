"""Brokers: choosing one, starting it, reaching it, and the vhost of each case.

What a case does over AMQP is no business of this package; it only checks that AMQP answers.
"""

from warren.worlds.real.brokers.address import BrokerAddress
from warren.worlds.real.brokers.choice import choose, private
from warren.worlds.real.brokers.management import (
    ConnectionState,
    DeclaredQueue,
    Management,
    QueueState,
)
from warren.worlds.real.brokers.protocol import Broker, RunningBroker
from warren.worlds.real.brokers.vhosts import Vhosts

__all__ = [
    "Broker",
    "BrokerAddress",
    "ConnectionState",
    "DeclaredQueue",
    "Management",
    "QueueState",
    "RunningBroker",
    "Vhosts",
    "choose",
    "private",
]
