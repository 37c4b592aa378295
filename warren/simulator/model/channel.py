"""A channel as the broker remembers it. What acts on it is in `methods` and `settlement`."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, precondition_failed

if TYPE_CHECKING:
    from warren.simulator.model.access import Access
    from warren.simulator.model.connection import Connection
    from warren.simulator.model.consumer import Consumer
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.ready import Enqueued
    from warren.simulator.model.tx import Transaction
    from warren.simulator.model.vhost import VHost


class ChannelTimer(Enum):
    """What a channel waits for: that its oldest delivery should be settled by now."""

    ACK = "ack"


def timed_out(number: int, milliseconds: int) -> AmqpError:
    """406: a delivery on the channel of this number was not settled in time."""
    return precondition_failed(
        f"delivery acknowledgement on channel {number} timed out. Timeout value used: {milliseconds} "
        "ms. This timeout value can be configured, see consumers doc guide to learn more"
    )


class Channel:
    """One channel of an open connection.

    `closing` is True from the broker's ChannelClose to the client's answer. `unacked` holds
    deliveries by delivery tag; `oldest_tag` is not above the least of them. `prefetch` is what the
    next consumer gets; it `expects_ack` while its timer runs. `global_prefetch` limits
    `global_unacked`, the deliveries of all consumers together.
    """

    __slots__ = (
        "access",
        "ack_timeout",
        "closing",
        "confirming",
        "connection",
        "consumers",
        "expects_ack",
        "global_prefetch",
        "global_unacked",
        "last_queue",
        "next_delivery_tag",
        "next_publish_tag",
        "number",
        "oldest_tag",
        "prefetch",
        "publishes_to",
        "reply_consumer",
        "tx",
        "unacked",
        "vhost",
    )

    def __init__(self, connection: Connection, number: int, vhost: VHost, access: Access) -> None:
        """Open a channel with nothing on it."""
        self.connection = connection
        self.number = number
        self.vhost = vhost
        self.access = access
        self.closing = False
        self.consumers: dict[str, Consumer] = {}
        self.unacked: dict[int, Enqueued] = {}
        self.next_delivery_tag = 1
        self.oldest_tag = 1
        self.prefetch = 0
        # Quorum queues that refuse when they are full, and how often they had been when this began.
        self.publishes_to: dict[Queue, int] = {}
        self.ack_timeout = vhost.state.consumer_timeout  # of now: it keeps that
        self.expects_ack = False
        self.global_prefetch = 0
        self.global_unacked = 0
        self.confirming = False
        self.next_publish_tag = 1
        self.tx: Transaction | None = None
        self.last_queue = ""
        # Its consumer tag, and the name that replies are sent to.
        self.reply_consumer: tuple[str, str] | None = None

    def expect_ack(self, due: float) -> None:
        """See at `due` whether the oldest delivery is settled, unless that is looked at anyway."""
        if not self.expects_ack:
            self.expects_ack = True
            self.vhost.state.timers.set((ChannelTimer.ACK, self), due)

    def on_timer(self, _timer: ChannelTimer, /) -> None:
        """Fail when the oldest delivery is due."""
        self.expects_ack = False
        if self.closing or not self.unacked:
            return
        oldest = self.unacked[min(self.unacked)]
        state = self.vhost.state
        if oldest.due is not None and oldest.due <= state.now:
            timeout = oldest.queue.time_on(self) or 0
            state.failing.append((self, timed_out(self.number, timeout)))
        elif oldest.due is not None:
            self.expect_ack(oldest.due)
