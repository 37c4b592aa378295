"""survives-poison: well-formed work that fails each time it is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import EVERY_TYPE, both, delivery, headers, with_unused

from .comebacks import unique_work
from .patience import MOST, is_last, patience

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warren.rigs.consumers import Delivery, Process, Rig, Unit

    Tries = Callable[[], Sequence[Delivery]]

pytestmark = pytest.mark.guarantee("survives-poison")
MOST_A_SECOND = 10
MANY = 12
"""Messages in a row that fail: more than a usual pool has connections, or a usual consumer places for work."""
SLOW = 0.5
"""Document seconds by which a slow database is late, each way: what is begun at once overlaps then."""
CALM = 5
"""Document seconds in which what was put aside does not come back, as it does from a queue for later tries."""


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement(
    "survives-poison.bounded", "survives-poison.others", "survives-poison.kept"
)
def test_refused_row(rig: Rig) -> None:
    """Work whose row the database always refuses goes round 25 times at most, is put aside, and holds up nobody."""
    rig.start.workers(1)
    poison = rig.publish.poison()
    other = rig.publish.work(1)

    def deliveries() -> list[Delivery]:
        return [d for d in rig.seen.delivered() if poison.mark in d.body]

    def is_kept() -> bool:
        told = rig.publish.replies_to(poison.message_id) if rig.workload.worker.replies else []
        return _is_kept(rig) or any(reply.startswith(b"error: ") for reply in told)

    _watch(rig, deliveries, other, is_kept)
    tries = deliveries()
    _expect_bounded(rig, tries, is_kept())
    rig.judge(requirement="survives-poison.bounded")
    _expect_done(rig, other)
    rig.judge(requirement="survives-poison.others")
    rig.expect(
        is_kept(), f"it {_fate(tries)} and is in no queue that keeps it", *map(str, tries[-MOST:])
    )
    rig.judge(requirement="survives-poison.kept")


@pytest.mark.full
@pytest.mark.guarantee("survives-poison", designs=("blocking", "task", "rpc"))
@pytest.mark.requirement("survives-poison.many")
def test_many(rig: Rig) -> None:
    """After twelve messages whose work always fails, one by one, new work is done: nothing was used up."""
    rig.start.workers(1)
    for _ in range(MANY):
        poison = rig.publish.poison()
        rig.wait.see(
            lambda p=poison: any(p.mark in d.body for d in rig.seen.delivered()),  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            rig.deadlines.within(rig.work_time(1)),
        )
    new = rig.publish.work(1)
    rig.wait.see(lambda: rig.seen.is_done(new) or _has_ended(rig), patience(rig))
    _expect_done(rig, new)
    rig.judge()


@pytest.mark.full
@pytest.mark.requirement("survives-poison.in-hand")
@pytest.mark.parametrize("prefetch", [3, 10])
def test_in_hand(rig: Rig, prefetch: int) -> None:
    """With several messages in hand, of which every other always fails, those between are done."""
    (worker,) = rig.start.workers(1, prefetch=prefetch)
    _judge_all(rig, _mix(rig, worker, prefetch))


@pytest.mark.full
@pytest.mark.guarantee("survives-poison", designs=("blocking", "task"))
@pytest.mark.requirement("survives-poison.overlapping")
@pytest.mark.parametrize("prefetch", [3, 20])
def test_overlapping(rig: Rig, prefetch: int) -> None:
    """Good work whose transaction overlaps those of work that always fails, for its database is slow, is done."""
    rig.database.need_line()
    (worker,) = rig.start.workers(1, prefetch=prefetch)
    worker.database.delay(rig.deadlines.seconds(SLOW))
    others = _mix(rig, worker, prefetch)
    rig.wait.see(lambda: any(map(rig.seen.is_done, others)) or _has_ended(rig), patience(rig))
    worker.database.restore()  # what is worked on at once has overlapped
    _judge_all(rig, others)


@pytest.mark.full
@pytest.mark.requirement("survives-poison.headers")
def test_headers(rig: Rig) -> None:
    """Work with all headers and properties there are is done or put aside, and the next message is done."""
    rig.start.workers(1)
    poison = rig.publish.sized(shape=both(headers(EVERY_TYPE), with_unused))
    other = rig.publish.work(1)

    def deliveries() -> list[Delivery]:
        ledger = rig.seen.ledger()
        return [d for d in ledger.deliveries if d.message == poison.message_id]

    def is_over() -> bool:
        return rig.seen.is_done(poison) or _is_kept(rig)

    _watch(rig, deliveries, other, is_over)
    tries = deliveries()
    _expect_bounded(rig, tries, is_over())
    _expect_done(rig, other)
    words = f"it was not done, {_fate(tries)} and is in no queue that keeps it"
    rig.expect(is_over(), words, *map(str, tries[-MOST:]))
    rig.judge()


def _mix(rig: Rig, worker: Process, number: int) -> list[Unit]:
    """Give a worker so many messages at once, of which every other always fails; give those between."""
    holds = rig.faults.hold(delivery, worker)
    others = []
    for each in range(number):
        if each % 2:
            others.append(unique_work(rig))
        else:
            rig.publish.poison()
    holds.first(rig.deadlines.within(0), "no worker was given a message")
    holds.release()
    return others


def _judge_all(rig: Rig, others: Sequence[Unit]) -> None:
    """Wait until all of them are done, and judge that."""
    rig.wait.see(lambda: all(map(rig.seen.is_done, others)) or _has_ended(rig), patience(rig))
    for other in others:
        _expect_done(rig, other)
    rig.judge()


def _watch(rig: Rig, tries: Tries, other: Unit, is_over: Callable[[], bool]) -> None:
    """Wait until the poison is out of the way for good and the other message done, or nothing more can come."""
    rig.wait.need(lambda: bool(tries()), rig.deadlines.within(0), "no worker was given the message")
    seen, until = 0, rig.now() + 2 * patience(rig)
    while (seen < len(tries()) <= MOST or rig.seen.postponed()) and rig.now() < until:
        _await_end(rig, tries, other, is_over)
        seen = len(tries())
        rig.wait.see(  # on its way to a queue for later tries it is in none for a moment
            lambda n=seen: len(tries()) > n or rig.seen.postponed() > 0,  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            rig.deadlines.seconds(CALM),
        )


def _await_end(rig: Rig, tries: Tries, other: Unit, is_over: Callable[[], bool]) -> None:
    idle = rig.wait.idle()
    rig.wait.see(
        lambda: (
            (rig.seen.is_done(other) and is_over())
            or len(tries()) > MOST
            or _has_ended(rig)
            or (idle() and not rig.seen.postponed())
        ),
        patience(rig),
    )


def _has_ended(rig: Rig) -> bool:
    return all(p.exit_status is not None for p in rig.instances.workers)


def _is_kept(rig: Rig) -> bool:
    """Whether it is put aside for good: what waits in a queue for a later try is still on its way."""
    return rig.seen.put_aside(rig.publish.reply_queue) > 0


def _expect_bounded(rig: Rig, tries: Sequence[Delivery], is_kept: bool) -> None:
    words = f"work that always fails was delivered {len(tries)} times, not {MOST} at most"
    rig.expect(len(tries) <= MOST, words, *map(str, tries[-3:]))
    words = (
        f"work that always fails was in hand, or to be tried again, after {len(tries)} deliveries"
    )
    is_over = is_last(tries[-1], is_kept=is_kept) and not rig.seen.postponed()
    rig.expect(is_over, words, *map(str, tries[-3:]))
    most = max(sum(d.at <= later.at < d.at + 1 for later in tries) for d in tries)
    words = f"it was delivered {most} times within a second, not {MOST_A_SECOND} at most"
    rig.expect(most <= MOST_A_SECOND, words, *map(str, tries[-3:]))


def _expect_done(rig: Rig, other: Unit) -> None:
    ended = [p for p in rig.instances.workers if p.exit_status is not None]
    statuses = "".join(f"; {p.name} ended with status {p.exit_status}" for p in ended)
    output = [line for p in ended for line in rig.seen.printed(p)]
    words = f"the next message was not done{statuses}"
    rig.expect(rig.seen.is_done(other), words, *output, *rig.seen.last())


def _fate(tries: Sequence[Delivery]) -> str:
    last = tries[-1].settlement
    return f"was settled by {last}" if last is not None else "was not settled"
