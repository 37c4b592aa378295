"""What is measured and not judged: how long a package may be, and how often three consumers break its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.accounting import disorder, early_results
from fixtures.rig import numbered

if TYPE_CHECKING:
    from fixtures.rig import Rig

SHORTEST, LONGEST = 9, 17
"""Texts: with a document second each and a heartbeat of 5, two heartbeats are 10 and three are 15."""
PACKAGES = 8
TEXTS = 12


@pytest.mark.measurement("heartbeat-tolerance", designs=("blocking",))
def test_heartbeat_tolerance(rig: Rig) -> None:
    """Find the number of texts from which a package costs its consumer the connection."""
    counts = range(SHORTEST, LONGEST + 1)
    workers = [rig.launch(rig.design.worker, max_messages=1) for _ in counts]
    rig.await_ready(*workers)
    sent = {rig.send(*numbered(count)).message_id: count for count in counts}
    rig.see(
        lambda: len(_first_tries(rig, sent)) == len(sent),
        rig.deadlines.within(rig.work_time(LONGEST)),
    )
    tries = _first_tries(rig, sent)
    failed = sorted(texts for texts, kept in tries.items() if not kept)
    rig.measure(
        "heartbeat tolerance",
        kept=sorted(texts for texts, kept in tries.items() if kept),
        lost=failed,
        fails_from=failed[0] if failed else None,
    )


@pytest.mark.measurement("order-statistics", designs=("parts-random",))
def test_order_statistics(rig: Rig) -> None:
    """Count in how many packages the part rows are out of order, and the package row is early.

    Ties are not counted. Ids say in which order rows were inserted, not which transactions overlapped; and a part
    that was inserted just before the package row, by another consumer, leaves the same rows as one that waited for it.
    """
    rig.start()
    for run in range(1, PACKAGES + 1):
        package = rig.send(*numbered(TEXTS, f"run{run}text"))
        rig.need(
            rig.done, rig.deadlines.within(rig.work_time(TEXTS)), f"not all rows of {package} came"
        )
    result = rig.account()
    rig.measure(
        "order of parts",
        packages=PACKAGES,
        out_of_order=len(disorder(result)),
        early_package_row=len(early_results(result)),
    )


def _first_tries(rig: Rig, sent: dict[str, int]) -> dict[int, bool]:
    """Say of each package whose first delivery has ended whether its ack came on a live connection.

    It is lost where the connection ended before, whoever ended it: a client that finds its peer silent does so, too.
    """
    tries: dict[int, bool] = {}
    ended = {(e.instance, e.connection): e.at for e in rig.ledger().ends}
    for message, texts in sent.items():
        for first in rig.ledger().of(message)[:1]:
            lost_at = ended.get((first.instance, first.connection), float("inf"))
            if first.settlement is not None:
                tries[texts] = first.settlement.reached and first.settlement.at < lost_at
            elif lost_at < float("inf"):
                tries[texts] = False
    return tries
