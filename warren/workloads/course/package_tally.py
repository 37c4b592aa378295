"""The rows of packages: what should be in `message_log` after a case, against what is there.

Pure. How a row is known for an effect is the design's matter (`warren.workloads.course.packages`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from warren.evidence.ledger import short
from warren.evidence.violation import Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from warren.evidence.ledger import Delivery, Ledger
    from warren.evidence.rows import MessageRow
    from warren.workloads.protocol import Tally

_SHOWN: Final = 20
"""Rows that are shown as evidence: more than the document's longest package leaves."""
PACKAGE: Final = -1
"""The index of the effect that stands for the whole package; parts have 0, 1, 2 …"""


@dataclass(frozen=True, slots=True)
class Package:
    """A message to a stream consumer: its id on the wire, its texts, its body."""

    message_id: str
    texts: tuple[str, ...]
    body: bytes

    @property
    def id(self) -> str:
        """Its message-id."""
        return self.message_id

    @property
    def size(self) -> int:
        """How many texts it has."""
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class Effect:
    """One row that a package must leave: part `index`, or the package itself (`PACKAGE`)."""

    package: str
    index: int

    def __str__(self) -> str:
        """Name it for a person."""
        return "the package row" if self.index == PACKAGE else f"the row of part {self.index + 1}"


class _Design(Protocol):
    """What a tally asks of its design; see `warren.workloads.course.packages.PackageDesign`."""

    def owes(self, package: Package) -> tuple[Effect, ...]: ...

    def effects_like(self, packages: Iterable[Package], message: str) -> tuple[Effect, ...]: ...

    def leaves(self, effect: Effect) -> bool: ...

    def message_work(self, size: int) -> tuple[float, float]: ...


