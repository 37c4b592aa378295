"""The world protocol: all that a rig may ask of time, processes, network, broker and database.

The same cases run on whatever is behind it: real processes, or simulated ones on a virtual clock. So nothing here may
need a thread, a socket or the wall clock: a call either returns at once, or the world itself lets time pass in it
(`World.wait_for`, `Process.freeze`, `World.restart_broker`). Facts and protocols only.
"""

from warren.worlds.protocol.broker import (
    DIRECT_REPLY_TO,
    QUEUE_TYPES,
    Exclusive,
    LateAck,
    QueueDepth,
    ReceivedReply,
)
from warren.worlds.protocol.http import Call, HttpFailure, HttpReply
from warren.worlds.protocol.lines import DatabaseLine, HeldCommit, Line
from warren.worlds.protocol.process import Certificate, Process
from warren.worlds.protocol.world import World

__all__ = [
    "DIRECT_REPLY_TO",
    "QUEUE_TYPES",
    "Call",
    "Certificate",
    "DatabaseLine",
    "Exclusive",
    "HeldCommit",
    "HttpFailure",
    "HttpReply",
    "LateAck",
    "Line",
    "Process",
    "QueueDepth",
    "ReceivedReply",
    "World",
]
