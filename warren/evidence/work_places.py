"""Which queues and exchanges the work goes through, and the ledger of what carries it.

A consumer may have others beside them, for remote control, events, replies, its own notices: they are for no message
that anybody has sent it to be worked on. What the work goes through is read from the wire alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from warren.evidence.declarations import Binding, Declaration
    from warren.evidence.ledger import Ledger, Published

_SPREADING = ("fanout", "headers")
"""Types of exchanges that do not ask for a routing key."""


@dataclass(frozen=True, slots=True)
class WorkPlaces:
    """The queues that work goes through, the exchanges that lead there, and what hands on to one of these queues."""

    queues: frozenset[str]
    exchanges: frozenset[str]
    leading: frozenset[str] = frozenset()
    """Other queues whose dead letters come to one of them."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where the results of work are published to: their queues are somebody else's. None is any routing key."""

    exchange: str
    routing_key: str | None = None


def work_places(
    ledger: Ledger,
    queue: str,
    exchange: str,
    *,
    outlets: Collection[Outlet],
    copies: Iterable[Published],
    others: Iterable[str],
) -> WorkPlaces:
    """Find the places of what is published to `exchange` for `queue`.

    From the queue the work goes to where its dead letters go, and to where it is published again (`copies`). To the
    queue comes what its bindings lead there, and the dead letters of others, such as queues for later tries. `others`
    are queues from which it was seen to come.
    """
    ways = _Ways(ledger)
    copies = [c for c in copies if not any(_is_of(outlet, c) for outlet in outlets)]
    queues = ways.back_to(queue) | set(others)
    for copy in copies:
        queues |= ways.reached(copy.exchange, copy.routing_key)
    queues = ways.downstream(queues)
    exchanges = {exchange, *(o.exchange for o in outlets), *ways.exchanges_of(queues)}
    exchanges |= {d.dead_letter_exchange or "" for d in ways.declared if d.name in queues}
    exchanges |= {c.exchange for c in copies}
    leading = {d.name for d in ways.declared if ways.dead_letters_of(d) & queues} - queues
    sources = ways.sources_of(exchanges)
    return WorkPlaces(frozenset(queues), frozenset(sources - {""}), frozenset(leading))


def queues_of(ledger: Ledger, outlets: Iterable[Outlet]) -> frozenset[str]:
    """Give the queues to which the results go, as far as instances have bound them."""
    ways = _Ways(ledger)
    return frozenset(q for o in outlets for q in ways.reached(o.exchange, o.routing_key))


def only_of(ledger: Ledger, places: WorkPlaces, publishes: Iterable[Published]) -> Ledger:
    """Give what of a ledger carries the work: these publishes, and the connections by which it is consumed.

    What says nothing of a queue or a connection stays.
    """
    consumers = tuple(c for c in ledger.consumers if c.queue in places.queues)
    by = {(c.instance, c.connection) for c in consumers}
    named = {"queue": places.queues | places.leading, "exchange": places.exchanges}
    return replace(
        ledger,
        deliveries=tuple(d for d in ledger.deliveries if not d.queue or d.queue in places.queues),
        publishes=tuple(publishes),
        ends=tuple(e for e in ledger.ends if (e.instance, e.connection) in by),
        consumers=consumers,
        negotiated={of: beat for of, beat in ledger.negotiated.items() if of in by},
        silences=tuple(s for s in ledger.silences if (s.instance, s.connection) in by),
        connections=tuple(c for c in ledger.connections if (c.instance, c.connection) in by),
        declarations=tuple(d for d in ledger.declarations if d.name in named[d.kind]),
        last_sent={of: at for of, at in ledger.last_sent.items() if of in by},
        opened=tuple(o for o in ledger.opened if (o.instance, o.connection) in by),
        heartbeats=tuple(b for b in ledger.heartbeats if (b.instance, b.connection) in by),
    )


class _Ways:
    """How messages go by what instances have declared and bound."""

    def __init__(self, ledger: Ledger) -> None:
        self.declared = [d for d in ledger.declarations if d.kind == "queue"]
        self._bindings = ledger.bindings
        self._spreading = {
            d.name for d in ledger.declarations if d.kind == "exchange" and d.type in _SPREADING
        }

    def reached(self, exchange: str, key: str | None) -> set[str]:
        """Give the queues that a message comes to; without a routing key all that some message comes to."""
        if not exchange:
            return {key} if key else set()
        found: set[str] = set()
        seen, left = {exchange}, [exchange]
        while left:
            for b in self._from(left.pop(), key):
                if b.kind == "queue":
                    found.add(b.name)
                elif b.name not in seen:
                    seen.add(b.name)
                    left.append(b.name)
        return found

    def dead_letters_of(self, declared: Declaration) -> set[str]:
        """Give the queues that a queue's dead letters come to."""
        if declared.dead_letter_exchange is None:
            return set()
        return self.reached(declared.dead_letter_exchange, declared.dead_letter_key)

    def downstream(self, queues: set[str]) -> set[str]:
        """Give these queues, and all that their dead letters come to."""
        return _closed(
            queues,
            lambda known: (
                q for d in self.declared if d.name in known for q in self.dead_letters_of(d)
            ),
        )

    def back_to(self, queue: str) -> set[str]:
        """Give this queue, and all whose dead letters come back to it."""
        return _closed(
            {queue},
            lambda known: (d.name for d in self.declared if self.dead_letters_of(d) & known),
        )

    def exchanges_of(self, queues: set[str]) -> set[str]:
        """Give the exchanges to which these queues are bound."""
        return {b.exchange for b in self._bindings if b.kind == "queue" and b.name in queues}

    def sources_of(self, exchanges: set[str]) -> set[str]:
        """Give these exchanges, and all from which they get messages."""
        return _closed(
            exchanges,
            lambda known: (
                b.exchange for b in self._bindings if b.kind == "exchange" and b.name in known
            ),
        )

    def _from(self, exchange: str, key: str | None) -> Iterator[Binding]:
        for b in self._bindings:
            leads = key is None or exchange in self._spreading or _matches(b.routing_key, key)
            if b.exchange == exchange and leads:
                yield b


def _closed(known: set[str], more: Callable[[set[str]], Iterable[str]]) -> set[str]:
    """Add to a set until there is nothing more to add."""
    known = set(known)
    while new := set(more(known)) - known:
        known |= new
    return known


def _is_of(outlet: Outlet, published: Published) -> bool:
    return outlet.exchange == published.exchange and outlet.routing_key in (
        None,
        published.routing_key,
    )


def _matches(pattern: str, key: str) -> bool:
    """Whether a binding takes a routing key: as it stands, or with the `*` and `#` of a topic exchange."""
    words = re.escape(pattern).replace(r"\*", "[^.]*")
    whole = words.replace(r"\#\.", r"(.*\.)?").replace(r"\.\#", r"(\..*)?").replace(r"\#", ".*")
    return re.fullmatch(whole, key) is not None
