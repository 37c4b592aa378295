"""What a queue may wait for; when: `timers`. What it does then: `queue`."""

from enum import Enum


class QueueTimer(Enum):
    """What a queue waits for.

    Its first message to expire, its own end when nobody uses it, or that a delivery should be settled
    by now.
    """

    MESSAGE_TTL = "message-ttl"
    EXPIRES = "expires"
    ACK = "ack"
