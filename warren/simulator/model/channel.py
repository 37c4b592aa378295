"""A channel as the broker remembers it. What acts on it is in `methods` and `settlement`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.simulator.model.access import Access
    from warren.simulator.model.connection import Connection
    from warren.simulator.model.consumer import Consumer
    from warren.simulator.model.ready import Enqueued
    from warren.simulator.model.tx import Transaction
    from warren.simulator.model.vhost import VHost


class Channel:
    """One channel of an open connection.

    `closing` is True from the broker's ChannelClose to the client's answer. `unacked` holds
    deliveries by delivery tag; `oldest_tag` is not above the least of them. `prefetch` is what the
    next consumer gets; `global_prefetch` limits `global_unacked`, the deliveries of all consumers
    together.
    """

    __slots__ = (
        "__weakref__",
        "access",
        "closing",
        "confirming",
        "connection",
        "consumers",
        "global_prefetch",
        "global_unacked",
        "last_queue",
        "next_delivery_tag",
        "next_publish_tag",
        "number",
        "oldest_tag",
        "prefetch",
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
        self.global_prefetch = 0
        self.global_unacked = 0
        self.confirming = False
        self.next_publish_tag = 1
        self.tx: Transaction | None = None
        self.last_queue = ""
        # Its consumer tag, and the name that replies are sent to.
        self.reply_consumer: tuple[str, str] | None = None
