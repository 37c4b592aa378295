"""What becomes of work that lasts as long as the heartbeat allows, and longer (document 1, chapter 2, step 9).

A broker closes a connection that was silent for more than two and at most three heartbeats (AMQP 0-9-1,
connection.tune), and gives what was unacked on it to another. It looks once a heartbeat, from connection.tune on: who
falls silent as soon as it has begun to consume has almost three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.claims.verdict import Violation
from warren.rigs.consumers.rig import Inconclusive, Unmet, numbered
from warren.workloads.accounting import overlaps
from warren.workloads.designs import Role

if TYPE_CHECKING:
    from warren.evidence.ledger import Delivery
    from warren.rigs.consumers.rig import Rig
    from warren.workloads.accounting import Package

TEXTS = 16
LONG_TEXTS = 20
"""A whole heartbeat longer than a silent connection may live: what another consumer is given, it is given meanwhile."""
KEPT_TEXTS = 10
"""Two heartbeats of work: the document says that such a package ends its consumer, and it does not."""
RESTARTS = 2


@pytest.mark.guarantee("heartbeat-safe")
@pytest.mark.requirement("heartbeat-safe.long-package")
def test_long_package_keeps_its_connection(rig: Rig) -> None:
    """Sixteen texts are worked through on one connection, and nothing is delivered again."""
    rig.start_workers(1)
    package = rig.send(*numbered(TEXTS))
    _work_through(rig, package)
    ledger, limit = rig.ledger(), _longest_silence(rig)
    broken = [e for e in ledger.ends if e.by == "broker"]
    again = ledger.redeliveries()
    rig.judge(
        *rig.heartbeat_faults(),
        *(
            Violation(f"the broker closed the connection of {e.instance}", (str(e),))
            for e in broken
        ),
        *(
            Violation(
                f"{s.instance} was silent for {s.seconds:.2f} s, longer than {limit} s", (str(s),)
            )
            for s in ledger.silences
            if s.seconds > limit
        ),
        *(Violation(f"delivered again, to {d.instance}", (str(d),)) for d in again),
        *rig.losses(),
    )


@pytest.mark.guarantee("single-flight")
@pytest.mark.requirement("single-flight.long-package")
def test_long_package_is_worked_on_once_at_a_time(rig: Rig) -> None:
    """With two consumers, twenty texts are worked on by one of them only."""
    rig.start(stream=2)
    package = rig.send(*numbered(LONG_TEXTS))
    _work_through(rig, package)
    together = overlaps(rig.ledger().of(package.message_id), rig.works_until)
    if not together and not (rig.done() and rig.ledger().settled(package.message_id)):
        # That it was given again is no witness: who does nothing may lose it too, and ack or reject it.
        raise Inconclusive("no witness: nobody worked the package through")
    rig.judge(*together)


@pytest.mark.guarantee("no-loss", designs=("blocking",))
@pytest.mark.requirement("no-loss.two-heartbeats")
def test_two_heartbeats_of_work(rig: Rig) -> None:
    """Ten texts are worked through and acked by a consumer that has just begun, whoever serves its heartbeats."""
    rig.start_slowly(1)  # less than a heartbeat is left for all that is not work
    package = rig.send(*numbered(KEPT_TEXTS))
    rig.finish(rig.work_time(KEPT_TEXTS))
    rig.settle(0)
    ledger = rig.ledger()
    given = ledger.of(package.message_id)
    if given and _was_late(rig, given[0]):
        raise Inconclusive(
            "no witness: the work began or ended too late for a consumer's first three heartbeats"
        )
    rig.judge(
        *rig.heartbeat_faults(),
        *(
            Violation(f"delivered again, to {d.instance}", tuple(map(str, given)))
            for d in given[1:]
        ),
        *(
            Violation(f"{d.instance} did not ack it", (str(d), *map(str, ledger.ends)))
            for d in given
            if d.settlement is None or d.settlement.kind != "ack"
        ),
        *rig.losses(),
    )


def _was_late(rig: Rig, delivery: Delivery) -> bool:
    """Whether the broker closed because the machine was busy.

    So it is where the delivery came late after its consumer had begun, or its work should have been over.
    """
    ledger, given_at = rig.ledger(), delivery.passed_at or delivery.at
    over = given_at + rig.deadlines.seconds(rig.work_time(KEPT_TEXTS))
    came_late = given_at - ledger.consumers_of(delivery.instance)[0].at > rig.pace.heartbeat / 2
    return any(
        e.by == "broker" and (came_late or e.at > over)
        for e in ledger.ends
        if e.instance == delivery.instance
    )


@pytest.mark.guarantee("no-loss", "effect-once", designs=("blocking",))
@pytest.mark.requirement("no-loss.restarted", "effect-once.restarted")
def test_restarted_after_each_crash(rig: Rig) -> None:
    """A package that its consumers end of is ready again each time; it leaves one row, however often they restart."""
    rig.start()
    package = rig.send(*numbered(LONG_TEXTS))
    kept = [_is_kept(rig, package)]
    while rig.of(Role.STREAM)[-1].exit_status is not None and len(kept) <= RESTARTS:
        rig.await_ready(rig.launch(Role.STREAM))
        kept.append(_is_kept(rig, package))
    rig.finish(rig.work_time(LONG_TEXTS))
    given = tuple(map(str, rig.ledger().of(package.message_id)))
    rows = len(rig.world.message_rows())
    rig.measure("restarts", crashes=_crashes(rig), restarts=len(kept) - 1, rows=rows)
    rig.judge(
        *(
            Violation(f"after try {number} the message was neither ready nor acked", given)
            for number, is_kept in enumerate(kept, 1)
            if not is_kept
        ),
        *rig.losses(),
        requirement="no-loss.restarted",
    )
    if not rig.any_effect():
        raise Unmet("no row was left that could be doubled")
    rig.judge(
        *(
            Violation(f"{v.words}: {_crashes(rig)} crashes, {len(kept) - 1} restarts", v.evidence)
            for v in rig.duplicates()
        ),
        requirement="effect-once.restarted",
    )


def _is_kept(rig: Rig, package: Package) -> bool:
    """Wait for the end of a try, and say whether its message is acked, or else ready again."""
    consumer = rig.of(Role.STREAM)[-1]
    rig.see(
        lambda: rig.ledger().settled(package.message_id) or consumer.exit_status is not None,
        rig.deadlines.within(rig.work_time(LONG_TEXTS)),
    )
    return rig.see(
        lambda: rig.ledger().settled(package.message_id) or rig.ready(Role.STREAM) == 1,
        rig.deadlines.noticed,
    )


def _crashes(rig: Rig) -> int:
    return sum(p.exit_status not in (None, 0) for p in rig.of(Role.STREAM))


def _longest_silence(rig: Rig) -> int:
    """Give the time (s) after which no broker keeps a silent connection: its third look, at the latest."""
    return 3 * rig.pace.heartbeat


def _work_through(rig: Rig, package: Package) -> None:
    """Wait for the end of the work, and for the witness: it lasted longer than a silent connection may live."""
    limit, work = _longest_silence(rig), rig.work_time(len(package.texts))
    rig.finish(work)
    rig.settle(work)
    ledger = rig.ledger()
    deliveries = [d for d in ledger.deliveries if d.passed_at is not None]
    given = {(d.instance, d.connection) for d in deliveries}
    ended = any(e.by == "broker" and (e.instance, e.connection) in given for e in ledger.ends)
    times = [
        t for d in deliveries for t in (d.passed_at, d.settlement.at if d.settlement else d.at) if t
    ]
    lasted = max(times, default=0.0) - min(times, default=0.0)
    if not ended and not ledger.redeliveries() and lasted <= limit:
        raise Inconclusive(
            f"no witness: {len(package.texts)} texts took {lasted:.2f} s, no longer than {limit} s"
        )
