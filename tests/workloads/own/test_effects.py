"""The effects of a user's own consumer: found by the id, counted, lost, doubled, made again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from warren.evidence.calls import HttpCall
from warren.evidence.ledger import Ledger, Published
from warren.simulator.wire import BasicProperties
from warren.workloads.own import (
    CallEffect,
    CommandEffect,
    Effect,
    OwnWorkload,
    PathEffect,
    PublishEffect,
    RowEffect,
    Sample,
    Template,
    number_of,
)

if TYPE_CHECKING:
    from warren.evidence.rows import TableRows
    from warren.workloads.own.message import OwnUnit

TEMPLATE = Template(b'{"ref":"{id}"}')
ONE, TWO = "1" * 8, "2" * 8


@dataclass
class Outside:
    """What a test says there is."""

    rows: dict[str, int] = field(default_factory=dict)
    tables: dict[str, TableRows] = field(default_factory=dict)
    before: dict[str, TableRows] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    called: list[HttpCall] = field(default_factory=list)
    sent: list[Published] = field(default_factory=list)
    is_settled: bool = True
    is_standing: bool = True

    def message_rows(self) -> tuple[()]:
        """Have none."""
        return ()

    def task_rows(self) -> tuple[()]:
        """Have none."""
        return ()

    def count(self, sql: str, unit_id: str, number: int) -> int:
        """Count by the id."""
        del sql, number
        return self.rows.get(unit_id, 0)

    def count_by(self, argv: tuple[str, ...], unit_id: str) -> int:
        """Count by the id, which is in the command, too."""
        assert argv == ("./count", unit_id, str(number_of(unit_id)))
        return self.rows.get(unit_id, 0)

    def table(self, name: str) -> TableRows | None:
        """Give the test's rows."""
        return self.tables.get(name)

    def table_before(self, name: str) -> TableRows | None:
        """Give those of before."""
        return self.before.get(name)

    def file(self, path: str) -> bytes | None:
        """Give the test's file."""
        return self.files.get(path)

    def stands(self, path: str) -> bool:
        """Say what the test says."""
        del path
        return self.is_standing

    def settled(self, message: str) -> bool:
        """Say what the test says."""
        del message
        return self.is_settled

    def calls(self) -> tuple[HttpCall, ...]:
        """Give the test's calls."""
        return tuple(self.called)

    def published(self) -> tuple[Published, ...]:
        """Give the test's publishes."""
        return tuple(self.sent)


def call(body: bytes, key: str = "", status: int = 200, path: str = "/charge") -> HttpCall:
    """Make a call."""
    return HttpCall(1.0, "POST", path, (("Idempotency-Key", key),) if key else (), body, status)


def published(body: bytes, exchange: str = "billing", *, reached: bool = True) -> Published:
    """Make a publish."""
    properties = BasicProperties()
    at = 1.0 if reached else None
    return Published(1.0, "orders-1", 1, 1, exchange, "order.paid", False, properties, body, at)


def judged(*effects: Effect) -> tuple[OwnWorkload, list[OwnUnit]]:
    """Make a workload and two of its units."""
    workload = OwnWorkload("orders", "shop.orders", "", Sample(TEMPLATE), effects)
    return workload, [TEMPLATE.make(i, 1) for i in (ONE, TWO)]


HTTP = CallEffect("POST", "/charge", key="Idempotency-Key")
FOUND: dict[str, tuple[Effect, Outside]] = {
    "row": (RowEffect("…"), Outside(rows={ONE: 1})),
    "command": (CommandEffect(("./count", "{id}", "{number}")), Outside(rows={ONE: 1})),
    "file": (PathEffect("out/{id}.json"), Outside(files={f"out/{ONE}.json": b"x"})),
    "call": (
        HTTP,
        Outside(
            called=[call(ONE.encode(), "k"), call(ONE.encode(), "k"), call(TWO.encode(), "j", 500)]
        ),
    ),
    "publish": (
        PublishEffect("billing"),
        Outside(
            sent=[
                published(ONE.encode()),
                published(TWO.encode(), "other"),
                published(TWO.encode(), reached=False),
            ]
        ),
    ),
}


