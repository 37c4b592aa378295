"""A delivery: a message in our hands, bound to the channel that it came through."""

from dataclasses import dataclass, field

import pika
from pika.adapters.blocking_connection import BlockingChannel

_LONGEST_ID = 200  # "<id>/<index>" still fits a short string and the key columns


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as delivered; it can be settled only on its own channel."""

    channel: BlockingChannel = field(repr=False)
    tag: int
    redelivered: bool
    properties: pika.BasicProperties
    body: bytes

    @property
    def id(self) -> str | None:
        """The message's identity: its `message_id`, the same on every redelivery.

        None if it has none, or one too long to be a key: its effect is then at least once.
        """
        identity = self.properties.message_id
        return identity if identity and len(identity) <= _LONGEST_ID else None