@dataclass(frozen=True, slots=True)
class PackageTally:
    """The rows of a case, by effect; rows that belong to no package are `strangers`."""

    design: _Design
    packages: tuple[Package, ...]
    rows: dict[Effect, tuple[MessageRow, ...]]
    strangers: tuple[MessageRow, ...]

    @classmethod
    def of(
        cls, design: _Design, packages: Iterable[Package], rows: Iterable[MessageRow]
    ) -> PackageTally:
        """Match rows to effects; of effects that look alike, the first that has no row yet."""
        packages = tuple(packages)
        found: dict[Effect, list[MessageRow]] = defaultdict(list)
        strangers: list[MessageRow] = []
        for row in rows:
            like = design.effects_like(packages, row.message)
            if like:
                found[next((e for e in like if e not in found), like[0])].append(row)
            else:
                strangers.append(row)
        return cls(design, packages, {e: tuple(r) for e, r in found.items()}, tuple(strangers))

    @property
    def complete(self) -> bool:
        """Whether every effect has a row."""
        return not self.lost()

    @property
    def count(self) -> int:
        """How many messages have left their effect: packages or parts, by their rows."""
        return sum(map(self.design.leaves, self.rows))

    @property
    def tells_apart(self) -> bool:
        """Each row says whose it is."""
        return True

    @property
    def untouched(self) -> bool:
        """Whether there is no row at all."""
        return not (self.rows or self.strangers)

    @property
    def in_change(self) -> bool:
        """A row is there or not."""
        return False

    def lost(self) -> tuple[Effect, ...]:
        """Effects with no row."""
        return tuple(e for p in self.packages for e in self.design.owes(p) if e not in self.rows)

    def duplicated(self) -> tuple[Effect, ...]:
        """Effects with more than one row."""
        return tuple(e for e, rows in self.rows.items() if len(rows) > 1)

    def effects_of(self, body: bytes) -> frozenset[object]:
        """Give the effects that a worker's message of that body may leave; several where parts are alike."""
        return frozenset(self._like(self.packages, body))

    def has(self, body: bytes) -> bool:
        """Whether one of the effects of such a message is there."""
        return any(effect in self.rows for effect in self._like(self.packages, body))

    def rows_of(self, effects: Collection[object]) -> tuple[str, ...]:
        """Show the rows of effects."""
        return tuple(row_line(r) for e, rows in self.rows.items() if e in effects for r in rows)

    def least_work(self, effects: Collection[object]) -> float:
        """Give the shortest work on the message that leaves one of these effects."""
        return min(
            (
                self.design.message_work(package.size)[0]
                for package in self.packages
                for effect in effects
                if isinstance(effect, Effect) and effect.package == package.message_id
            ),
            default=0,
        )

    def losses(self, ledger: Ledger) -> tuple[Violation, ...]:
        """Say what was lost, with the deliveries of the message that should have left it."""
        return tuple(
            Violation(
                f"lost: {effect} never came", tuple(map(str, self._deliveries_of(ledger, effect)))
            )
            for effect in self.lost()
        )

    def duplicates(self, ledger: Ledger, before: Tally | None = None) -> tuple[Violation, ...]:
        """Say what was doubled, whether a redelivery of its package forced it; a row is new whenever it came."""
        del before
        out = []
        for effect in self.duplicated():
            rows = self.rows[effect]
            again = [d for d in self._deliveries_of(ledger, effect) if d.redelivered]
            why = "after a redelivery" if again else "and nothing was redelivered of its package"
            words = f"duplicated: {effect} is there {len(rows)} times, {why}"
            out.append(Violation(words, (*row_lines(rows), *map(str, again)), seen=True))
        return (*out, *self.unexpected())

    def unexpected(self) -> tuple[Violation, ...]:
        """Say which rows belong to nothing that was published."""
        return unexpected(self.strangers)

    def disorder(self) -> tuple[Violation, ...]:
        """Say which packages have their part rows out of order."""
        out = []
        for package in self.packages:
            parts = [i for i in self._order(package) if i != PACKAGE]
            if parts != sorted(parts):
                words = f"out of order: the part rows came as {_numbers(parts)}"
                out.append(Violation(words, self._rows_of_package(package), seen=True))
        return tuple(out)

    def early_results(self) -> tuple[Violation, ...]:
        """Say which packages have a package row before the row of one of their parts."""
        out = []
        for package in self.packages:
            order = self._order(package)
            before = order[: order.index(PACKAGE)] if PACKAGE in order else order
            late = [i for i in dict.fromkeys(order[len(before) :]) if i not in (PACKAGE, *before)]
            if late:
                words = f"early result: the package row came before that of part {_numbers(late)}"
                out.append(Violation(words, self._rows_of_package(package), seen=True))
        return tuple(out)

    def _order(self, package: Package) -> tuple[int, ...]:
        """Give the indices of a package's rows by their ids, `PACKAGE` for the package row."""
        found = [
            (row.id, effect.index)
            for effect, rows in self.rows.items()
            if effect.package == package.message_id
            for row in rows
        ]
        return tuple(index for _, index in sorted(found))

    def _rows_of_package(self, package: Package) -> tuple[str, ...]:
        rows = [r for e, rs in self.rows.items() if e.package == package.message_id for r in rs]
        return row_lines(sorted(rows, key=lambda r: r.id))

    def _deliveries_of(self, ledger: Ledger, effect: Effect) -> list[Delivery]:
        """Give the deliveries of an effect's package and of its parts: by message-id, else by what they mean."""
        package = [p for p in self.packages if p.message_id == effect.package]
        return [
            d
            for d in ledger.deliveries
            if d.message.startswith(effect.package) or self._like(package, d.body)
        ]

    def _like(self, packages: Iterable[Package], body: bytes) -> tuple[Effect, ...]:
        return self.design.effects_like(packages, body.decode("utf-8", "replace"))


def unexpected(rows: Sequence[MessageRow]) -> tuple[Violation, ...]:
    """Say which rows nobody asked for, in one violation however many they are."""
    count = len(rows)
    if not count:
        return ()
    what = "a row" if count == 1 else f"{count} rows"
    words = f"unexpected: {what} that no package asked for"
    return (Violation(words, row_lines(rows), seen=True),)


def row_line(row: MessageRow) -> str:
    """Show a row as one line of evidence."""
    return f"message_log {row.id}: {short(row.message.encode())}"


def row_lines(rows: Sequence[MessageRow]) -> tuple[str, ...]:
    """Show rows as evidence: the first of them, and how many more there are."""
    more = len(rows) - _SHOWN
    return (*map(row_line, rows[:_SHOWN]), *([f"… and {more} more"] if more > 0 else []))


def _numbers(indices: Iterable[int]) -> str:
    return ", ".join(str(i + 1) for i in indices if i != PACKAGE)
