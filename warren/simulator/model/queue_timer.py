"""What a queue may wait for; when: `timers`. What it does then: `queue`."""

from enum import Enum


class QueueTimer(Enum):
    """What a queue waits for.

    Its first message to expire, its own end when nobody uses it, that a delivery should be settled
    by now, that a message may be delivered again, or to send dead letters again.
    """

    MESSAGE_TTL = "message-ttl"
    EXPIRES = "expires"
    ACK = "ack"
    RETRY = "retry"
    DEAD_LETTERS = "dead-letters"
