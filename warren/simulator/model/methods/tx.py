"""Class tx: publishes and settlements that take effect together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode, precondition_failed
from warren.simulator.model import events
from warren.simulator.model.methods.channel import roll_back
from warren.simulator.model.methods.publish import distribute, reply
from warren.simulator.model.settlement import settle
from warren.simulator.model.tx import Transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.simulator.model import commands
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.exchange import Target
    from warren.simulator.model.queue import Queue
    from warren.simulator.model.state import State
    from warren.simulator.model.vhost import VHost


def select(state: State, channel: Channel, command: commands.TxSelect) -> None:
    """Hold publishes and settlements back from now on; 406 in confirm mode."""
    if channel.confirming:
        raise precondition_failed("cannot switch from confirm to tx mode")
    if channel.tx is None:
        channel.tx = Transaction()
    state.events.append(events.TxSelectOk(command.connection, command.channel))


def commit(state: State, channel: Channel, command: commands.TxCommit) -> None:
    """Let everything held back take effect; 406 when a queue refuses a message.

    A quorum queue's refusal comes too late for that: what it refused before is lost, and it takes all else.
    Where a queue is gone (506), messages that were published before it stay, and nothing is settled.
    """
    transaction = current(channel)
    taken = []
    heard: dict[Queue, bool] = {}
    for message, targets, mandatory in transaction.publishes:
        queues = resolve(channel.vhost, targets)
        routed = not state.semantics.replies_before_commit and reply(state, message)
        returned = mandatory and not routed
        for queue in queues:
            if queue not in heard:
                heard[queue] = queue.refuses(channel)
        taken.append(
            distribute(state, channel, message, queues, mandatory=returned, heard_full=heard)
        )
    channel.tx = Transaction()
    for outcome, deliveries in transaction.settlements:
        settle(channel, deliveries, outcome)
    if not all(taken):
        raise precondition_failed("partial tx completion")
    state.events.append(events.TxCommitOk(command.connection, command.channel))


def resolve(vhost: VHost, targets: Sequence[Target]) -> list[Queue]:
    """Return the queues to put a message into; on some releases 506 when one is not there any more."""
    queues = []
    for target in targets:
        if isinstance(target, str):
            if target in vhost.queues:
                queues.append(vhost.queues[target])
        elif target.name in vhost.queues or not (why := target.fails_commits()):
            queues.append(target)
        else:
            raise AmqpError(ReplyCode.RESOURCE_ERROR, why)
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
