"""What instances have in other vhosts than that of the work: its names are told apart from those of the work's.

Equal names in two vhosts are two queues. So what is declared, bound and consumed in another vhost is called after it,
and whoever knows places by their names takes none for another. What is published keeps its exchange: it may be the
result of the work, wherever it goes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from warren.simulator.wire import (
    BasicConsume,
    BasicGet,
    ExchangeBind,
    ExchangeDeclare,
    QueueBind,
    QueueDeclare,
    QueueDeclareOk,
)

if TYPE_CHECKING:
    from warren.evidence.frames import EnteredElsewhere, FrameSeen

_NAMING: Final = (
    *(QueueDeclare, QueueDeclareOk, QueueBind),
    *(ExchangeDeclare, ExchangeBind, BasicConsume, BasicGet),
)
_NAMES: Final = ("queue", "exchange", "source", "destination")
_DEAD_LETTERS: Final = "x-dead-letter-"


class Elsewhere:
    """Knows the connections that are in another vhost, and by which name their instance asked for it."""

    def __init__(self) -> None:
        """Know none."""
        self.vhosts: dict[tuple[str, int], str] = {}

    def note(self, entered: EnteredElsewhere) -> None:
        """Learn of one."""
        self.vhosts[entered.instance, entered.connection] = entered.vhost

    def named(self, seen: FrameSeen) -> FrameSeen:
        """Give a frame with the names that its queues and exchanges have in a ledger."""
        vhost = self.vhosts.get((seen.instance, seen.connection), "")
        return named_in(vhost, seen) if vhost else seen


def named_in(vhost: str, seen: FrameSeen) -> FrameSeen:
    """Give a frame of a connection in another vhost with names that no queue or exchange of the work has.

    Where its dead letters go is left out: they stay there.
    """
    content = seen.content
    if not isinstance(content, _NAMING):
        return seen
    told: dict[str, Any] = {
        key: f"{name} in vhost {vhost}" for key in _NAMES if (name := getattr(content, key, ""))
    }
    if isinstance(content, QueueDeclare):
        kept = content.arguments.items()
        told["arguments"] = {key: v for key, v in kept if not key.startswith(_DEAD_LETTERS)}
    return replace(seen, content=replace(content, **told))
