"""What a case that judges a broker holds: `BrokerRig`, and what comes of how the case ended.

What must hold stands in `conformance/brokers`; starting a broker is `warren.worlds.real.brokers`' matter.
"""

from warren.rigs.brokers.inbox import Inbox, Message
from warren.rigs.brokers.program import Program
from warren.rigs.brokers.raw import RawClient
from warren.rigs.brokers.rig import BrokerRig

__all__ = ["BrokerRig", "Inbox", "Message", "Program", "RawClient"]
