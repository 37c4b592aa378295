"""What becomes of work that lasts as long as the heartbeat allows, and longer (document 1, chapter 2, step 9).

A broker closes a connection that was silent for more than two and at most three heartbeats (AMQP 0-9-1,
connection.tune), and gives what was unacked on it to another. It looks once a heartbeat, from connection.tune on: who
falls silent as soon as it has begun to consume has almost three.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Inconclusive, Unmet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warren.rigs.consumers import Delivery, Rig, Unit

TEXTS = 16
LONG_TEXTS = 20
"""They take a heartbeat more than a silent connection lives, so a redelivery comes while they are worked on."""
KEPT_TEXTS = 10
"""Two heartbeats of work: the document says that such a package ends its consumer, but it does not."""
RESTARTS = 2
LASTS = 16 / 15
"""How many times as long as a silent connection may live the work takes: sixteen texts at the pace's heartbeat."""


@pytest.mark.guarantee("heartbeat-safe")
@pytest.mark.requirement("heartbeat-safe.long-package")
def test_long_package_keeps_its_connection(rig: Rig) -> None:
    """Sixteen texts are worked through on one connection, and nothing is delivered again."""
    rig.start.workers(1)
    package = rig.publish.work(_at_least(rig, TEXTS))
    _work_through(rig, package)
    ledger, limit = rig.seen.ledger(), _longest_silence(rig)
    for process in rig.instances.all:
        name = process.name
        ends = [e for e in ledger.ends if e.instance == name and e.by == "broker"]
        words = f"the broker closed {_counted(ends, 'connection')} of {name}"
        rig.expect(not ends, words, *map(str, ends))
        silences = [s for s in ledger.silences if s.instance == name and s.seconds > limit]
        longest = max((s.seconds for s in silences), default=0.0)
        for silence in silences:
            rig.wait.rests_on(silence.began, silence.ended, "it sent something again", name)
        words = f"{name} was silent for {longest:.2f} s, longer than {limit} s"
        rig.expect(not silences, words, *map(str, silences))
        again = [d for d in ledger.redeliveries() if d.instance == name]
        words = f"delivered again, to {name}, {_counted(again, 'message')}"
        rig.expect(not again, words, *map(str, again))
    rig.judge(*rig.seen.heartbeat_faults(), *rig.seen.losses())


@pytest.mark.guarantee("single-flight")
@pytest.mark.requirement("single-flight.long-package")
def test_long_package_is_worked_on_once_at_a_time(rig: Rig) -> None:
    """With two consumers, twenty texts are worked on by one of them only."""
    rig.start.workers(2)
    package = rig.publish.work(_at_least(rig, LONG_TEXTS))
    _work_through(rig, package)
    together = rig.seen.overlaps(package.message_id)
    if not together and not (rig.seen.done() and rig.seen.ledger().settled(package.message_id)):
        # That it was given again is no witness: who does nothing may lose it too, and ack or reject it.
        raise Inconclusive("no witness: nobody worked the package through")
    rig.judge(*together)


@pytest.mark.guarantee("no-loss", designs=("blocking",))
@pytest.mark.requirement("no-loss.two-heartbeats")
def test_two_heartbeats_of_work(rig: Rig) -> None:
    """Ten texts are worked through and acked by a consumer that has just begun, whoever serves its heartbeats."""
    rig.start.slowly(1)  # less than a heartbeat is left for all that is not work
    package = rig.publish.work(KEPT_TEXTS)
    rig.wait.finish(rig.work_time(KEPT_TEXTS))
    rig.wait.rest(0)
    ledger = rig.seen.ledger()
    given = ledger.of(package.message_id)
    if given and _was_late(rig, given[0]):
        raise Inconclusive(
            "no witness: the work began or ended too late for a consumer's first three heartbeats"
        )
    for again in given[1:]:
        rig.violated(f"delivered again, to {again.instance}", *map(str, given))
    for d in given:
        is_acked = d.settlement is not None and d.settlement.kind == "ack"
        rig.expect(is_acked, f"{d.instance} did not ack it", str(d), *map(str, ledger.ends))
    rig.judge(*rig.seen.heartbeat_faults(), *rig.seen.losses())


