"""A delivery: a message in our hands, bound to the channel that it came through."""

import hashlib
from dataclasses import dataclass, field

import pika
from pika.adapters.blocking_connection import BlockingChannel

COUNT = "x-delivery-count"
"""The header in which a quorum queue says how often a message has come back from a consumer that was lost."""
_LONGEST_ID = 200  # bytes; "<id>/<index>" still fits a short string and the key columns


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
        """The message's identity: its `message_id`, or the hash of one too long to be a key.

        It is the same on every redelivery. A message without one may take effect more than once.
        """
        identity = self.properties.message_id
        if identity and len(identity.encode()) > _LONGEST_ID:
            return f"sha256:{hashlib.sha256(identity.encode()).hexdigest()}"
        return identity or None

    @property
    def losses(self) -> int:
        """How often its queue has lost the consumer that had it, where it counts that."""
        count = (self.properties.headers or {}).get(COUNT)
        return count if self.redelivered and isinstance(count, int) else 0
