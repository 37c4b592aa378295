"""Class tx: publishes and settlements that take effect together."""

from __future__ import annotations

from itertools import islice
from math import inf
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
    transaction, meter = current(channel), state.meter
    end = meter.work + command.portion if command.portion else inf
    while transaction.publishes and meter.work < end:
        _publish_next(state, channel, transaction)
    while transaction.settlements and meter.work < end:
        meter.work += _settle_next(channel, transaction, command.portion)
    if command.portion:
        return
    channel.tx = Transaction()
    if transaction.is_refused:
        raise precondition_failed("partial tx completion")
    state.events.append(events.TxCommitOk(command.connection, command.channel))


def _publish_next(state: State, channel: Channel, transaction: Transaction) -> None:
    message, targets, mandatory = transaction.publishes.popleft()
    transaction.size -= message.size
    state.meter.work += 1
    queues = resolve(channel.vhost, targets)
    routed = not state.semantics.replies_before_commit and reply(state, message)
    heard = transaction.heard_full
    for queue in queues:
        if queue not in heard:
            heard[queue] = queue.refuses(channel)
    returned = mandatory and not routed
    taken = distribute(state, channel, message, queues, mandatory=returned, heard_full=heard)
    transaction.is_refused |= not taken


def _settle_next(channel: Channel, transaction: Transaction, most: int) -> int:
    """Settle what comes next, of that at most so many deliveries, 0 being all; return how many."""
    outcome, deliveries = transaction.settlements.popleft()
    if 0 < most < len(deliveries):
        transaction.settlements.appendleft((outcome, deliveries))
        deliveries = {tag: deliveries.pop(tag) for tag in [*islice(deliveries, most)]}
    settle(channel, deliveries, outcome)
    return len(deliveries)


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
