"""heartbeat-safe and single-flight: work that lasts longer than the heartbeat allows (document 1, chapter 2, step 9).

A broker closes a connection that was silent for more than two and at most three heartbeats (AMQP 0-9-1,
connection.tune), and gives what was unacked on it to another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.accounting import overlaps
from fixtures.rig import Inconclusive, numbered
from fixtures.verdict import Violation

if TYPE_CHECKING:
    from fixtures.accounting import Package
    from fixtures.rig import Rig

TEXTS = 16


@pytest.mark.guarantee("heartbeat-safe")
@pytest.mark.requirement("heartbeat-safe.long-package")
def test_long_package_keeps_its_connection(rig: Rig) -> None:
    """Sixteen texts are worked through on one connection, and nothing is delivered again."""
    rig.start()
    package = rig.send(*numbered(TEXTS))
    _work_through(rig, package)
    ledger = rig.ledger()
    broken = [e for e in ledger.ends if e.by == "broker"]
    again = ledger.redeliveries()
    rig.judge(
        *rig.heartbeat_faults(),
        *(
            Violation(f"the broker closed the connection of {e.instance}", (str(e),))
            for e in broken
        ),
        *(Violation(f"delivered again, to {d.instance}", (str(d),)) for d in again),
        *rig.losses(),
    )


@pytest.mark.guarantee("single-flight")
@pytest.mark.requirement("single-flight.long-package")
def test_long_package_is_worked_on_once_at_a_time(rig: Rig) -> None:
    """With two consumers, sixteen texts are worked on by one of them only."""
    rig.start(stream=2)
    package = rig.send(*numbered(TEXTS))
    _work_through(rig, package)
    rig.judge(*overlaps(rig.ledger().of(package.message_id), rig.works_until))


def _work_through(rig: Rig, package: Package) -> None:
    """Wait for the end of the work, and for the witness: it lasted longer than a silent connection may live."""
    limit = 3 * rig.pace.heartbeat
    rig.finish(rig.work_time(TEXTS))
    rig.settle(rig.work_time(TEXTS))
    ledger = rig.ledger()
    ended = any(e.by == "broker" for e in ledger.ends)
    deliveries = [d for d in ledger.deliveries if d.passed_at is not None]
    times = [
        t for d in deliveries for t in (d.passed_at, d.settlement.at if d.settlement else d.at) if t
    ]
    lasted = max(times, default=0.0) - min(times, default=0.0)
    if not ended and not ledger.redeliveries() and lasted <= limit:
        raise Inconclusive(
            f"no witness: {len(package.texts)} texts took {lasted:.2f} s, no longer than {limit} s"
        )
