"""Rows that a manifest names without a statement: as in a clean run, fewer, more, others; and totals."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workloads.own.test_effects import ONE, TEMPLATE, TWO, Outside, judged
from warren.evidence.ledger import Ledger
from warren.evidence.rows import TableRows
from warren.workloads.own import OwnWorkload, Sample, TableEffect, TotalEffect
from warren.workloads.own.cells import flat, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = ({"ref": "{id}", "sku": "book", "pieces": 2}, {"ref": "{id}", "sku": "pen", "pieces": 3})
LINES = TableEffect.of("lines", "ref", ROWS, ["packer"])
OTHER, MORE = "is not as a clean run leaves it", "has more in it than a clean run leaves"
Row = tuple[object, ...]


def clean(new_id: str) -> list[Row]:
    """Give the rows of a clean run."""
    return [(new_id, "book", 2, "Ann", None), (new_id, "pen", 3, "Bob", None)]


def found(rows: Sequence[Row], effect: TableEffect = LINES) -> tuple[list[str], list[str]]:
    """Give what is lost and what is doubled of two messages."""
    table = TableRows(("ref", "sku", "pieces", "packer", "returned"), tuple(rows))
    workload, units = judged(effect)
    tally = workload.tally(units, Outside(tables={"lines": table}))
    lost, doubled = tally.losses(Ledger()), tally.duplicates(Ledger())
    assert tally.complete == (not lost)
    return [v.words for v in lost], [v.words for v in doubled]


def test_as_in_a_clean_run() -> None:
    """What can differ may, and the order is no matter."""
    assert found([*reversed(clean(ONE)), *clean(TWO)]) == ([], [])


@given(st.lists(st.integers(0, 1), max_size=4), st.lists(st.integers(0, 1), max_size=4))
def test_any_number_of_rows(ones: list[int], twos: list[int]) -> None:
    """Only what a clean run leaves is as it should be; fewer rows are lost, more are doubled, each by its message."""
    rows = [clean(ONE)[place] for place in ones] + [clean(TWO)[place] for place in twos]
    lost, doubled = found(rows)
    for new_id, places in ((ONE, ones), (TWO, twos)):
        is_lost = len(places) < 2 or (len(places) == 2 and sorted(places) != [0, 1])
        assert any(new_id in words for words in lost) == is_lost
        assert any(new_id in words for words in doubled) == (len(places) > 2)


@pytest.mark.parametrize(
    ("row", "lost", "doubled"),
    [
        ((ONE, "book", 1, "Ann", None), f"{OTHER}: in a clean run pieces=2, here pieces=1", ""),
        ((ONE, "book", 4, "Ann", None), "", f"{MORE}: in a clean run pieces=2, here pieces=4"),
        (
            (ONE, "book", 2, "Ann", "yes"),
            f'{OTHER}: in a clean run returned=null, here returned="yes"',
            "",
        ),
        ((ONE, None, 2, "Ann", None), f'{OTHER}: in a clean run sku="book", here sku=null', ""),
    ],
)
def test_other_values(row: Row, lost: str, doubled: str) -> None:
    """A greater number is more; whatever else differs is not what each message owes."""
    rows = [row, clean(ONE)[1], *clean(TWO)]
    words = f"table lines by ref of message {ONE} "
    assert found(rows) == (
        [f"lost: {words}{lost}"] if lost else [],
        [f"duplicated: {words}{doubled}"] if doubled else [],
    )


def test_untouched() -> None:
    """A row that is there and is not as it should be is no absence of rows."""
    workload, units = judged(LINES, STOCK)
    table = TableRows(("ref", "sku"), ((ONE, "other"),))
    for tables, untouched in (({}, True), ({"lines": table}, False)):
        assert workload.tally(units, Outside(tables=tables)).untouched == untouched


def test_without_rows() -> None:
    """Where the manifest names no rows, each message owes one, whatever is in it."""
    effect = TableEffect.of("lines", "ref", (), ())
    lost, doubled = found([(ONE, "x", 1, "y", 1), *clean(TWO)], effect)
    assert (lost, doubled) == (
        [],
        [f"duplicated: table lines by ref of message {TWO} is there 2 times"],
    )


def test_difference_is_the_evidence() -> None:
    """What differs is shown, escaped and without what is secret by its name."""
    effect = TableEffect.of("t", "ref", [{"ref": "{id}", "state": "paid", "token": "a"}], ())
    table = TableRows(("ref", "state", "token"), ((ONE, "new\x1b", "b"),))
    workload, units = judged(effect)
    (lost, _) = workload.tally(units, Outside(tables={"t": table})).losses(Ledger())
    assert lost.evidence == (
        'in a clean run state="paid", here state="new\\u001b"',
        "in a clean run token=…, here token=…",
        f't: ref="{ONE}", state="new\\u001b", token=…',
    )


def test_passwords_in_urls_are_not_shown() -> None:
    """Nor is a password in a URL."""
    assert "geheim" not in shown({"at": "amqp://me:geheim@host/"})


@pytest.mark.parametrize(
    ("table", "evidence"),
    [
        (None, "there is no table lines"),
        (TableRows(("ref",), ()), f"lines: of its rows (0) none has {ONE} in ref"),
        (TableRows(("ref",), ((TWO,),)), f"lines: of its rows (1) none has {ONE} in ref"),
        (TableRows(("id", "at"), ((ONE, 1),)), "lines has no column for ref; it has id, at"),
    ],
)
def test_no_row(table: TableRows | None, evidence: str) -> None:
    """Where the id of a message is in no row, it is told where it was looked for: table, key and value."""
    workload, units = judged(LINES)
    tables = {"lines": table} if table else {}
    (lost, *_) = workload.tally(units, Outside(tables=tables)).losses(Ledger())
    assert lost.words == f"lost: table lines by ref of message {ONE} never came"
    assert lost.evidence == (evidence,)


def test_no_table_of_a_total() -> None:
    """A total of a table that is not there is lost, and it is told that there is none."""
    workload, units = judged(STOCK)
    (lost, *_) = workload.tally(units, Outside()).losses(Ledger())
    assert lost.evidence == ("there is no table stock",)


def test_slow_message() -> None:
    """A message of another body leaves other values: only how many rows there are counts."""
    sample = Sample(TEMPLATE, slow=TEMPLATE, slow_seconds=1.0)
    units = [OwnWorkload("o", "q", "", sample, ()).make(size, 0, Maker()) for size in (1, 3)]
    assert [unit.is_usual for unit in units] == [True, False]
    table = TableRows(("ref", "sku", "pieces"), tuple((units[1].id, "other", n) for n in range(2)))
    counts = [found.count for found in LINES.find_all(units, Outside(tables={"lines": table}))]
    assert counts == [0, 1]


class Maker:
    """Makes ids."""

    def new_id(self) -> str:
        """Give one."""
        return "1" * 32

    def add_task(self) -> int:
        """Make none."""
        return 0

    def refuse_messages(self, text: str) -> None:
        """Refuse nothing."""

    def refuse_task(self, task: int) -> None:
        """Refuse nothing."""


STOCK = TotalEffect("stock", (("*", 1), ("pieces", -5)))


@pytest.mark.parametrize(
    ("times", "count", "lost", "doubled"),
    [
        (2, 2, None, None),
        (1, 1, "is there for 1 messages, and 2 were sent", None),
        (3, 2, None, "is there for 3 messages, and 2 were sent"),
    ],
)
def test_totals(times: int, count: int, lost: str | None, doubled: str | None) -> None:
    """Of totals it is known how many messages have left them, beside what was there before, and not which."""
    before = TableRows(("pieces", "name"), ((100, "x"),))
    after = TableRows(("pieces", "name"), (*before.rows, *[(-5, "y")] * times))
    workload, units = judged(STOCK)
    tally = workload.tally(units, Outside(tables={"stock": after}, before={"stock": before}))
    assert (tally.count, tally.tells_apart) == (count, False)
    assert [v.words for v in tally.losses(Ledger())] == [
        f"lost: the total of table stock {words}" for words in [lost] if words
    ]
    assert [v.words for v in tally.duplicates(Ledger())] == [
        f"duplicated: the total of table stock {words}" for words in [doubled] if words
    ]


def test_totals_beside_an_id() -> None:
    """Whether a message has left its own is told by the effects that have its id."""
    table = TableRows(("ref", "sku", "pieces", "packer", "returned"), tuple(clean(TWO)))
    workload, units = judged(LINES, STOCK)
    tally = workload.tally(units, Outside(tables={"lines": table}))
    assert [tally.has(unit.body) for unit in units] == [False, True]
    assert tally.tells_apart


def test_drivers_agree() -> None:
    """A row is the same whichever driver read it."""
    given_id = "11111111-1111-4111-8111-111111111111"
    one = (("a", Decimal("12.50")), ("b", True), ("c", {"x": [1, None]}), ("d", UUID(given_id)))
    other = (("a", 12.5), ("b", 1), ("c", '{"x": [1, null]}'), ("d", given_id))
    assert flat(one) == flat(other) == {"a": 12.5, "b": 1, "c.x.0": 1, "c.x.1": None, "d": given_id}
    times = (
        ("a", date(2026, 1, 2)),
        ("b", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        ("c", b"x"),
        ("d", b"\xff"),
    )
    assert flat(times) == {"a": "2026-01-02", "b": "2026-01-02 03:04:00+00:00", "c": "x", "d": "ff"}
