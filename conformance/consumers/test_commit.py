"""no-loss and effect-once at every commit of a unit of work: its consumer dies right before it, or right after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Inconclusive, Moment, Unmet, Violation, delivery

from .comebacks import unique_work
from .publishes import is_copied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.rigs.consumers import CaughtCommit, HeldCommits, Process, Rig

pytestmark = pytest.mark.guarantee("no-loss", "effect-once")
SIZE = 1
"""Of a unit of work. A worker of any design does one message of it."""
MOST_COMMITS = 6
"""How many commits of one unit of work are tried."""
TRIES = 15
"""How often a commit is tried to be held that is too quick for that now and then."""
WATCHED = 4.0
"""Real seconds for which an ack beside a commit that waits is looked for, less than any usual busy time-out.

It ends as soon as the connections have sent heartbeats: an ack that was sent before would have been seen by then.
"""

BEFORE = (
    "no-loss.ack-before-commit",
    "no-loss.killed-before-commit",
    "effect-once.killed-before-commit",
)
AFTER = ("no-loss.killed-after-commit", "effect-once.killed-after-commit")


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement(*BEFORE)
def test_killed_before_commit(rig: Rig) -> None:
    """Acks wait for the commit of the effect; a consumer killed right before any commit loses and doubles nothing."""
    early: list[Violation] = []
    for caught, commits in _commits(rig, Moment.BEFORE_COMMIT):
        if not early:
            early += _acked_meanwhile(rig, caught)
        _kill(rig, caught, commits)
    rig.judge(*early, requirement=BEFORE[0])
    rig.judge(*rig.seen.losses(), requirement=BEFORE[1])
    rig.judge(*rig.seen.duplicates(), requirement=BEFORE[2])


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement(*AFTER)
def test_killed_after_commit(rig: Rig) -> None:
    """A consumer killed right after any commit, before it knows of it, loses and doubles nothing."""
    rig.database.need_line()
    for caught, commits in _commits(rig, Moment.AFTER_COMMIT):
        _kill(rig, caught, commits)
    rig.judge(*rig.seen.losses(), requirement=AFTER[0])
    rig.judge(*rig.seen.duplicates(), requirement=AFTER[1])


@pytest.mark.full
@pytest.mark.guarantee("effect-once")
@pytest.mark.requirement("effect-once.cut-after-commit")
def test_database_cut_after_commit(rig: Rig) -> None:
    """A consumer that loses its database right after any commit, before it knows of it, doubles nothing."""
    rig.database.need_line()
    for caught, commits in _commits(rig, Moment.AFTER_COMMIT):
        caught.process.database.cut()
        commits.release()
    rig.judge(*rig.seen.duplicates())


def _commits(rig: Rig, moment: Moment) -> Iterator[tuple[CaughtCommit, HeldCommits]]:
    """Give the first commit of a unit of work as it waits, of the next unit the second, until there is none.

    Ends early where something was lost or doubled. Whoever takes one must let it go, and may kill its instance.
    """
    rig.database.let_commits_be_held()
    rig.start.workers(2)
    for passing in range(MOST_COMMITS):
        if not _alive(rig):
            rig.start.another_worker()
        commits = _hold_one(rig, moment, passing)
        if commits is None and passing == 0:
            raise Unmet("no worker asked its database for a commit of what it did")
        if commits is None:
            break
        yield commits.caught()[0], commits
        rig.wait.finish(rig.work_time(SIZE))
        rig.wait.rest(rig.work_time(SIZE))
        if rig.seen.losses() or rig.seen.duplicates():
            break


def _hold_one(rig: Rig, moment: Moment, passing: int) -> HeldCommits | None:
    """Send a unit of work and hold one of its commits; None where it has no more than those that pass."""
    for _ in range(TRIES):
        # Held from when a worker is given its message: to make a unit of work may take a commit, too.
        deliveries = rig.faults.hold(delivery, *_alive(rig))
        unique_work(rig, SIZE)
        deliveries.first(rig.deadlines.within(0), "no worker was given a message")
        commits = rig.database.hold_commits(moment, *_alive(rig), passing=passing)
        deliveries.release()
        idle = rig.wait.idle()  # a commit may follow the ack
        rig.wait.see(
            lambda c=commits, i=idle: bool(c.caught()) or i(),  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            rig.deadlines.within(rig.work_time(SIZE)),
        )
        if commits.caught():
            return commits
        is_missed = commits.missed()
        commits.release()
        if not is_missed:
            return None
    raise Inconclusive(f"no witness: commit {passing + 1} was too quick to be held, {TRIES} times")


def _alive(rig: Rig) -> list[Process]:
    return [p for p in rig.instances.workers if p.exit_status is None]


def _acked_meanwhile(rig: Rig, caught: CaughtCommit) -> list[Violation]:
    """Wait until an ack beside the commit that waits is seen, or would have been."""
    asked_at = caught.held.seen or rig.now()

    def is_clear() -> bool:
        return bool(_early_acks(rig, caught)) or rig.seen.has_spoken_since(caught.process, asked_at)

    rig.wait.see(is_clear, WATCHED)
    return _early_acks(rig, caught)


def _early_acks(rig: Rig, caught: CaughtCommit) -> list[Violation]:
    """Say what an instance has acked while a commit of its waits, without which there is no effect of it.

    What it has rejected, or published again, for a later try or to put it aside, it does not take for done.
    """
    ledger = rig.seen.ledger()
    acked = [
        d
        for d in ledger.to(caught.process.name)
        if d.settlement is not None
        and d.settlement.kind == "ack"
        and not rig.seen.has_effect(d)
        and not is_copied(ledger, d)
    ]
    waits = f"{caught.held.seen:.3f} its commit was asked for, and has been held since then"
    words = "acked before its effect was committed"
    return [Violation(words, (str(d), waits), seen=True) for d in acked]


def _kill(rig: Rig, caught: CaughtCommit, commits: HeldCommits) -> None:
    """Kill the instance whose commit waits, let the others go, and wait until its message comes again or is lost."""
    redelivered = len(rig.seen.ledger().redeliveries())
    caught.process.kill()
    rig.wait.witness(
        lambda: caught.process.exit_status is not None,
        rig.deadlines.stopped,
        f"{caught.process.name} did not end",
    )
    commits.release()
    if not _alive(rig):
        rig.start.another_worker()
    rig.wait.see(
        lambda: len(rig.seen.ledger().redeliveries()) > redelivered or rig.seen.at_rest(),
        rig.deadlines.noticed,
    )