def _counted(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'s' * (len(things) > 1)}"


def _was_late(rig: Rig, delivery: Delivery) -> bool:
    """Whether the broker closed the connection only because the machine was busy.

    That is so where the delivery came late after its consumer had begun, or where the work should have been over.
    """
    ledger, given_at = rig.seen.ledger(), delivery.passed_at or delivery.at
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
    """A package that costs each of its consumers the connection is ready again each time, and leaves one row in all."""
    rig.start.all()
    package = rig.publish.work(LONG_TEXTS)
    kept = [_is_kept(rig, package)]
    while rig.instances.workers[-1].exit_status is not None and len(kept) <= RESTARTS:
        rig.start.another_worker()
        kept.append(_is_kept(rig, package))
    rig.wait.finish(rig.work_time(LONG_TEXTS))
    given = tuple(map(str, rig.seen.ledger().of(package.message_id)))
    effects = rig.seen.effects()
    rig.measure("restarts", crashes=_crashes(rig), restarts=len(kept) - 1, effects=effects)
    for number, is_kept in enumerate(kept, 1):
        rig.expect(is_kept, f"after try {number} the message was neither ready nor acked", *given)
    rig.judge(*rig.seen.losses(), requirement="no-loss.restarted")
    if not rig.seen.effects():
        raise Unmet("no row was left that could be doubled")
    rig.judge(
        *(
            replace(v, words=f"{v.words}: {_crashes(rig)} crashes, {len(kept) - 1} restarts")
            for v in rig.seen.duplicates()
        ),
        requirement="effect-once.restarted",
    )


def _is_kept(rig: Rig, package: Unit) -> bool:
    """Wait for the end of a try, and say whether its message is acked, or else ready again, or in hand again."""
    consumer = rig.instances.workers[-1]
    rig.wait.see(
        lambda: rig.seen.ledger().settled(package.message_id) or consumer.exit_status is not None,
        rig.deadlines.within(rig.work_time(LONG_TEXTS)),
    )
    return rig.wait.see(
        lambda: (
            rig.seen.ledger().settled(package.message_id)
            or rig.seen.ready(rig.workload.worker) == 1
            or _is_in_hand(rig, package)
        ),
        rig.deadlines.noticed,
    )


def _is_in_hand(rig: Rig, package: Unit) -> bool:
    """Whether an instance that lives has been given the message, and has not settled it."""
    last = rig.seen.ledger().of(package.message_id)[-1:]
    return any(
        d.open_until == float("inf") and rig.instances.named(d.instance).exit_status is None
        for d in last
    )


def _crashes(rig: Rig) -> int:
    return sum(p.exit_status not in (None, 0) for p in rig.instances.workers)


def _longest_silence(rig: Rig) -> int:
    """Give the time (s) after which no broker keeps a silent connection: its third look, at the latest."""
    return 3 * rig.pace.heartbeat


def _at_least(rig: Rig, texts: int) -> int:
    """Give so many texts, or more where the heartbeat that was agreed is longer than the pace's."""
    return max(texts, math.ceil(LASTS * _longest_silence(rig) / rig.pace.second))


def _work_through(rig: Rig, package: Unit) -> None:
    """Wait for the end of the work, and for the witness: it lasted longer than a silent connection may live."""
    rig.faults.need_work_that_lasts(package.size)
    limit, work = _longest_silence(rig), rig.work_time(package.size)
    rig.wait.finish(work)
    rig.wait.rest(work)
    ledger = rig.seen.ledger()
    deliveries = [d for d in ledger.deliveries if d.passed_at is not None]
    given = {(d.instance, d.connection) for d in deliveries}
    ended = any(e.by == "broker" and (e.instance, e.connection) in given for e in ledger.ends)
    times = [
        t for d in deliveries for t in (d.passed_at, d.settlement.at if d.settlement else d.at) if t
    ]
    lasted = max(times, default=0.0) - min(times, default=0.0)
    if not ended and not ledger.redeliveries() and lasted <= limit:
        raise Inconclusive(
            f"no witness: {package.size} texts took {lasted:.2f} s, no longer than {limit} s"
        )
