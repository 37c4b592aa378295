"""Class tx: publishes and settlements that take effect together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.model import events
from simulator.model.errors import precondition_failed
from simulator.model.methods.channel import roll_back
from simulator.model.methods.publish import distribute
from simulator.model.settlement import settle
from simulator.model.tx import Transaction

if TYPE_CHECKING:
    from simulator.model import commands
    from simulator.model.channel import Channel
    from simulator.model.state import State


def select(state: State, channel: Channel, command: commands.TxSelect) -> None:
    """Hold publishes and settlements back from now on; 406 in confirm mode."""
    if channel.confirming:
        raise precondition_failed("cannot switch from confirm to tx mode")
    if channel.tx is None:
        channel.tx = Transaction()
    state.events.append(events.TxSelectOk(command.connection, command.channel))


def commit(state: State, channel: Channel, command: commands.TxCommit) -> None:
    """Let everything held back take effect; 406 when a queue refuses a message."""
    transaction = current(channel)
    channel.tx = Transaction()
    taken = [
        distribute(state, channel, message, queues, mandatory=mandatory)
        for message, queues, mandatory in transaction.publishes
    ]
    for outcome, deliveries in transaction.settlements:
        settle(channel, deliveries, outcome)
    if not all(taken):
        raise precondition_failed("partial tx completion")
    state.events.append(events.TxCommitOk(command.connection, command.channel))


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
