"""Class confirm: publisher confirms. The confirms themselves are made in `methods.publish`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.simulator.errors import precondition_failed
from warren.simulator.model import events

if TYPE_CHECKING:
    from warren.simulator.model import commands
    from warren.simulator.model.channel import Channel
    from warren.simulator.model.state import State


def select(state: State, channel: Channel, command: commands.ConfirmSelect) -> None:
    """Begin to number and confirm publishes; 406 on a transactional channel."""
    if channel.tx is not None:
        raise precondition_failed("cannot switch from tx to confirm mode")
    channel.confirming = True
    if not command.nowait:
        state.events.append(events.ConfirmSelectOk(command.connection, command.channel))
