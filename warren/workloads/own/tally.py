"""The effects that the messages of a case owe, as they were found outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from warren.evidence.violation import Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from warren.evidence.ledger import Ledger
    from warren.workloads.own.effects import Effect
    from warren.workloads.own.found import Found
    from warren.workloads.own.message import OwnUnit
    from warren.workloads.protocol import Tables, Tally


def _no_trail(unit: OwnUnit) -> tuple[str, ...]:
    del unit
    return ()


@dataclass(frozen=True, slots=True)
class OwnTally:
    """What there is of each effect of each unit, in their order."""

    effects: tuple[Effect, ...]
    units: tuple[OwnUnit, ...]
    found: tuple[tuple[Found, ...], ...]
    trail: Callable[[OwnUnit], tuple[str, ...]] = field(default=_no_trail, compare=False)
    """What was seen outside in the trace of a message: it supports what is said of its effects, and decides nothing."""

    @classmethod
    def of(
        cls,
        effects: Sequence[Effect],
        units: Iterable[OwnUnit],
        outside: Tables,
        trail: Callable[[OwnUnit], tuple[str, ...]] = _no_trail,
    ) -> OwnTally:
        """Look all of them up."""
        units = tuple(units)
        by_effect = [effect.find_all(units, outside) for effect in effects]
        return cls(tuple(effects), units, tuple(zip(*by_effect, strict=True)), trail)

    @property
    def tells_apart(self) -> bool:
        """Whether some effect shows which message has left it."""
        return any(effect.tells_apart for effect in self.effects)

    @property
    def complete(self) -> bool:
        """Whether every effect is there."""
        return all(map(_is_there, self.found))

    @property
    def count(self) -> int:
        """How many messages have left all their effects."""
        return sum(map(_is_there, self.found))

    @property
    def untouched(self) -> bool:
        """Whether there is no effect at all."""
        pairs = (pair for found in self.found for pair in zip(self.effects, found, strict=True))
        return not any(one.count or (one.words and e.tells_apart) for e, one in pairs)

    @property
    def in_change(self) -> bool:
        """Whether a file of a settled message does not stand yet."""
        return any(one.is_settled and not one.stands for found in self.found for one in found)

    def missing(self) -> tuple[tuple[Effect, Found], ...]:
        """Give the effects that are not there for each message, with what there is of the first without it."""
        columns = zip(self.effects, zip(*self.found, strict=True), strict=True)
        lost = ((effect, [one for one in found if not one.count]) for effect, found in columns)
        return tuple((effect, found[0]) for effect, found in lost if found)

    def has(self, body: bytes) -> bool:
        """Whether a message of that body has left its effects, of those that show whose they are."""
        pairs = zip(self.units, self.found, strict=True)
        return any(self._has_own(found) for unit, found in pairs if unit.body == body)

    def _has_own(self, found: Sequence[Found]) -> bool:
        pairs = zip(self.effects, found, strict=True)
        return all(one.count for effect, one in pairs if effect.tells_apart)

    def effects_of(self, body: bytes) -> frozenset[object]:
        """Give the messages of that body, as each effect is known by its message."""
        return frozenset(unit.id for unit in self.units if unit.body == body)

    def rows_of(self, effects: Collection[object]) -> tuple[str, ...]:
        """Show what there is of messages."""
        return tuple(
            line
            for unit, found in zip(self.units, self.found, strict=True)
            if unit.id in effects
            for one in found
            if one.count
            for line in one.evidence
        )

    def least_work(self, effects: Collection[object]) -> float:
        """Give 0: how soon it may be done, only its author knows."""
        del effects
        return 0

    def losses(self, ledger: Ledger) -> tuple[Violation, ...]:
        """Say which effects never came."""
        lost = {
            f"lost: {_whose(effect, unit)} {one.words or 'never came'}": (effect, one, unit)
            for unit, found in zip(self.units, self.found, strict=True)
            for effect, one in zip(self.effects, found, strict=True)
            if not one.count
        }
        return tuple(
            Violation(
                words,
                (*one.evidence, *_deliveries(ledger, unit), *self.trail(unit)),
                missing="" if one.words else effect.absence,
            )
            for words, (effect, one, unit) in lost.items()
        )

    def duplicates(self, ledger: Ledger, before: Tally | None = None) -> tuple[Violation, ...]:
        """Say which effects are there more than once, or have changed since `before`, when they were there."""
        known = before.states() if isinstance(before, OwnTally) else {}
        out = []
        for unit, found in zip(self.units, self.found, strict=True):
            for effect, one in zip(self.effects, found, strict=True):
                was = known.get((unit.id, effect), one.state)
                words = ""
                if one.count > 1:
                    words = f"{_whose(effect, unit)} {one.words or f'is there {one.count} times'}"
                elif was != one.state:
                    words = f"{effect} of message {unit.id} was made again, and is another now"
                if words:
                    again = _deliveries(ledger, unit)
                    evidence = (*one.evidence, *again, *self.trail(unit))
                    out.append(Violation(f"duplicated: {words}", evidence, seen=True))
        return tuple(out)

    def unexpected(self) -> tuple[Violation, ...]:
        """Say nothing: what else a consumer leaves is its own matter."""
        return ()

    def states(self) -> dict[tuple[str, Effect], bytes]:
        """Give what each effect that is there looks like, where no more of it can come."""
        return {
            (unit.id, effect): one.state
            for unit, found in zip(self.units, self.found, strict=True)
            for effect, one in zip(self.effects, found, strict=True)
            if one.count and one.is_settled and one.stands
        }


def _is_there(found: Iterable[Found]) -> bool:
    return all(one.is_there for one in found)


def _whose(effect: Effect, unit: OwnUnit) -> str:
    return f"{effect} of message {unit.id}" if effect.tells_apart else str(effect)


def _deliveries(ledger: Ledger, unit: OwnUnit) -> tuple[str, ...]:
    return tuple(str(d) for d in ledger.deliveries if d.message == unit.message_id)
