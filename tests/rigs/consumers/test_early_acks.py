"""Who acks before the effect is there is known by it; who fails, copies, or acks in time is not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from warren.evidence.commits import CommitBegun
from warren.evidence.ledger import Delivery, Ledger, Published, Settlement
from warren.evidence.violation import Violation
from warren.rigs.consumers.early_acks import EarlyAcks, is_shown_by
from warren.simulator.wire import BasicProperties
from warren.workloads.own import Template

if TYPE_CHECKING:
    from collections.abc import Iterable

UNIT = Template(b'{"ref": "{id}"}').make("1" * 8, 1)
LATER = 9.0
COPY = Published(
    1.5, "orders-1", 1, 1, "", "orders.retry", False, BasicProperties(), UNIT.body, 1.5
)


@dataclass
class Tally:
    """The effects that are there, by the bodies of their messages."""

    there: set[bytes] = field(default_factory=set)
    tells_apart: bool = True

    def has(self, body: bytes) -> bool:
        """Whether it is there."""
        return body in self.there


def delivery(kind: str = "ack", body: bytes = UNIT.body) -> Delivery:
    """Give a delivery that was settled a second after it came."""
    settlement = Settlement(2.0, kind)
    where = ("orders-1", 1, 1, 1, "", "orders", False)
    return Delivery(1.0, *where, BasicProperties(), body, 1.0, settlement=settlement)


def early(
    given: Delivery,
    *,
    then: Iterable[bytes] = (),
    before: Iterable[bytes] = (),
    ended: bool = False,
    publishes: tuple[Published, ...] = (),
    beside: tuple[Delivery, ...] = (),
    commits: tuple[float, ...] = (),
    tells_apart: bool = True,
) -> list[Delivery]:
    """Give what is known after two looks at the effects: the one was after the ack, and `then` is what came later."""
    begun = tuple(CommitBegun(at, "orders-1", 1) for at in commits)
    acks, ledger = EarlyAcks([UNIT]), Ledger((given, *beside), publishes, database=begun)
    acks.look(acks.acked(ledger), Tally({*before}, tells_apart), ledger, LATER)  # type: ignore[arg-type]
    tally = Tally({*before, *then}, tells_apart)
    return list(acks.of_habit(tally, lambda _: ended))  # type: ignore[arg-type]


def test_effect_after_its_ack() -> None:
    """An effect that was not there after the ack, and came, was acked early."""
    assert early(delivery(), then=[UNIT.body]) == [delivery()]


def test_lost_with_its_instance() -> None:
    """One that never came, and whose instance has ended, was acked early; of one that lives on nothing is known."""
    assert early(delivery(), ended=True) == [delivery()]
    assert early(delivery()) == []


@pytest.mark.parametrize("kind", ["reject", "nack"])
def test_settled_otherwise(kind: str) -> None:
    """Who rejects does not take it for done."""
    assert early(delivery(kind), ended=True) == []


def test_in_time() -> None:
    """An effect that is there once it is looked for was there in time."""
    assert early(delivery(), before=[UNIT.body], ended=True) == []


@pytest.mark.parametrize(
    ("commits", "is_early"),
    [((2.5,), True), ((1.5,), False), ((1.5, 2.5), False), ((0.5, 2.5), True)],
)
def test_committed_after_its_ack(commits: tuple[float, ...], *, is_early: bool) -> None:
    """An effect that is there once it is looked for was acked early where the only commit of it came after the ack."""
    assert bool(early(delivery(), before=[UNIT.body], commits=commits)) is is_early


def test_commit_of_another() -> None:
    """A commit shows nothing where it may be that of another message in hand."""
    other = replace(delivery(body=b"other"), at=1.2, order=1, settlement=None)
    assert early(delivery(), before=[UNIT.body], commits=(2.5,), beside=(other,)) == []


def test_seen_by_a_case() -> None:
    """What a case has looked at right after its ack is known."""
    acks = EarlyAcks([UNIT])
    acks.note(delivery())
    assert acks.of_habit(Tally(), lambda _: False) == (delivery(),)  # type: ignore[arg-type]


def test_which_violations_it_explains() -> None:
    """A violation follows from it whose evidence has the delivery; one of another delivery, or of none, does not."""
    lost = Violation("lost", ("0 by 'SELECT 1'", str(delivery())))
    assert is_shown_by(lost, [delivery()])
    assert not is_shown_by(lost, [replace(delivery(), tag=2)])
    assert not is_shown_by(Violation("the broker closed 1 connection"), [delivery()])


def test_no_work() -> None:
    """What is no unit of work owes no effect."""
    assert early(delivery(body=b"7"), ended=True) == []


def test_copied() -> None:
    """What was published again, for a later try, is not taken for done."""
    assert early(delivery(), ended=True, publishes=(COPY,)) == []


def test_totals() -> None:
    """Where effects do not show whose they are, nothing is known."""
    assert early(delivery(), ended=True, tells_apart=False) == []


def test_right_after_the_ack() -> None:
    """For a moment after the ack what is on another way may still come: it makes an early ack likely, and not sure."""
    acks, ledger = EarlyAcks([UNIT]), Ledger((delivery(),))
    acks.look(acks.acked(ledger), Tally(), ledger, 2.01)  # type: ignore[arg-type]
    assert acks.without_effect() == (delivery(),)
    assert acks.of_habit(Tally(), lambda _: True) == ()  # type: ignore[arg-type]
    acks.look(acks.acked(ledger), Tally({UNIT.body}), ledger, LATER)  # type: ignore[arg-type]
    assert acks.without_effect() == (delivery(),)
    assert acks.of_habit(Tally({UNIT.body}), lambda _: True) == ()  # type: ignore[arg-type]


def test_copied_right_after_the_ack() -> None:
    """What was copied a moment after its ack was not taken for done."""
    acks, ledger = EarlyAcks([UNIT]), Ledger((delivery(),))
    acks.look(acks.acked(ledger), Tally(), ledger, 2.01)  # type: ignore[arg-type]
    copied = Ledger((delivery(),), (COPY,))
    acks.look(acks.acked(copied), Tally(), copied, LATER)  # type: ignore[arg-type]
    assert acks.without_effect() == ()


def test_effect_that_never_came() -> None:
    """One that lives on and has acked what left no effect is known by that, but not why."""
    acks, ledger = EarlyAcks([UNIT]), Ledger((delivery(),))
    acks.look(acks.acked(ledger), Tally(), ledger, LATER)  # type: ignore[arg-type]
    assert acks.without_effect() == (delivery(),)
    assert acks.of_habit(Tally(), lambda _: False) == ()  # type: ignore[arg-type]
