"""Accounting: what should be in the database after a case, against what is there.

Pure. A *package* is what the rig published; each leaves *effects*: rows of `message_log`. Rows are
matched to effects by what they mean (parsed JSON for parts and results; byte for byte for a source
body), so that any JSON writer will do.
Tasks and RPC have one row each and need no accounting beyond `TaskRow`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from operator import itemgetter
from typing import TYPE_CHECKING

from warren.claims.verdict import Violation
from warren.evidence.json_text import parse_json
from warren.evidence.ledger import short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from warren.evidence.ledger import Delivery, Ledger, WorkEnd
    from warren.evidence.rows import MessageRow

_SHOWN = 20
"""Rows that are shown as evidence: more than the document's longest package leaves."""
PACKAGE = -1
"""The index of the effect that stands for the whole package; parts have 0, 1, 2 …"""


@dataclass(frozen=True, slots=True)
class Package:
    """A message to a stream consumer: its id on the wire, its texts, its body."""

    message_id: str
    texts: tuple[str, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Effect:
    """One row that a package must leave: part `index`, or the package itself (`PACKAGE`)."""

    package: str
    index: int

    def __str__(self) -> str:
        """Name it for a person."""
        return "the package row" if self.index == PACKAGE else f"the row of part {self.index + 1}"


def expected(design: str, package: Package) -> tuple[Effect, ...]:
    """List the effects of a package, in the order in which the document wants them."""
    whole = Effect(package.message_id, PACKAGE)
    if design == "blocking":
        return (whole,)
    return (*(Effect(package.message_id, i) for i in range(len(package.texts))), whole)


def effects_like(design: str, packages: Iterable[Package], message: str) -> tuple[Effect, ...]:
    """Give the effects that a row may be; several where packages or texts are alike, often none."""
    read = parse_json(message)
    return tuple(
        Effect(package.message_id, index)
        for package in packages
        for index in _indices(design, package, message, read)
    )


def _indices(design: str, package: Package, message: str, read: object) -> Iterator[int]:
    if design == "pipeline":
        if read == {"texts": list(package.texts)}:
            yield PACKAGE
        elif isinstance(read, dict) and read.get("texts") == list(package.texts):
            index = read.get("index")
            if isinstance(index, int) and 0 <= index < len(package.texts):
                yield index
    elif message.encode() == package.body:
        yield PACKAGE
    elif design != "blocking" and isinstance(read, dict) and "sourceMessage" in read:
        yield from (i for i, text in enumerate(package.texts) if text == read.get("text"))


@dataclass(frozen=True, slots=True)
class Account:
    """The rows of a case, by effect; rows that belong to no package are `strangers`."""

    design: str
    packages: tuple[Package, ...]
    rows: dict[Effect, tuple[MessageRow, ...]]
    strangers: tuple[MessageRow, ...]

    def lost(self) -> tuple[Effect, ...]:
        """Effects with no row."""
        return tuple(
            e for p in self.packages for e in expected(self.design, p) if e not in self.rows
        )

    def duplicated(self) -> tuple[Effect, ...]:
        """Effects with more than one row."""
        return tuple(e for e, rows in self.rows.items() if len(rows) > 1)

    def complete(self) -> bool:
        """Whether every effect has a row."""
        return not self.lost()

    def order(self, package: Package) -> tuple[int, ...]:
        """Give the indices of a package's rows by their ids, `PACKAGE` for the package row."""
        found = [
            (row.id, effect.index)
            for effect, rows in self.rows.items()
            if effect.package == package.message_id
            for row in rows
        ]
        return tuple(index for _, index in sorted(found))


def account(design: str, packages: Iterable[Package], rows: Iterable[MessageRow]) -> Account:
    """Match rows to effects; of effects that look alike, the first that has no row yet."""
    packages = tuple(packages)
    found: dict[Effect, list[MessageRow]] = defaultdict(list)
    strangers: list[MessageRow] = []
    for row in rows:
        like = effects_like(design, packages, row.message)
        if like:
            found[next((e for e in like if e not in found), like[0])].append(row)
        else:
            strangers.append(row)
    return Account(design, packages, {e: tuple(r) for e, r in found.items()}, tuple(strangers))


def losses(result: Account, ledger: Ledger) -> tuple[Violation, ...]:
    """Say what was lost, with the deliveries of the message that should have left it."""
    return tuple(
        Violation(
            f"lost: {effect} never came", tuple(map(str, _deliveries_of(result, ledger, effect)))
        )
        for effect in result.lost()
    )


def duplicates(result: Account, ledger: Ledger) -> tuple[Violation, ...]:
    """Say what was doubled, whether a redelivery of its package forced it, with rows and redeliveries."""
    out = []
    for effect in result.duplicated():
        rows = result.rows[effect]
        again = [d for d in _deliveries_of(result, ledger, effect) if d.redelivered]
        why = "after a redelivery" if again else "and nothing was redelivered of its package"
        words = f"duplicated: {effect} is there {len(rows)} times, {why}"
        out.append(Violation(words, (*row_lines(rows), *map(str, again))))
    return tuple(out)


def overlaps(
    deliveries: Iterable[Delivery], works_until: Callable[[Delivery], WorkEnd]
) -> tuple[Violation, ...]:
    """Say which deliveries of one message were worked on at once; `works_until` says when each was done with."""
    given = [(d, d.passed_at) for d in deliveries if d.passed_at is not None]
    return tuple(
        Violation(
            f"{later.instance} was given the message while {earlier.instance} still worked on it",
            (str(earlier), str(later), str(works_until(earlier))),
        )
        for (earlier, _), (later, given_at) in combinations(sorted(given, key=itemgetter(1)), 2)
        if works_until(earlier).at > given_at
    )


def unexpected(result: Account) -> tuple[Violation, ...]:
    """Say which rows belong to nothing that was published, in one violation however many they are."""
    count = len(result.strangers)
    if not count:
        return ()
    what = "a row" if count == 1 else f"{count} rows"
    return (
        Violation(f"unexpected: {what} that no package asked for", row_lines(result.strangers)),
    )


def disorder(result: Account) -> tuple[Violation, ...]:
    """Say which packages have their part rows out of order."""
    out = []
    for package in result.packages:
        parts = [i for i in result.order(package) if i != PACKAGE]
        if parts != sorted(parts):
            out.append(
                Violation(
                    f"out of order: the part rows came as {_numbers(parts)}",
                    _rows_of(result, package),
                )
            )
    return tuple(out)


def early_results(result: Account) -> tuple[Violation, ...]:
    """Say which packages have a package row before the row of one of their parts."""
    out = []
    for package in result.packages:
        order = result.order(package)
        before = order[: order.index(PACKAGE)] if PACKAGE in order else order
        late = [i for i in dict.fromkeys(order[len(before) :]) if i not in (PACKAGE, *before)]
        if late:
            words = f"early result: the package row came before that of part {_numbers(late)}"
            out.append(Violation(words, _rows_of(result, package)))
    return tuple(out)


def row_line(row: MessageRow) -> str:
    """Show a row as one line of evidence."""
    return f"message_log {row.id}: {short(row.message.encode())}"


def row_lines(rows: Sequence[MessageRow]) -> tuple[str, ...]:
    """Show rows as evidence: the first of them, and how many more there are."""
    more = len(rows) - _SHOWN
    return (*map(row_line, rows[:_SHOWN]), *([f"… and {more} more"] if more > 0 else []))


def _rows_of(result: Account, package: Package) -> tuple[str, ...]:
    rows = [r for e, rs in result.rows.items() if e.package == package.message_id for r in rs]
    return row_lines(sorted(rows, key=lambda r: r.id))


def _deliveries_of(result: Account, ledger: Ledger, effect: Effect) -> list[Delivery]:
    """Give the deliveries of an effect's package and of its parts: by their message-id, else by what they mean."""
    package = [p for p in result.packages if p.message_id == effect.package]
    return [
        d
        for d in ledger.deliveries
        if d.message.startswith(effect.package)
        or effects_like(result.design, package, d.body.decode("utf-8", "replace"))
    ]


def _numbers(indices: Iterable[int]) -> str:
    return ", ".join(str(i + 1) for i in indices if i != PACKAGE)
