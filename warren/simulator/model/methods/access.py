"""Class access, which lives on from AMQP 0-8, and what no client may say: the commands for both, and what is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.errors import AmqpError, ReplyCode
from warren.simulator.fact import fact
from warren.simulator.model import events
from warren.simulator.model.commands import ChannelCommand

if TYPE_CHECKING:
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.state import State


@fact
class AccessRequest(ChannelCommand):
    """Ask for a ticket. Answer: AccessRequestOk, whatever is asked for."""


@fact
class BrokersMethod(ChannelCommand):
    """Say what only a broker says."""

    class_id: int
    method_id: int


def request(state: State, channel: Channel, command: AccessRequest) -> None:
    """Give a ticket, which means nothing."""
    state.events.append(events.AccessRequestOk(command.connection, channel.number))


def refuse(_state: State, _channel: Channel, _command: BrokersMethod) -> None:
    """Refuse with 503."""
    raise AmqpError(ReplyCode.COMMAND_INVALID, "unimplemented method")
