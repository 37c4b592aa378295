"""What is measured and not judged: how long a package may be, and how often three consumers break its order."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import early_or_tied, numbered, package_body, package_tally

if TYPE_CHECKING:
    from warren.rigs.consumers import ConnectionEnded, Delivery, Package, Rig

SHORTEST, LONGEST = 9, 17
"""Texts: with a document second each and a heartbeat of 5, two heartbeats are 10 and three are 15."""
PACKAGES = 6
TEXTS = 12


class _End(Enum):
    """How the first delivery of a package ended."""

    KEPT = "kept"
    """Its ack came on a live connection."""
    LOST = "lost"
    """The connection ended before, whoever ended it: a client that finds its peer silent does so, too."""
    LATE = "late"
    """As lost, but only because the machine was busy: of that many texts nothing can be said."""
    UNACKED = "unacked"
    """Its consumer hung up without an ack, though it was not silent for two heartbeats: they are not to blame."""


@pytest.mark.measurement("heartbeat-tolerance", designs=("blocking",))
def test_heartbeat_tolerance(rig: Rig) -> None:
    """Find the number of texts from which a package costs its consumer the connection."""
    counts = range(SHORTEST, LONGEST + 1)
    rig.start.several([rig.workload.worker] * len(counts), max_messages=1)
    sent = {rig.publish.work(count).message_id: count for count in counts}
    rig.wait.see(
        lambda: len(_first_tries(rig, sent)) == len(sent),
        rig.deadlines.within(rig.work_time(LONGEST)),
    )
    tries = _first_tries(rig, sent)
    by_end = {end: sorted(n for n, ended in tries.items() if ended is end) for end in _End}
    rig.measure(
        "heartbeat tolerance",
        **{end.value: texts for end, texts in by_end.items()},
        fails_from=min(by_end[_End.LOST], default=None),
    )


@pytest.mark.measurement("order-statistics", designs=("parts-random",))
def test_order_statistics(rig: Rig) -> None:
    """Count in how many packages the part rows are out of order, and the package row is early or tied.

    Rows are ordered by their ids and never tie, but the work does. Parts take whole document seconds, so the last
    part, which brings the package row, may end in the same second as the last of the others: then chance decides whose
    rows come first. Such a tie is seen on the wire, by the time of the acks; it is counted whether or not the package
    row came early. Beside the counts stand the exact shares that chance alone gives the work.
    """
    rig.start.all()
    for run in range(1, PACKAGES + 1):
        package = rig.publish.body(package_body(*numbered(TEXTS, f"run{run}text")))
        rig.wait.need(
            rig.seen.done,
            rig.deadlines.within(rig.work_time(TEXTS)),
            f"not all rows of {package} came",
        )
    result = package_tally(rig)
    shortest, longest = map(int, rig.workload.work)
    by_chance = early_or_tied(
        TEXTS, len(rig.instances.of(rig.workload.worker)), range(shortest, longest + 1)
    )
    rig.measure(
        "order of parts",
        packages=PACKAGES,
        out_of_order=len(result.disorder()),
        early_package_row=len(result.early_results()),
        tied=sum(_is_tied(rig, package) for package in result.packages),
        work_early_by_chance=f"{float(by_chance[0]):.1%}",
        work_tied_by_chance=f"{float(by_chance[1]):.1%}",
    )


def _is_tied(rig: Rig, package: Package) -> bool:
    """Whether the last part and the last of the others ended less than half a document second apart."""
    acked = {
        json.loads(d.body).get("text"): d.settlement.at
        for d in rig.seen.given()
        if d.settlement is not None
    }
    ends = {text: acked[text] for text in package.texts if text in acked}
    last = ends.pop(package.texts[-1], None)
    if last is None or not ends:
        return False
    return abs(last - max(ends.values())) < rig.deadlines.seconds(0.5)


def _first_tries(rig: Rig, sent: dict[str, int]) -> dict[int, _End]:
    """Say of each package whose first delivery has ended how it did."""
    tries: dict[int, _End] = {}
    ended = {(e.instance, e.connection): e for e in rig.seen.ledger().ends}
    for message, texts in sent.items():
        for first in rig.seen.ledger().of(message)[:1]:
            end = ended.get((first.instance, first.connection))
            settled = first.settlement
            in_time = settled is not None and (end is None or settled.at < end.at)
            if settled is not None and in_time and settled.reached and not settled.after_close:
                tries[texts] = _End.KEPT
            elif end is not None and not _is_silent(rig, end):
                tries[texts] = _End.UNACKED
            elif end is not None:
                tries[texts] = _End.LATE if _is_late(rig, first, end, texts) else _End.LOST
    return tries


def _is_silent(rig: Rig, end: ConnectionEnded) -> bool:
    """Whether a connection ended as one that is silent does: the broker closed it, or its client had sent nothing."""
    silences = (
        s.seconds
        for s in rig.seen.ledger().silences
        if (s.instance, s.connection) == (end.instance, end.connection)
    )
    return end.by == "broker" or max(silences, default=0.0) > 2 * rig.pace.heartbeat


def _is_late(rig: Rig, first: Delivery, end: ConnectionEnded, texts: int) -> bool:
    """Whether a connection ended when the work should have been over: on a busy machine it lasts longer.

    A client that gives up by itself does so when its work is over, at its ack, and may be a second late for that.
    """
    allowed = rig.work_time(texts) + (0 if end.by == "broker" else 1)
    return end.at > (first.passed_at or first.at) + rig.deadlines.seconds(allowed)
