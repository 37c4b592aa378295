"""Who acks a message before the effect of that is there: the one thing behind many losses, whatever a case is about.

It is noted whenever the effects are looked at. Whether an early ack is a violation, the case says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from warren.evidence.commits import CommitBegun

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warren.evidence.ledger import Delivery, Ledger
    from warren.evidence.violation import Violation
    from warren.workloads import Tally, Unit

_BESIDE: Final = 0.05
"""Seconds after an ack in which an effect that is not there shows nothing: it may come another way."""


class EarlyAcks:
    """The deliveries of units of work that were acked, and whose effect was not there when it was looked for then."""

    def __init__(self, units: Sequence[Unit]) -> None:
        """Know none yet; a case adds to the units."""
        self._units = units
        self._known: set[int] = set()
        self._missing: list[Delivery] = []
        self._just_now: dict[int, Delivery] = {}
        self._sure: list[Delivery] = []

    def acked(self, ledger: Ledger) -> list[Delivery]:
        """Give the acked deliveries of which nothing is known yet: to be asked before the effects are looked at."""
        messages = {unit.message_id for unit in self._units}
        return [
            d
            for d in ledger.deliveries
            if d.order not in self._known
            and d.message in messages
            and d.settlement is not None
            and d.settlement.kind == "ack"
            and d.settlement.counts
        ]

    def look(self, acked: Sequence[Delivery], tally: Tally, ledger: Ledger, now: float) -> None:
        """Note which of them had left no effect by then, or left it by a commit that came after the ack."""
        if not acked or not tally.tells_apart:
            return
        for d in acked:
            is_copied = _is_copied(ledger, d)
            is_there = tally.has(d.body) or is_copied
            if not is_there and _is_new(d, now):
                self._just_now[d.order] = d
                continue
            self._known.add(d.order)
            if is_copied:
                self._just_now.pop(d.order, None)
            if not is_there:
                self._missing.append(d)
            elif _is_committed_afterwards(ledger, d):
                self._sure.append(d)

    def note(self, delivery: Delivery) -> None:
        """Take in one that a case has looked at right after its ack."""
        self._known.add(delivery.order)
        self._sure.append(delivery)

    def of_habit(self, tally: Tally, has_ended: Callable[[str], bool]) -> tuple[Delivery, ...]:
        """Give those whose effect came after all, or was lost with its instance: nothing else explains these."""
        if not tally.tells_apart:
            return tuple(self._sure)
        late = (d for d in self._missing if tally.has(d.body) or has_ended(d.instance))
        return (*self._sure, *late)

    def without_effect(self) -> tuple[Delivery, ...]:
        """Give all whose effect was not there when it was looked for after the ack.

        One that came a moment later may have come another way. One that never comes of an instance that lives on may
        have another reason: its work has failed, and it says so to nobody. Whoever is known to ack early has that for
        a reason.
        """
        return (*self._missing, *self._just_now.values())


def is_shown_by(violation: Violation, deliveries: Sequence[Delivery]) -> bool:
    """Whether the evidence of a violation has one of these deliveries."""
    return any(
        line.startswith(f"{d.at:.3f} deliver #{d.tag} ") and f"-> {d.instance} (" in line
        for line in violation.evidence
        for d in deliveries
    )


def _is_new(delivery: Delivery, now: float) -> bool:
    return delivery.settlement is not None and now - delivery.settlement.at < _BESIDE


def _is_copied(ledger: Ledger, delivery: Delivery) -> bool:
    """Whether it was published again, for a later try or to be put aside, so that it is not taken for done."""
    return any(
        p.body == delivery.body and p.at > delivery.at
        for p in ledger.published_by(delivery.instance)
    )


def _is_committed_afterwards(ledger: Ledger, delivery: Delivery) -> bool:
    """Whether its instance has asked for a commit after the ack and for none before, with nothing else in hand."""
    if delivery.settlement is None or delivery.redelivered:
        return False
    begun = [
        fact.at
        for fact in ledger.database
        if isinstance(fact, CommitBegun)
        and fact.instance == delivery.instance
        and fact.at >= delivery.at
    ]
    others = (d for d in ledger.to(delivery.instance) if d.order != delivery.order)
    is_alone = not any(begun and d.at <= begun[0] and d.open_until >= delivery.at for d in others)
    return bool(begun) and begun[0] > delivery.settlement.at and is_alone
