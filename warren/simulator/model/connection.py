"""A client's connection as the broker remembers it. What acts on it: `methods.connection`."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warren.simulator.model.access import User
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.vhost import VHost


class Connection:
    """A known user's connection; `vhost` is None until it is open.

    `credit` is how many octets of deliveries its consumers may still have; the last one may be more
    than is left. Direct replies do not count.
    """

    __slots__ = (
        "channel_max",
        "channels",
        "consumer_cancel_notify",
        "credit",
        "exclusive_queues",
        "number",
        "user",
        "vhost",
    )

    def __init__(self, number: int, user: User, *, consumer_cancel_notify: bool) -> None:
        """Begin outside any virtual host."""
        self.number = number
        self.user = user
        self.consumer_cancel_notify = consumer_cancel_notify
        self.vhost: VHost | None = None
        self.channel_max = 0
        self.credit: float = inf
        self.channels: dict[int, Channel] = {}
        self.exclusive_queues: dict[Queue, None] = {}  # in the order they were declared
