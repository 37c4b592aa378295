"""How many messages have gone in and out since the beginning, for who asks; nothing depends on it."""

from __future__ import annotations


class Traffic:
    """What a queue was given and gave; of a virtual host, also what was published there and became of that first.

    The words are those of RabbitMQ's statistics. `publish` of a queue counts what publishers brought it,
    but no dead letters; of a virtual host each message once.
    """

    __slots__ = (
        "ack",
        "confirm",
        "deliver",
        "deliver_no_ack",
        "drop_unroutable",
        "get",
        "get_empty",
        "get_no_ack",
        "publish",
        "redeliver",
        "return_unroutable",
    )

    def __init__(self) -> None:
        """Begin with nothing."""
        self.publish = self.confirm = self.return_unroutable = self.drop_unroutable = 0
        self.deliver = self.deliver_no_ack = self.get = self.get_no_ack = self.get_empty = 0
        self.ack = self.redeliver = 0

    @property
    def deliver_get(self) -> int:
        """Count all that went out."""
        return self.deliver + self.deliver_no_ack + self.get + self.get_no_ack

    def add_publishes(self, other: Traffic) -> None:
        """Count also what was published elsewhere."""
        self.publish += other.publish
        self.confirm += other.confirm
        self.return_unroutable += other.return_unroutable
        self.drop_unroutable += other.drop_unroutable

    def add_deliveries(self, other: Traffic) -> None:
        """Count also what another one gave."""
        self.deliver += other.deliver
        self.deliver_no_ack += other.deliver_no_ack
        self.get += other.get
        self.get_no_ack += other.get_no_ack
        self.get_empty += other.get_empty
        self.ack += other.ack
        self.redeliver += other.redeliver
