"""Commands: everything that can be done to a broker, one fact each. What it says is in `events`.

Names and fields are the specification's own. `connection` is a number the owner gives a client's
connection and never uses again; `channel` is the channel number on it. Commands without a channel
act on the connection or on the broker.
"""

from collections.abc import Mapping
from dataclasses import field
from math import inf

from warren.simulator.fact import fact
from warren.simulator.model.message import Message
from warren.simulator.model.policies import Policy

Arguments = Mapping[str, object]


class Command:
    """Any command."""

    __slots__ = ()


@fact
class ConnectionCommand(Command):
    """A command on a connection."""

    connection: int


@fact
class ChannelCommand(ConnectionCommand):
    """A command on a channel."""

    channel: int


# What the owner of the broker does


@fact
class AddVhost(Command):
    """Make a virtual host, with its predeclared exchanges, or give an existing one another default type.

    `default_queue_type` is that of queues declared without one; None leaves it as it is.
    """

    vhost: str
    default_queue_type: str | None = None


@fact
class DeleteVhost(Command):
    """Delete a virtual host and all in it; its connections are closed with 320."""

    vhost: str


@fact
class AddUser(Command):
    """Make a user or set its password, or the hash of one; see `access.hash_password`."""

    user: str
    password: str
    impersonator: bool = False
    password_hash: str | None = None


@fact
class DeleteUser(Command):
    """Delete a user and its permissions; its connections are closed with 320."""

    user: str


@fact
class SetConsumerTimeout(Command):
    """Have a delivery be unsettled for so many milliseconds, None for ever; who is there keeps what was said before."""

    milliseconds: int | None


@fact
class SetPermissions(Command):
    """Give `user` access to `vhost`: resources whose names match these regular expressions."""

    user: str
    vhost: str
    configure: str = ".*"
    write: str = ".*"
    read: str = ".*"


@fact
class ClearPermissions(Command):
    """Take from `user` all access to `vhost`."""

    user: str
    vhost: str


@fact
class SetPolicy(Command):
    """Have this policy of `vhost`, or an operator's, which is found right already; None: have it no more."""

    vhost: str
    name: str
    policy: Policy | None
    operator: bool = False


@fact
class ForceClose(ConnectionCommand):
    """Close a client's connection from the broker's side, with 320 and `reason`."""

    reason: str


@fact
class GrantCredit(ConnectionCommand):
    """Let the connection's consumers have deliveries of so many octets from now on, by `Message.size`.

    An owner that sets such a limit keeps in the queues what waits for a client that does not read.
    """

    octets: int


@fact
class Restart(Command):
    """Stop and start: every connection is closed with 320, then only what is durable is left."""


# What a client does: connections and channels


@fact
class ConnectionStartOk(ConnectionCommand):
    """A client says who it is. Answer: ConnectionTune, or ConnectionClose 403."""

    user: str
    password: str
    mechanism: str = "PLAIN"
    consumer_cancel_notify: bool = True
    vouched_for: bool = False  # the owner knows who it is: no password is asked


@fact
class ConnectionOpen(ConnectionCommand):
    """A client enters a virtual host. Answer: ConnectionOpenOk, or ConnectionClose 530.

    `credit`: as with `GrantCredit`, from the beginning; any number of octets unless it is given.
    """

    vhost: str = "/"
    channel_max: int = 2047
    credit: float = inf


@fact
class ConnectionClose(ConnectionCommand):
    """A client says goodbye. Answer: ConnectionCloseOk."""


@fact
class ConnectionCloseOk(ConnectionCommand):
    """A client answers the broker's ConnectionClose."""


@fact
class ConnectionLost(ConnectionCommand):
    """The connection is gone without a goodbye. No answer; what it held goes back."""


@fact
class ChannelOpen(ChannelCommand):
    """Open a channel. Answer: ChannelOpenOk."""


@fact
class ChannelFlow(ChannelCommand):
    """Ask for deliveries to go on. Answer: ChannelFlowOk; RabbitMQ refuses to stop them."""

    active: bool


@fact
class ChannelClose(ChannelCommand):
    """Close a channel; unacknowledged messages go back to their queues. Answer: ChannelCloseOk."""


@fact
class ChannelCloseOk(ChannelCommand):
    """A client answers the broker's ChannelClose; the number is free again."""


# Exchanges


@fact
class ExchangeDeclare(ChannelCommand):
    """Get or create an exchange. Answer: ExchangeDeclareOk."""

    exchange: str
    type: str = "direct"
    passive: bool = False
    durable: bool = False
    auto_delete: bool = False
    internal: bool = False
    nowait: bool = False
    arguments: Arguments = field(default_factory=dict)


@fact
class ExchangeDelete(ChannelCommand):
    """Delete an exchange. Answer: ExchangeDeleteOk, also when there was none."""

    exchange: str
    if_unused: bool = False
    nowait: bool = False