@pytest.mark.parametrize("kind", FOUND)
def test_found_by_the_id(kind: str) -> None:
    """Of two messages the one that left its effect has it, and the other has lost it."""
    effect, outside = FOUND[kind]
    workload, units = judged(effect)
    tally = workload.tally(units, outside)
    assert tally.has(units[0].body)
    assert not tally.has(units[1].body)
    assert (tally.complete, tally.count) == (False, 1)
    (lost,) = tally.losses(Ledger())
    assert TWO in lost.words
    assert tally.duplicates(Ledger()) == ()


DOUBLED: dict[str, tuple[Effect, Outside]] = {
    "row": (RowEffect("…"), Outside(rows={ONE: 2, TWO: 1})),
    "call": (
        HTTP,
        Outside(called=[call(ONE.encode(), "k"), call(ONE.encode(), "j"), call(TWO.encode(), "i")]),
    ),
    "publish": (
        PublishEffect("billing", "order.paid"),
        Outside(sent=[published(ONE.encode()), published(ONE.encode()), published(TWO.encode())]),
    ),
}


@pytest.mark.parametrize("kind", DOUBLED)
def test_doubled(kind: str) -> None:
    """What is there twice is a duplicate, and of nothing else."""
    effect, outside = DOUBLED[kind]
    workload, units = judged(effect)
    (doubled,) = workload.tally(units, outside).duplicates(Ledger())
    assert f"{ONE} is there 2 times" in doubled.words


def test_made_again() -> None:
    """A file that was complete, and has other octets later, was made again."""
    outside = Outside(files={ONE: b"x\n", TWO: b"x\n"})
    workload, units = judged(PathEffect("{id}"))
    before = workload.tally(units, outside)
    assert before.duplicates(Ledger(), before) == ()
    outside.files[ONE] = b"x\nx\n"
    (again,) = workload.tally(units, outside).duplicates(Ledger(), before)
    assert f"path {{id}} of message {ONE} was made again" in again.words


@pytest.mark.parametrize(
    ("octets", "is_settled", "is_standing", "there", "remembered"),
    [
        (b"x", True, True, True, True),
        (b"x", True, False, True, False),
        (b"x", False, True, True, False),
        (b"x", False, False, False, False),
        (b"", True, True, True, True),
        (b"", False, True, False, False),
    ],
)
def test_unfinished(
    octets: bytes, *, is_settled: bool, is_standing: bool, there: bool, remembered: bool
) -> None:
    """A file is there once its message is settled or it stands, an empty one once it is settled; known after both."""
    outside = Outside(
        files={ONE: octets, TWO: octets}, is_settled=is_settled, is_standing=is_standing
    )
    workload, units = judged(PathEffect("{id}"))
    before = workload.tally(units, outside)
    assert before.complete == there
    assert before.in_change == (is_settled and not is_standing)
    assert bool(before.losses(Ledger())) == (not octets and not is_settled)
    assert not before.untouched
    again = Outside(files={ONE: b"more", TWO: b"more"})
    assert bool(workload.tally(units, again).duplicates(Ledger(), before)) == remembered


@pytest.mark.parametrize(
    ("effect", "absence"),
    [
        (RowEffect("SELECT count(*) FROM scans WHERE id = :id"), "no row in scans"),
        (RowEffect("EXECUTE counted :id"), "no row"),
        (PublishEffect("billing", "order.paid"), "no publish to billing"),
        (PublishEffect("", "orders"), "no publish to orders"),
        (HTTP, "no POST /charge"),
        (PathEffect("out/{id}.json"), "no out/{id}.json"),
    ],
)
def test_name_of_what_is_missing(effect: Effect, absence: str) -> None:
    """What never came is named in a few words beside the sentence."""
    workload, units = judged(effect)
    lost = workload.tally(units, Outside()).losses(Ledger())
    assert {violation.missing for violation in lost} == {absence}
