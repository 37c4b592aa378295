"""The relay between instances and the broker: it sees every frame, and breaks what a case wants broken.

`relay` has the thread, `line` one instance's way, `link` one connection with its two sockets, `meter` what is too much
for it, `log` the facts. What is done to frames is `warren.worlds.line`'s matter. `database_line` and `database_link`
are the same to a database server, where `warren.worlds.database_line` says what is done.
"""

from warren.worlds.real.relay.database_line import RealDatabaseLine
from warren.worlds.real.relay.line import RealLine
from warren.worlds.real.relay.log import FrameLog
from warren.worlds.real.relay.relay import Relay

__all__ = ["FrameLog", "RealDatabaseLine", "RealLine", "Relay"]
