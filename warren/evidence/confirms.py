"""Which publishes a broker has answered for: publisher confirms, and the commits of transactions.

A broker numbers the publishes of a channel from its confirm.select on, and acks them by that number (RabbitMQ's
publisher confirms). In tx mode it answers for all of a transaction by tx.commit-ok (AMQP 0-9-1, tx).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from warren.evidence.frames import Direction
from warren.simulator.wire import (
    BasicAck,
    BasicNack,
    ConfirmSelect,
    TxCommitOk,
    TxRollbackOk,
    TxSelect,
)

if TYPE_CHECKING:
    from warren.evidence.frames import FrameSeen

Mode: TypeAlias = Literal["", "confirm", "tx"]
"""Whether a broker answers for the publishes of a channel, and how."""
_Channel: TypeAlias = tuple[str, int, int]


class Confirms:
    """Numbers publishes as the broker does, and finds those that a frame answers for, by their places in a list."""

    def __init__(self) -> None:
        """Begin where no channel is in any mode."""
        self._numbers: dict[_Channel, int] = {}
        """How many were published on each channel in confirm mode."""
        self._unconfirmed: dict[_Channel, dict[int, int]] = {}
        self._uncommitted: dict[_Channel, list[int]] = {}

    def published(self, channel: _Channel, place: int) -> Mode:
        """Note a publish, and say what its channel is in."""
        if channel in self._numbers:
            self._numbers[channel] += 1
            self._unconfirmed[channel][self._numbers[channel]] = place
            return "confirm"
        if channel in self._uncommitted:
            self._uncommitted[channel].append(place)
            return "tx"
        return ""

    def answered(self, channel: _Channel, seen: FrameSeen) -> tuple[int, ...]:
        """Read on, and give the publishes that the broker has taken by this frame."""
        content, to_client = seen.content, seen.direction is Direction.TO_CLIENT
        match content:
            case ConfirmSelect():
                self._numbers.setdefault(channel, 0)
                self._unconfirmed.setdefault(channel, {})
            case TxSelect():
                self._uncommitted.setdefault(channel, [])
            case BasicAck() | BasicNack() if to_client:
                settled = self._settled(channel, content)
                return settled if isinstance(content, BasicAck) else ()
            case TxCommitOk() | TxRollbackOk() if channel in self._uncommitted:
                ended, self._uncommitted[channel] = self._uncommitted[channel], []
                return tuple(ended) if isinstance(content, TxCommitOk) else ()
            case _:
                pass
        return ()

    def channel_ended(self, channel: _Channel) -> None:
        """Forget a channel: its number may be used again, in another mode."""
        for known in (self._numbers, self._unconfirmed, self._uncommitted):
            known.pop(channel, None)

    def _settled(self, channel: _Channel, method: BasicAck | BasicNack) -> tuple[int, ...]:
        waiting = self._unconfirmed.get(channel, {})
        up_to = method.delivery_tag or max(waiting, default=0)
        numbers = [n for n in waiting if n <= up_to] if method.multiple else [method.delivery_tag]
        return tuple(waiting.pop(n) for n in numbers if n in waiting)
