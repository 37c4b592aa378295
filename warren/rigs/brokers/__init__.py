"""What a case that judges a broker holds. This is all of Warren that `conformance/brokers` imports.

`BrokerRig` is the case's hands. `wire` is AMQP 0-9-1 itself, for what a case sends or reads by hand: it writes
`wire.BasicAck`. Starting a broker is `warren.worlds.real.brokers`' matter.
"""

from warren.rigs.brokers.inbox import Inbox, Received
from warren.rigs.brokers.raw_client import RawClient
from warren.rigs.brokers.rig import BrokerRig
from warren.rigs.brokers.running_program import RunningProgram
from warren.simulator import wire

__all__ = ["BrokerRig", "Inbox", "RawClient", "Received", "RunningProgram", "wire"]
