"""What a broker does for its connections, without sockets and without a clock.

Octets of clients go in, with the time; wishes come out: send this, close that. A `Session` is one
connection: it turns octets into the model's commands and the model's events into octets. The `Hub`
is where the sessions of a broker meet: it gives each command to the model and each event to the
session that it is for. Whoever has the sockets and the clock drives it: `warren.simulator.tcp`.

One way through: octets, `wire`, `Session.translate`, `model`, `Session.say`, octets.
"""

from warren.simulator.session.hub import Hub
from warren.simulator.session.session import HIGH_WATER, Session
from warren.simulator.session.wishes import Abort, Close, Mistake, Rest, Resume, Send, Wish

__all__ = [
    "HIGH_WATER",
    "Abort",
    "Close",
    "Hub",
    "Mistake",
    "Rest",
    "Resume",
    "Send",
    "Session",
    "Wish",
]
