"""Which rows are an effect, and what of them is compared: what clean runs that are not alike have in common."""

from __future__ import annotations

from collections.abc import Sequence

from warren.evidence.rows import TableRows
from warren.learning.changes import Outside
from warren.learning.clean_run import CleanRun, Moment
from warren.learning.row_effects import NOBODYS, NotOurs, row_effect
from warren.workloads.own import TableEffect, TotalEffect
from warren.workloads.own.message import number_of

IDS = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
ONE, TWO = IDS
Rows = Sequence[tuple[object, ...]]


def run(*after: Rows, before: Rows = (), ids: tuple[str, ...] = IDS) -> CleanRun:
    """Give a run of two messages, by the rows after each, or after both."""
    done = range(1, 3) if len(after) > 1 else (2,)
    moments = [
        Moment(0, _rows(before)),
        *(Moment(n, _rows(a)) for n, a in zip(done, after, strict=True)),
    ]
    return CleanRun(ids, moments)


def _rows(rows: Rows) -> Outside:
    return Outside({"orders": TableRows(("id", "ref", "amount", "more"), tuple(rows))})


def learnt(*runs: CleanRun, not_ours: NotOurs = NOBODYS) -> tuple[dict[str, object], ...] | str:
    """Give the rows that are expected of a message, or why there are none."""
    found = row_effect("orders", runs, not_ours)
    if isinstance(found, str):
        return found
    assert isinstance(found[0], TableEffect)
    return tuple(dict(row) for row in found[0].expected)


def test_what_is_alike() -> None:
    """What is the same for each message is expected, with the id in its place; what is not is ignored and told."""
    found = row_effect("orders", [run([(1, ONE, 5, "x"), (2, TWO, 5, "y")])], NOBODYS)
    assert found[0] == TableEffect.of(
        "orders", "ref", [{"ref": "{id}", "amount": 5}], ["id", "more"]
    )
    assert "id, more can differ" in found[1]


def test_runs_that_are_not_alike() -> None:
    """A column that is the same in one run and another in the next is ignored: an attempt, an instance's name."""
    first = run([(1, ONE, 5, "a"), (1, TWO, 5, "a")])
    again = run([(1, TWO, 5, "b"), (1, ONE, 5, "b")])
    assert learnt(first) == ({"id": 1, "ref": "{id}", "amount": 5, "more": "a"},)
    assert learnt(first, again) == ({"id": 1, "ref": "{id}", "amount": 5},)


def test_generated_keys() -> None:
    """What the database fills is ignored, though it was the same; what is filled with the id is not."""
    rows = run([(1, ONE, 5, ONE), (1, TWO, 5, TWO)])
    not_ours = NotOurs({"orders": frozenset(("id", "more"))})
    assert learnt(rows, not_ours=not_ours) == ({"ref": "{id}", "amount": 5, "more": "{id}"},)


def test_texts_of_the_day() -> None:
    """A date of today, a time in seconds or milliseconds and this machine's name are ignored: they will be others."""
    not_ours = NotOurs(passing=frozenset(("2026-11", "machine")), now=1.8e9)
    for passing in ("2026-11-30", "at machine", 1.8e9 + 5, 1.8e12):
        rows = run([(1, ONE, passing, 7), (1, TWO, passing, 7)])
        assert learnt(rows, not_ours=not_ours) == ({"id": 1, "ref": "{id}", "more": 7},)


def test_json_by_its_paths() -> None:
    """JSON is compared path by path, whether the driver gives a text or an object."""
    text = '{{"of": "{0}", "attempt": {1}, "to": ["x", {{"at": {1}}}]}}'
    rows = run(
        [
            (1, ONE, 5, text.format(ONE, 1)),
            (1, TWO, 5, {"of": TWO, "attempt": 2, "to": ["x", {"at": 2}]}),
        ]
    )
    found = row_effect("orders", [rows], NOBODYS)[0]
    assert isinstance(found, TableEffect)
    kept = {"id": 1, "ref": "{id}", "amount": 5, "more.of": "{id}", "more.to.0": "x"}
    assert dict(found.expected[0]) == kept
    assert found.ignore == ("more.attempt", "more.to.1")


def test_number_as_the_id() -> None:
    """An id may be a number."""
    rows = run([(i, number_of(i), 5, None) for i in IDS])
    assert learnt(rows) == ({"id": "{id}", "ref": "{number}", "amount": 5},)


def test_several_rows() -> None:
    """Each message may leave several rows, in any order."""
    rows = run([(1, ONE, 5, "a"), (1, ONE, 6, "b"), (1, TWO, 6, "b"), (1, TWO, 5, "a")])
    assert learnt(rows) == (
        {"id": 1, "ref": "{id}", "amount": 5, "more": "a"},
        {"id": 1, "ref": "{id}", "amount": 6, "more": "b"},
    )


def test_column_that_pairs_differently() -> None:
    """A column that has the same values, but beside others, is ignored."""
    rows = run([(1, ONE, 5, "a"), (1, ONE, 6, "b"), (1, TWO, 6, "a"), (1, TWO, 5, "b")])
    assert learnt(rows) == tuple({"id": 1, "ref": "{id}", "amount": n} for n in (5, 6))


def test_secrets_are_not_written_down() -> None:
    """A column that is secret by its name is ignored, and a URL with a password."""
    more = '{"password": "x", "user": {"api_key": "y"}, "at": "amqp://me:secret@host/"}'
    rows = run([(1, ONE, 5, more), (1, TWO, 5, more)])
    assert learnt(rows) == ({"id": 1, "ref": "{id}", "amount": 5},)


def test_counts_that_differ() -> None:
    """Where messages leave different numbers of rows they are not comparable; the next step is told."""
    rows = run([(1, ONE, 5, "a"), (1, TWO, 5, "a"), (1, TWO, 6, "a")])
    found = learnt(rows)
    assert isinstance(found, str)
    assert "orders got 1 or 2 rows for one message in clean runs, so it is not comparable" in found
    assert 'name what it owes: sql = "SELECT count(*)' in found


def test_totals() -> None:
    """Rows without an id are counted, and columns summed that grow by the same with each message."""
    before = [(1, "book", 100, None)]
    one_by_one = run([(1, "book", 98, 3)], [(1, "book", 96, 9)], before=before)
    at_once = run([(1, "book", 96, 4)], before=before)
    found = row_effect("orders", [one_by_one, at_once], NOBODYS)[0]
    assert found == TotalEffect("orders", (("amount", -2),), ("id", "more"))


def test_batches() -> None:
    """One row for whatever came together is not comparable."""
    one_by_one = run([(1, "x", 1, "a")], [(1, "x", 1, "a"), (2, "x", 1, "b")])
    at_once = run([(1, "x", 1, "c")])
    found = learnt(one_by_one, at_once)
    assert isinstance(found, str)
    assert "got 1 or 2 rows without an id in clean runs, so it is not comparable" in found
