"""Class tx: publishes and settlements that take effect together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.model import events
from simulator.model.errors import AmqpError, Reply, precondition_failed
from simulator.model.methods.channel import roll_back
from simulator.model.methods.publish import distribute, reply
from simulator.model.settlement import settle
from simulator.model.tx import Transaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.model import commands
    from simulator.model.channel import Channel
    from simulator.model.exchange import Target
    from simulator.model.queue import Queue
    from simulator.model.state import State
    from simulator.model.vhost import VHost


def select(state: State, channel: Channel, command: commands.TxSelect) -> None:
    """Hold publishes and settlements back from now on; 406 in confirm mode."""
    if channel.confirming:
        raise precondition_failed("cannot switch from confirm to tx mode")
    if channel.tx is None:
        channel.tx = Transaction()
    state.events.append(events.TxSelectOk(command.connection, command.channel))


def commit(state: State, channel: Channel, command: commands.TxCommit) -> None:
    """Let everything held back take effect; 406 when a queue refuses a message.

    On an error before that, what was published till then stays, and the settlements are undone.
    """
    transaction = current(channel)
    taken = []
    for message, targets, mandatory in transaction.publishes:
        queues = find(channel.vhost, targets)
        replied = not state.semantics.replies_before_commit and reply(state, message)
        returns = mandatory and not replied
        taken.append(distribute(state, channel, message, queues, mandatory=returns))
    channel.tx = Transaction()
    for outcome, deliveries in transaction.settlements:
        settle(channel, deliveries, outcome)
    if not all(taken):
        raise precondition_failed("partial tx completion")
    state.events.append(events.TxCommitOk(command.connection, command.channel))


def find(vhost: VHost, targets: Iterable[Target]) -> list[Queue]:
    """Return the queues to put a message into; 506 when one must be there and is not."""
    queues = []
    for name, known in targets:
        present = vhost.queues.get(name)
        if present is None and known is not None and not vhost.semantics.resolves_at_commit:
            resource = f'{{resource,<<"{vhost.name}">>,queue,<<"{name}">>}}'
            raise AmqpError(
                Reply.RESOURCE_ERROR, f"failed to deliver message: {{not_found,{resource}}}"
            )
        queue = present if vhost.semantics.resolves_at_commit else known
        if queue is not None:
            queues.append(queue)
    return queues


def rollback(state: State, channel: Channel, command: commands.TxRollback) -> None:
    """Forget the publishes; the settled deliveries are unacknowledged as before."""
    current(channel)
    roll_back(channel)
    channel.tx = Transaction()
    state.events.append(events.TxRollbackOk(command.connection, command.channel))


def current(channel: Channel) -> Transaction:
    """Return the transaction in hand; 406 when the channel is not transactional."""
    if channel.tx is None:
        raise precondition_failed("channel is not transactional")
    return channel.tx