@fact
class ExchangeBind(ChannelCommand):
    """Bind the exchange `destination` to the exchange `source`. Answer: ExchangeBindOk."""

    destination: str
    source: str
    routing_key: str = ""
    nowait: bool = False
    arguments: Arguments = field(default_factory=dict)


@fact
class ExchangeUnbind(ChannelCommand):
    """Undo such a binding. Answer: ExchangeUnbindOk, also when there was none."""

    destination: str
    source: str
    routing_key: str = ""
    nowait: bool = False
    arguments: Arguments = field(default_factory=dict)


# Queues


@fact
class QueueDeclare(ChannelCommand):
    """Get or create a queue; the broker names one without a name. Answer: QueueDeclareOk."""

    queue: str = ""
    passive: bool = False
    durable: bool = False
    exclusive: bool = False
    auto_delete: bool = False
    nowait: bool = False
    arguments: Arguments = field(default_factory=dict)


@fact
class QueueBind(ChannelCommand):
    """Bind a queue; no name means the one that this channel declared last. Answer: QueueBindOk."""

    queue: str
    exchange: str
    routing_key: str = ""
    nowait: bool = False
    arguments: Arguments = field(default_factory=dict)


@fact
class QueueUnbind(ChannelCommand):
    """Undo such a binding. Answer: QueueUnbindOk, also when there was none."""

    queue: str
    exchange: str
    routing_key: str = ""
    arguments: Arguments = field(default_factory=dict)


@fact
class QueuePurge(ChannelCommand):
    """Drop every ready message. Answer: QueuePurgeOk, which counts what portions before have `dropped`.

    With `portion` drop so many of them, and answer nothing. No client says these two.
    """

    queue: str
    nowait: bool = False
    portion: int = 0
    dropped: int = 0


@fact
class QueueDelete(ChannelCommand):
    """Delete a queue. Answer: QueueDeleteOk, also when there was none."""

    queue: str
    if_unused: bool = False
    if_empty: bool = False
    nowait: bool = False


# Messages


@fact
class BasicQos(ChannelCommand):
    """Limit unacknowledged deliveries; 0 means no limit. Answer: BasicQosOk."""

    prefetch_count: int
    global_: bool = False
    prefetch_size: int = 0


@fact
class BasicConsume(ChannelCommand):
    """Subscribe to a queue; the broker makes up a missing consumer tag. Answer: BasicConsumeOk."""

    queue: str
    consumer_tag: str = ""
    no_ack: bool = False
    exclusive: bool = False
    nowait: bool = False
    arguments: Arguments = field(default_factory=dict)


@fact
class BasicCancel(ChannelCommand):
    """End a subscription. Answer: BasicCancelOk, also when there was none."""

    consumer_tag: str
    nowait: bool = False


@fact
class BasicPublish(ChannelCommand):
    """Publish a message. No answer but BasicReturn, and BasicAck or BasicNack in confirm mode."""

    message: Message
    mandatory: bool = False
    immediate: bool = False


@fact
class BasicGet(ChannelCommand):
    """Take one message from a queue. Answer: BasicGetOk or BasicGetEmpty."""

    queue: str
    no_ack: bool = False


@fact
class BasicAck(ChannelCommand):
    """Acknowledge a delivery; with `multiple` also all before it, and with tag 0 all. No answer."""

    delivery_tag: int
    multiple: bool = False


@fact
class BasicReject(ChannelCommand):
    """Refuse a delivery; without `requeue` it is dead-lettered or dropped. No answer."""

    delivery_tag: int
    requeue: bool = True


@fact
class BasicNack(ChannelCommand):
    """Refuse a delivery, or several, chosen as with BasicAck. No answer."""

    delivery_tag: int
    multiple: bool = False
    requeue: bool = True


@fact
class BasicRecover(ChannelCommand):
    """Requeue all that is unacknowledged. Answer: BasicRecoverOk unless `asynchronous`."""

    requeue: bool = True
    asynchronous: bool = False
    delivery_tag: int = 0  # the last of a portion; no client says that


# Confirms and transactions


@fact
class ConfirmSelect(ChannelCommand):
    """Have publishes confirmed from now on. Answer: ConfirmSelectOk."""

    nowait: bool = False


@fact
class TxSelect(ChannelCommand):
    """Make the channel transactional. Answer: TxSelectOk."""


@fact
class TxCommit(ChannelCommand):
    """Let the transaction's publishes and settlements take effect. Answer: TxCommitOk.

    With `portion`, which no client says, do so much work of what is more, and answer nothing.
    """

    portion: int = 0


@fact
class TxRollback(ChannelCommand):
    """Forget the transaction's publishes, undo its settlements. Answer: TxRollbackOk."""
