"""Work that finds away what it needs, and what becomes of it: done later, kept in a queue, or lost. No case is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warren.rigs.consumers import Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from warren.rigs.consumers import Process, Rig

SIZE = 1
"""Of the unit of work that meets an outage."""
AWAY = 5
"""Document seconds for which something stays away once work has met that."""
MOST_TRIES = 10
"""How often in a second work may be tried again while what it needs is away."""
STALLED = 60.0
"""Real seconds after which one whose surroundings are there will do nothing any more: longer than usual pauses."""


def requirements(guarantee: str, how: str) -> tuple[str, str]:
    """Name what must and what should hold of an outage of that kind."""
    return f"{guarantee}.{how}", f"{guarantee}.{how}-recovers"


def start_working(rig: Rig) -> list[Process]:
    """Start a worker, and see it work: its connections are open then, and what it does counts."""
    workers = rig.start.workers(1)
    rig.publish.work(SIZE)
    rig.wait.need(
        lambda: rig.seen.done() and rig.seen.at_rest(),
        rig.deadlines.within(rig.work_time(SIZE)),
        "no work was done",
    )
    return workers


def judge_outage(
    rig: Rig, names: tuple[str, str], back: str, *, late: float = 0, goes_on: str = ""
) -> None:
    """Wait for the effect, now that all is back; where it does not come, look where the message is."""
    must, should = names
    within = rig.deadlines.reconnected + rig.deadlines.seconds(late)
    is_done = see_done(rig, within)
    rig.judge(*lost(rig), requirement=must)
    if goes_on:
        expect_going_on(rig, back)
        rig.judge(requirement=goes_on)
    rig.judge(*undone(rig, is_done, f"within {within:.1f} s {back}"), requirement=should)


def see_done(rig: Rig, within: float) -> bool:
    """Wait until the effect is there, or nothing more can come of it; say whether it is there."""
    idle = rig.wait.idle()
    rig.wait.see(lambda: rig.seen.done() or _is_given_up(rig, idle), within)
    return rig.seen.done()


def lost(rig: Rig) -> tuple[Violation, ...]:
    """Give what is lost: it has no effect, and is in no queue."""
    return () if rig.seen.done() or _is_kept(rig) else rig.seen.losses()


def undone(rig: Rig, is_done: bool, when: str) -> tuple[Violation, ...]:
    """Say that the effect did not come by itself."""
    statuses = (f"{p.name} ended with status {p.exit_status}" for p in _ended(rig))
    evidence = (*rig.seen.last(), *statuses)
    return () if is_done else (Violation(f"its effect did not come {when}", evidence),)


def expect_going_on(rig: Rig, when: str) -> None:
    """Where the effect did not come, send new work: who lives on does that, and does not stall for ever."""
    if rig.seen.done() or _ended(rig):
        return
    new = rig.publish.work(SIZE)
    rig.wait.see(lambda: rig.seen.is_done(new) or bool(_ended(rig)), STALLED)
    alive = ", ".join(p.name for p in rig.instances.workers)
    words = f"{alive} lives on, and did no new work within {STALLED:.0f} s {when}"
    rig.expect(rig.seen.is_done(new) or bool(_ended(rig)), words, *rig.seen.last())


def has_ended(processes: Sequence[Process]) -> bool:
    """Whether none of them runs any more."""
    return all(p.exit_status is not None for p in processes)


def judge_pause(rig: Rig, began: float, tries: Sequence[str], meanwhile: str) -> None:
    """Judge how often work was tried since then."""
    seconds = rig.now() - began
    rig.expect(
        len(tries) <= MOST_TRIES * seconds,
        f"tried {len(tries)} times in {seconds:.1f} s while {meanwhile}",
        *tries[:MOST_TRIES],
    )
    rig.judge()


def _is_given_up(rig: Rig, idle: Callable[[], bool]) -> bool:
    """Whether nothing more can come: for a while no message was anywhere, or who works on them has ended.

    One moment shows nothing: a message may be acked before its copy for another try is in a queue.
    """
    is_idle = idle()  # asked each time: it watches
    return has_ended(rig.instances.workers) or (is_idle and not _is_kept(rig))


def _is_kept(rig: Rig) -> bool:
    """Whether there is a message on any queue, or in hand of an instance: it can be of no other unit."""
    is_in_hand = any(d.open_until == float("inf") for d in rig.seen.ledger().deliveries)
    return is_in_hand or rig.seen.kept_aside() > 0 or any(map(rig.seen.ready, rig.workload.roles))


def _ended(rig: Rig) -> list[Process]:
    return [p for p in rig.instances.all if p.exit_status is not None]
