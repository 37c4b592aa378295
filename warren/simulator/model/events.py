"""Events: everything a broker says, one fact each, addressed to a connection and a channel on it.

Whoever owns the broker turns each into a frame for its client. Names and fields are the specification's own.
"""

from warren.simulator.fact import fact
from warren.simulator.model.message import Message


@fact
class Event:
    """Any event; `connection` is the number the owner gave."""

    connection: int


@fact
class ChannelEvent(Event):
    """An event on a channel."""

    channel: int


# Connections and channels


@fact
class ConnectionTune(Event):
    """The user and the password are right."""


@fact
class ConnectionOpenOk(Event):
    """The connection is in its virtual host."""


@fact
class ConnectionClose(Event):
    """The broker closes the connection, which is forgotten already. Send it and hang up."""

    reply_code: int
    reply_text: str
    class_id: int = 0
    method_id: int = 0


@fact
class ConnectionCloseOk(Event):
    """Goodbye; the connection is gone."""


@fact
class ChannelOpenOk(ChannelEvent):
    """The channel is open."""


@fact
class ChannelFlowOk(ChannelEvent):
    """Flow is as asked."""

    active: bool


@fact
class AccessRequestOk(ChannelEvent):
    """Here is a ticket."""


@fact
class ChannelClose(ChannelEvent):
    """The broker closes the channel after an error; all it held is released already."""

    reply_code: int
    reply_text: str
    class_id: int
    method_id: int


@fact
class ChannelCloseOk(ChannelEvent):
    """The channel is gone."""


# Exchanges and queues


@fact
class ExchangeDeclareOk(ChannelEvent):
    """The exchange exists."""


@fact
class ExchangeDeleteOk(ChannelEvent):
    """The exchange does not exist."""


@fact
class ExchangeBindOk(ChannelEvent):
    """The binding exists."""


@fact
class ExchangeUnbindOk(ChannelEvent):
    """The binding does not exist."""


@fact
class QueueDeclareOk(ChannelEvent):
    """The queue exists; `message_count` counts ready messages."""

    queue: str
    message_count: int
    consumer_count: int


@fact
class QueueBindOk(ChannelEvent):
    """The binding exists."""


@fact
class QueueUnbindOk(ChannelEvent):
    """The binding does not exist."""


@fact
class QueuePurgeOk(ChannelEvent):
    """So many ready messages were dropped."""

    message_count: int


@fact
class QueueDeleteOk(ChannelEvent):
    """The queue does not exist; so many ready messages went with it."""

    message_count: int


# Messages


@fact
class BasicQosOk(ChannelEvent):
    """The prefetch count is set."""


@fact
class BasicConsumeOk(ChannelEvent):
    """The consumer is there."""

    consumer_tag: str


@fact
class BasicCancelOk(ChannelEvent):
    """The consumer is gone."""

    consumer_tag: str


@fact
class BasicCancel(ChannelEvent):
    """The broker cancels a consumer, because its queue is gone."""

    consumer_tag: str


@fact
class BasicDeliver(ChannelEvent):
    """A message for a consumer. `exchange` and `routing_key` are the message's."""

    consumer_tag: str
    delivery_tag: int
    redelivered: bool
    message: Message


@fact
class BasicReturn(ChannelEvent):
    """A mandatory message that no queue took."""

    reply_code: int
    reply_text: str
    message: Message


@fact
class BasicGetOk(ChannelEvent):
    """The message asked for; `message_count` ready messages are left."""

    delivery_tag: int
    redelivered: bool
    message_count: int
    message: Message


@fact
class BasicGetEmpty(ChannelEvent):
    """No message is ready."""


@fact
class BasicRecoverOk(ChannelEvent):
    """All is requeued."""


@fact
class BasicAck(ChannelEvent):
    """Publisher confirm: the broker has taken the message with this number."""

    delivery_tag: int
    multiple: bool = False


@fact
class BasicNack(ChannelEvent):
    """Publisher confirm: a queue has refused the message with this number."""

    delivery_tag: int
    multiple: bool = False


# Confirms and transactions


@fact
class ConfirmSelectOk(ChannelEvent):
    """The channel is in confirm mode."""


@fact
class TxSelectOk(ChannelEvent):
    """The channel is transactional."""


@fact
class TxCommitOk(ChannelEvent):
    """The transaction took effect."""


@fact
class TxRollbackOk(ChannelEvent):
    """The transaction is undone."""
