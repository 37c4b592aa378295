"""What may go one way or another on RabbitMQ, of which channels end one by one, and each settles for itself."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from warren.simulator.model import commands, events

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from warren.simulator.model import Broker
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.ready import Enqueued

SETTLING = (
    *(commands.BasicAck, commands.BasicNack, commands.BasicReject, commands.BasicRecover),
    commands.TxCommit,
)


def greedy(model: Broker) -> set[int]:
    """Return the connections of which one channel may take, and lose, what another gives back.

    They have several channels beside the probe's, and consumers without acknowledgement.
    """
    return {
        connection.number
        for connection in model.connections.values()
        if len(connection.channels) > 2
        and any(c.no_ack for h in connection.channels.values() for c in h.consumers.values())
    }


def held_of_quorum(channel: Channel) -> set[Queue]:
    """Return the quorum queues of which a channel holds messages, also such as it settles in a transaction."""
    held = [*channel.unacked.values()]
    for _, deliveries in () if channel.tx is None else channel.tx.settlements:
        held += deliveries.values()
    return {each.queue for each in held if each.queue.kind.name == "quorum"}


def passing_on(model: Broker) -> set[int]:
    """Return the connections of which one channel may take what another gives back to a quorum queue.

    It ends as well, and the message has come back once more; who gets it later sees that. Or both give back to one
    queue, and what comes back first is served first.
    """
    return {
        connection.number
        for connection in model.connections.values()
        for holder in connection.channels.values()
        for taker in connection.channels.values()
        if holder is not taker
        and held_of_quorum(holder)
        & ({each.queue for each in taker.consumers.values()} | held_of_quorum(taker))
    }


def leaves_alone(model: Broker, vhost: str, command: object) -> bool:
    """Tell whether a single active consumer is cancelled while messages wait that the next one does not get.

    RabbitMQ 3.10.8 leaves the queue in a state in which its process fails over the next publish.
    """
    semantics = model.vhosts[vhost].semantics
    if semantics.cancel_serves_next or not isinstance(command, commands.BasicCancel):
        return False
    channel = model.connections[command.connection].channels.get(command.channel)
    consumer = None if channel is None else channel.consumers.get(command.consumer_tag)
    if consumer is None or consumer.queue.kind.replicated:
        return False
    queue = consumer.queue
    return (
        queue.policy.single_active_consumer
        and queue.active_consumer is consumer
        and bool(queue.ready)
    )


def comes_again(model: Broker, command: object) -> bool:
    """Tell whether a consumer of a quorum queue comes by the tag of a cancelled one that still holds messages.

    RabbitMQ 3.10.8 ends its connection with 541 then, at once or later.
    """
    if not isinstance(command, commands.BasicConsume):
        return False
    channel = model.connections[command.connection].channels.get(command.channel)
    return channel is not None and any(
        each.queue.name == command.queue
        and each.queue.kind.name == "quorum"
        and each.consumer is not None
        and each.consumer.tag == command.consumer_tag
        for each in channel.unacked.values()
    )


def settles_for_two(model: Broker, caused: Iterable[Any]) -> bool:
    """Tell whether two consumers of a quorum queue that acknowledge automatically were full, and got more at once.

    Their channels settle for them, and either may be the first.
    """
    got = Counter(
        (event.connection, event.channel, event.consumer_tag)
        for event in caused
        if isinstance(event, events.BasicDeliver)
    )
    full: Counter[object] = Counter()
    more: set[object] = set()
    for (number, channel_number, tag), count in got.items():
        connection = model.connections.get(number)
        channel = None if connection is None else connection.channels.get(channel_number)
        consumer = None if channel is None else channel.consumers.get(tag)
        if consumer is None or not consumer.no_ack or consumer.queue.kind.name != "quorum":
            continue
        full[consumer.queue] += count >= consumer.prefetch
        if count > consumer.prefetch:
            more.add(consumer.queue)
    return any(full[queue] > 1 for queue in more)


class Namesakes:
    """Knows which queues a channel may take for another that has come by the name of one that is gone."""

    def __init__(self) -> None:
        """Know none yet."""
        self._got: dict[Channel, set[Queue]] = {}

    def mislead(self, model: Broker, command: Any) -> bool:
        """Tell whether RabbitMQ may tell the wrong queue by `command`, and note which queue it gets from.

        Deliveries are settled whose queue is gone: their namesake may take another message for settled, or crash. Or
        a channel that once got from a quorum queue publishes to, or consumes from, a namesake of another type:
        RabbitMQ ends the connection with 541.
        """
        channel = model.connections[command.connection].channels.get(command.channel)
        if channel is None:
            return False
        queues = channel.vhost.queues
        if isinstance(command, commands.BasicGet) and command.queue in queues:
            self._got.setdefault(channel, set()).add(queues[command.queue])
        if isinstance(command, SETTLING):
            held = [*channel.unacked.values()]
            for _, deliveries in () if channel.tx is None else channel.tx.settlements:
                held += deliveries.values()
            return any(each.queue.deleted and each.queue.name in queues for each in held)
        if not isinstance(command, commands.BasicPublish | commands.BasicConsume):
            return False
        return any(
            queue.deleted and queue.name in queues and queues[queue.name].kind is not queue.kind
            for queue in self._got.get(channel, ())
        )


def short_lived_in(
    given: Iterable[Any], before: Mapping[Queue, int], after: Mapping[Queue, int]
) -> set[str]:
    """Name the quorum queues that a publish brought a message that lives for 1 ms: on RabbitMQ it may be still to come.

    `before` and `after` say how many messages each has ever taken in.
    """
    is_short = any(
        isinstance(command, commands.BasicPublish) and command.message.properties.expiration == "0"
        for command in given
    )
    grown = (queue for queue, count in after.items() if count > before.get(queue, count))
    return {queue.name for queue in grown if queue.kind.name == "quorum"} if is_short else set()


def counts(queues: Iterable[set[str]], command: Any) -> bool:
    """Tell whether a command answers how many messages one of these had."""
    counting = commands.QueuePurge | commands.QueueDelete | commands.QueueDeclare
    return isinstance(command, counting) and any(command.queue in names for names in queues)


def held_to_stay(model: Broker) -> dict[Enqueued, int]:
    """Return what channels hold of quorum queues, but for what lives for 1 ms, and how often each has come back."""
    return {
        each: each.acquired or 0
        for connection in model.connections.values()
        for channel in connection.channels.values()
        for each in channel.unacked.values()
        if each.queue.kind.name == "quorum" and each.message.properties.expiration != "0"
    }


def overtakes(queues: Iterable[set[str]], before: Mapping[Enqueued, int]) -> bool:
    """Tell whether one of these queues has taken back something that was held.

    The message of 1 ms is behind it then, where it does not expire, if the queue's log had both before the timer:
    `rabbit_fifo` 3.10.8 looks at its head alone (`expire_msgs`), sets a timer once the publish is on disk
    (`timer_effect`), and answers what it is asked before that from what it knew (`rabbit_fifo_client:stat`).
    """
    back = {each.queue.name for each, count in before.items() if (each.acquired or 0) > count}
    return any(back & names for names in queues)
