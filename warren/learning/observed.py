"""What the frames of one instance say of it: its library, what it asked for, declared, bound and consumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from warren.evidence.frames import ConnectionOpened, Direction, FrameLost, FrameSeen
from warren.evidence.ledger_reader import LedgerReader
from warren.simulator.wire import (
    BasicGet,
    ConnectionOpen,
    ConnectionStartOk,
    ExchangeDeclare,
    QueueDeclare,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from warren.evidence.declarations import Binding
    from warren.evidence.frames import Fact
    from warren.evidence.ledger import Consumer, Ledger
    from warren.simulator.wire import FieldTable

_NAMES: Final = ("product", "version", "platform")
_Declare = TypeVar("_Declare", QueueDeclare, ExchangeDeclare)


@dataclass(frozen=True, slots=True)
class Observed:
    """What one instance showed of itself up to now."""

    ledger: Ledger
    connections: int = 0
    clients: tuple[str, ...] = ()
    platform: str = ""
    other_vhosts: tuple[str, ...] = ()
    """Vhosts that it asked for and was not let into, but into the case's, or one that stands for that name."""
    queues: tuple[QueueDeclare, ...] = ()
    exchanges: tuple[ExchangeDeclare, ...] = ()
    fetches: bool = False
    """Whether it asks for messages one by one (basic.get)."""

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """Its consumers that have not ended."""
        return tuple(c for c in self.ledger.consumers if c.ended_at is None)

    @property
    def heartbeat(self) -> int:
        """The longest that it agreed on, in seconds; 0 for none."""
        return max(self.ledger.negotiated.values(), default=0)

    def work_queues(self) -> tuple[str, ...]:
        """Give the queues that it consumes and that may be for work: they outlast it, if there are such.

        Those of another vhost are for none, if it consumes in that of the work.
        """
        elsewhere = self.ledger.elsewhere
        here = [c for c in self.consumers if (c.instance, c.connection) not in elsewhere]
        consumed = dict.fromkeys(c.queue for c in here or self.consumers)
        lasting = tuple(queue for queue in consumed if not self._is_passing(queue))
        return lasting or tuple(consumed)

    @property
    def has_lasting_queue(self) -> bool:
        """Whether it consumes from a queue that outlasts it."""
        return any(not self._is_passing(c.queue) for c in self.consumers)

    def is_server_named(self, queue: str) -> bool:
        """Whether the broker chose the name of a queue."""
        return any(d.server_named for d in self.ledger.declarations if d.name == queue)

    def consumer_of(self, queue: str) -> Consumer | None:
        """Give its consumer of a queue."""
        return next((c for c in self.consumers if c.queue == queue), None)

    @property
    def bindings(self) -> tuple[Binding, ...]:
        """The bindings of queues that it asked for."""
        return tuple(b for b in self.ledger.bindings if b.kind == "queue")

    def bindings_of(self, queue: str) -> tuple[Binding, ...]:
        """Give those of one queue."""
        return tuple(b for b in self.bindings if b.name == queue)

    def _is_passing(self, queue: str) -> bool:
        declared = [d for d in self.ledger.declarations if (d.kind, d.name) == ("queue", queue)]
        return any(d.auto_delete or d.exclusive or d.expires or d.server_named for d in declared)


def observe(facts: Iterable[Fact]) -> Observed:
    """Read all facts of the lines of an instance."""
    facts = tuple(facts)
    reader = LedgerReader()
    for fact in facts:
        reader.take(fact)
    seen = (fact for fact in facts if isinstance(fact, FrameSeen))
    asked = [s.content for s in seen if s.direction is Direction.TO_BROKER]
    logins = [c.client_properties for c in asked if isinstance(c, ConnectionStartOk)]
    return Observed(
        ledger=reader.ledger(),
        connections=sum(isinstance(fact, ConnectionOpened) for fact in facts),
        clients=tuple(dict.fromkeys(filter(None, map(_client, logins)))),
        platform=next((str(p["platform"]) for p in logins if p.get("platform")), ""),
        other_vhosts=tuple(dict.fromkeys(_turned_away(facts))),
        queues=_declared((c.queue, c) for c in asked if isinstance(c, QueueDeclare)),
        exchanges=_declared((c.exchange, c) for c in asked if isinstance(c, ExchangeDeclare)),
        fetches=any(isinstance(c, BasicGet) for c in asked),
    )


def _declared(asked: Iterable[tuple[str, _Declare]]) -> tuple[_Declare, ...]:
    """Keep one of each name: a passive declaration, which some repeat, says nothing of what was declared."""
    by_name: dict[str, _Declare] = {}
    for name, declare in asked:
        if not declare.passive or name not in by_name:
            by_name[name] = declare
    return tuple(by_name.values())


def _turned_away(facts: Iterable[Fact]) -> Iterable[str]:
    """Give the vhosts of what the line did not pass on, since another stands in its place."""
    for fact in facts:
        match fact:
            case FrameLost(frame=FrameSeen(content=ConnectionOpen(virtual_host=vhost))):
                yield vhost
            case _:
                pass


def _client(properties: FieldTable) -> str:
    """Name a client library as it names itself."""
    return ", ".join(str(properties[name]) for name in _NAMES if properties.get(name))
