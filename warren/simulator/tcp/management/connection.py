"""What the management API does over AMQP, as RabbitMQ's does.

A request that needs AMQP has a connection of its own for as long as it lasts, without a socket.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Self, TypeAlias

from warren.simulator.errors import ReplyCode
from warren.simulator.model import commands, events
from warren.simulator.tcp.management.request import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.simulator.model.commands import ChannelCommand
    from warren.simulator.tcp.node import Node

CHANNEL = 1
Close: TypeAlias = events.ChannelClose | events.ConnectionClose


class OwnConnection:
    """A connection of the model with one channel, used within one turn of the node."""

    def __init__(self, node: Node, user: str, vhost: str) -> None:
        """Enter `vhost` as `user`, who has shown a password. Raises Refused 404."""
        if vhost not in node.broker.vhosts:
            raise Refused(HTTPStatus.NOT_FOUND, "vhost_not_found")
        self.number = node.hub.new_number()
        self._node = node
        self._do(commands.ConnectionStartOk(self.number, user, "", vouched_for=True))
        self._do(commands.ConnectionOpen(self.number, vhost))
        self._do(commands.ChannelOpen(self.number, CHANNEL))

    def __enter__(self) -> Self:
        """Close it with the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it; what it held goes back."""
        self._node.ask(commands.ConnectionLost(self.number), self.number)

    def do(
        self,
        make: Callable[[int, int], ChannelCommand],
        refusal: Callable[[Close], Refused] | None = None,
    ) -> list[events.Event]:
        """Do the command that `make` makes for our connection and channel; return the answers.

        Raises Refused when the broker does, worded by `refusal` if that is given.
        """
        return self._do(make(self.number, CHANNEL), refusal or _refusal)

    def _do(
        self, command: commands.Command, refusal: Callable[[Close], Refused] | None = None
    ) -> list[events.Event]:
        answers = self._node.ask(command, self.number)
        for answer in answers:
            if isinstance(answer, events.ChannelClose | events.ConnectionClose):
                raise (refusal or _refusal)(answer)
        return answers


def _refusal(answer: Close) -> Refused:
    """Word what the broker refuses over AMQP as the API does."""
    _, _, reason = answer.reply_text.partition(" - ")
    if answer.reply_code == ReplyCode.ACCESS_REFUSED:
        return Refused(HTTPStatus.UNAUTHORIZED, "Access refused.", error="not_authorised")
    if answer.reply_code == ReplyCode.NOT_FOUND:
        return Refused(HTTPStatus.NOT_FOUND, reason, error="not_found")
    if answer.reply_code == ReplyCode.NOT_ALLOWED:  # no room for one more connection or channel
        return Refused(HTTPStatus.UNAUTHORIZED, "Access refused.", error="not_authorised")
    return Refused(HTTPStatus.BAD_REQUEST, reason)
