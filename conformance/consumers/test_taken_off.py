"""survives-cancel and survives-channel-close: the broker takes a consumer off, and its connection lives on.

A broker cancels a consumer whose queue has gone (basic.cancel), and closes a channel that did what it may not, or did
not ack in time. What it says is forged, so that any broker does; but a queue is really deleted, and where the broker is
the case's own its acknowledgement time-out really runs out: it closes the channel, or from 4.3 on cancels the consumer,
of quorum queues alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import LateAck, Violation, delivery

from .comebacks import ended, new_work, not_back
from .crashes import UNKNOWN_TAG, close_consumers_channels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from warren.rigs.consumers import Holds, Process, Published, Rig, Role

TEXTS = 3
ACK_TIMEOUT = 5
"""Document seconds within which a broker wants its ack: more than the work on any message here."""
TIMED_OUT = "delivery acknowledgement on channel 1 timed out"
TIMED = ("blocking", "parts", "parts-random", "pipeline", "rpc")
"""The designs whose work lasts, so that it can be met in the middle."""
PUBLISHING = ("parts", "parts-random", "pipeline", "task", "rpc")


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("survives-cancel")
@pytest.mark.requirement("survives-cancel.idle")
def test_cancelled_idle(rig: Rig) -> None:
    """A consumer that the broker cancels while it is idle consumes again, also the second time, and does new work."""
    rig.start.workers(1, http=True)
    rig.judge(*_twice(rig, lambda: rig.faults.cancel_consumers(*rig.instances.all)))


@pytest.mark.full
@pytest.mark.guarantee("survives-cancel", designs=TIMED)
@pytest.mark.requirement("survives-cancel.in-hand")
def test_cancelled_in_hand(rig: Rig) -> None:
    """A consumer that the broker cancels in the middle of its work consumes again; that work and new work are done."""
    rig.start.workers(1, http=True)
    busy = rig.instances.named(rig.faults.catch_at_work(TEXTS).instance)
    lost_at = rig.now()
    rig.faults.cancel_consumers(busy)
    rig.judge(*(_not_back_from_work(rig, lost_at, busy) or new_work(rig, behind=TEXTS)))


@pytest.mark.full
@pytest.mark.guarantee("survives-cancel")
@pytest.mark.requirement("survives-cancel.queue-deleted")
def test_queue_deleted(rig: Rig) -> None:
    """A consumer whose queue is deleted and made again consumes from the new one, and does new work."""
    _judge_without_queue(rig, rig.faults.make_queue_anew)


@pytest.mark.full
@pytest.mark.guarantee("survives-cancel")
@pytest.mark.requirement("survives-cancel.queue-gone")
def test_queue_gone(rig: Rig) -> None:
    """A consumer whose queue is deleted, and which nobody else makes again, declares it anew, and does new work."""
    _judge_without_queue(rig, rig.faults.delete_queue)


@pytest.mark.full
@pytest.mark.guarantee("survives-cancel", designs=("own",))
@pytest.mark.requirement("survives-cancel.one-of-several")
def test_one_of_several_queues(rig: Rig) -> None:
    """A consumer of several queues works on while another one is away, and consumes from that when it is back."""
    (worker,) = rig.start.workers(1)
    queue = rig.faults.need_another_queue(worker)

    def consumes() -> bool:
        active = rig.seen.everything().active_consumers(worker.name)
        return any(c.queue == queue for c in active)

    def has_ended() -> bool:
        return worker.exit_status is not None

    with rig.faults.queue_away(queue):
        words = "the broker did not cancel its consumer"
        rig.wait.witness(lambda: not consumes() or has_ended(), rig.deadlines.stopped, words)
        rig.publish.work(1)
        rig.wait.see(lambda: rig.seen.done() or has_ended(), rig.deadlines.reconnected)
        violations = [*ended(rig, [worker]), *rig.seen.losses()]
    if not violations:
        words = f"{worker.name} does not consume from {queue} again"
        back = rig.wait.overdue(
            lambda: consumes() or has_ended(), rig.deadlines.reconnected, words, worker
        )
        violations = [*ended(rig, [worker]), *back]
    rig.judge(*(violations or new_work(rig)))


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("survives-channel-close")
@pytest.mark.requirement("survives-channel-close.idle", "survives-channel-close.leaves-none")
def test_channel_closed_idle(rig: Rig) -> None:
    """A consumer whose channel is closed (406) opens another, also the second time; no connection is left behind."""
    rig.start.workers(1, http=True)
    rig.warm_up()  # so that what is opened at the first message or call is open
    before = {p.name: len(rig.seen.everything().open_of(p.name)) for p in rig.instances.all}
    violations = _twice(rig, lambda: close_consumers_channels(rig, *rig.instances.all))
    rig.judge(*violations, requirement="survives-channel-close.idle")
    rig.wait.see(lambda: not _left_behind(rig, before), rig.deadlines.stopped)
    # Who opens no other channel has shown nothing by leaving no connection.
    left = violations or _left_behind(rig, before)
    rig.judge(*left, requirement="survives-channel-close.leaves-none")


def _left_behind(rig: Rig, before: Mapping[str, int]) -> list[Violation]:
    """Say who has two connections more than before: one for each channel that was lost."""
    now = {p.name: rig.seen.everything().open_of(p.name) for p in rig.instances.all}
    return [
        Violation(
            f"{name} has {len(now[name])} connections open, and had {count} before",
            tuple(map(str, now[name])),
        )
        for name, count in before.items()
        if len(now[name]) > count + 1
    ]


@pytest.mark.full
@pytest.mark.guarantee("survives-channel-close", designs=TIMED)
@pytest.mark.requirement("survives-channel-close.in-hand")
def test_channel_closed_in_hand(rig: Rig) -> None:
    """A consumer that is too late with its ack for its broker consumes again; that work and new work are done."""
    rig.start.workers(1, http=True)
    busy = rig.instances.named(rig.faults.catch_at_work(TEXTS).instance)
    lost_at = rig.now()
    rig.faults.close_channels(TIMED_OUT, *rig.seen.ledger().active_consumers(busy.name))
    rig.judge(*(_not_back_from_work(rig, lost_at, busy) or new_work(rig, behind=TEXTS)))


@pytest.mark.full
@pytest.mark.restarts_broker
@pytest.mark.guarantee("survives-channel-close")
@pytest.mark.requirement("survives-channel-close.late-ack")
def test_acknowledgement_timed_out(rig: Rig) -> None:
    """A consumer whose broker waits for its ack no longer, and closes its channel, does that work and new work."""
    with rig.faults.short_ack_timeout(ACK_TIMEOUT, LateAck.CLOSES_CHANNEL):
        rig.start.workers(1, http=True)
    holds, busy = _hold_work(rig)
    lost_at = rig.now()
    consumed = rig.seen.ledger().active_consumers(busy.name)
    channels = {(c.instance, c.connection, c.channel) for c in consumed}
    rig.wait.witness(
        lambda: any(
            (r.instance, r.connection, r.channel) in channels for r in rig.seen.ledger().refusals
        ),
        rig.deadlines.within(ACK_TIMEOUT),
        "the broker closed no channel",
    )
    holds.release()  # the message, and behind it the end of its channel
    rig.judge(*(not_back(rig, lost_at, [busy]) or new_work(rig, behind=1)))


@pytest.mark.full
@pytest.mark.restarts_broker
@pytest.mark.guarantee("survives-cancel")
@pytest.mark.requirement("survives-cancel.late-ack")
def test_cancelled_for_late_ack(rig: Rig) -> None:
    """A consumer that its broker cancels for an ack that is late does that work and new work, whichever way it does."""
    with rig.faults.short_ack_timeout(ACK_TIMEOUT, LateAck.CANCELS_CONSUMER):
        rig.start.workers(1, http=True)
    rig.faults.need_quorum_queue(rig.workload.worker)
    holds, busy = _hold_work(rig)
    lost_at = rig.now()
    rig.wait.witness(
        lambda: not rig.seen.ledger().active_consumers(busy.name),
        rig.deadlines.within(ACK_TIMEOUT),
        "the broker cancelled no consumer",
    )
    holds.release()  # the message, and behind it the end of its consumer
    # Who takes no notice is given messages again as soon as it has acked, so that its work decides.
    not_back(rig, lost_at, [busy])
    rig.judge(*(ended(rig, [busy]) or new_work(rig, behind=1)))


@pytest.mark.full
@pytest.mark.guarantee("survives-channel-close", designs=PUBLISHING)
@pytest.mark.requirement("survives-channel-close.publishing")
def test_publishing_channel_closed(rig: Rig) -> None:
    """An instance whose channels for publishing the broker closes (406) publishes again, and goes on consuming."""
    rig.start.workers(1, http=True)
    violations = new_work(rig)
    if not violations:
        # Who opens a channel for each publish has none to lose, and has to go on all the same.
        rig.faults.close_channels(UNKNOWN_TAG, *_published(rig))
        violations = new_work(rig) or tuple(ended(rig, rig.instances.all))
    rig.judge(*violations)


def _hold_work(rig: Rig) -> tuple[Holds, Process]:
    """Send work, and keep its delivery on the way to its worker; give the worker, too."""
    holds = rig.faults.hold(delivery, *rig.instances.workers)
    rig.publish.work(1)
    return holds, holds.first(rig.deadlines.within(0), "no worker was given a message").process


def _judge_without_queue(rig: Rig, take: Callable[[Role], None]) -> None:
    """Take the queues of idle consumers, and judge whether they consume again, and do new work."""
    rig.start.workers(1, http=True)
    lost_at = rig.now()
    for role in dict.fromkeys(p.role for p in rig.instances.consumers):
        take(role)
    rig.judge(*(not_back(rig, lost_at, rig.instances.all) or new_work(rig)))


def _twice(rig: Rig, disturb: Callable[[], None]) -> Sequence[Violation]:
    """Disturb idle consumers, and once more when they are back; say who does not come back or does no new work."""
    for _ in range(2):
        rig.wait.quiet()  # so that the next consumer is idle too
        rig.wait.see(lambda: _consume(rig), rig.deadlines.reconnected)  # it may be lost by itself
        lost_at = rig.now()
        disturb()
        violations = not_back(rig, lost_at, rig.instances.all)
        if violations:
            return violations
    return new_work(rig)


def _consume(rig: Rig) -> bool:
    """Whether all consumers have a consumer of theirs."""
    ledger = rig.seen.ledger()
    return all(ledger.active_consumers(p.name) for p in rig.instances.consumers)


def _not_back_from_work(rig: Rig, lost_at: float, busy: Process) -> list[Violation]:
    """Give who was met in its work the time to finish it first."""
    work = rig.deadlines.seconds(rig.work_time(TEXTS))
    return not_back(rig, lost_at, [busy], within=rig.deadlines.reconnected + work)


def _published(rig: Rig) -> list[Published]:
    ledger = rig.seen.ledger()
    return [one for p in rig.instances.all for one in ledger.published_by(p.name)]
