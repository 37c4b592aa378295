"""survives-database-loss: work that finds its database away comes to its effect later, or its message is kept."""

from __future__ import annotations

import functools
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from warren.rigs.consumers import Failure, Inconclusive, Moment, delivery

from .comebacks import ended
from .outages import (
    AWAY,
    SIZE,
    STALLED,
    expect_going_on,
    has_ended,
    judge_outage,
    judge_pause,
    lost,
    requirements,
    see_done,
    start_working,
    undone,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.rigs.consumers import Holds, Process, Rig

GUARANTEE = "survives-database-loss"
pytestmark = pytest.mark.guarantee(GUARANTEE)
MET = 2
"""Document seconds in which work that is over has met that its table is missing."""
LATER = 5.0
"""Real seconds in which a timer that was set for another try goes off: longer than usual pauses."""
CONNECTIONS = 6
"""How many connections one try may ask for: a pool tests one and opens another, a driver asks with TLS and without."""
LOCKED = 33.0
"""Real seconds for which a file is locked: longer than the busy time-outs that people set."""
LATE = 2
"""Document seconds by which a slow database is late, each way."""
_BACK = "after the database was back"
GOES_ON = "survives-database-loss.goes-on"
STATEMENTS = 20
"""How many statements a unit of work may take, each of which is late."""
_requirements = functools.partial(requirements, GUARANTEE)


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement(*_requirements("tables-missing"), GOES_ON)
def test_tables_missing(rig: Rig) -> None:
    """Work that finds its table missing is not lost, and is done by itself when the table is there again."""
    workers = start_working(rig)
    holds = _publish_held(rig, workers)
    with rig.database.without_tables():
        holds.release()
        # By then it has done its work, and met that.
        met = rig.work_time(SIZE) + AWAY * rig.deadlines.slowness
        rig.wait.see(lambda: has_ended(workers), rig.deadlines.seconds(met))
    judge_outage(rig, _requirements("tables-missing"), _BACK, goes_on=GOES_ON)


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement(*_requirements("broker-lost"))
def test_broker_lost_meanwhile(rig: Rig) -> None:
    """Work whose table is missing is not lost with its connection to the broker, and is done by itself later."""
    workers = start_working(rig)
    holds = _publish_held(rig, workers)
    with rig.database.without_tables():
        holds.release()
        met = rig.work_time(SIZE) + MET * rig.deadlines.slowness
        rig.wait.see(lambda: has_ended(workers), rig.deadlines.seconds(met))
        for process in workers:
            process.line.cut()
        rig.wait.see(lambda: has_ended(workers), LATER)
    judge_outage(rig, _requirements("broker-lost"), _BACK)


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.guarantee("survives-database-loss", designs=("blocking", "task"))
@pytest.mark.requirement("survives-database-loss.pause")
def test_pause(rig: Rig) -> None:
    """Between two tries of work that is over at once, whose table is missing, there is a pause."""
    (worker,) = start_working(rig)
    holds = _publish_held(rig, [worker], 0)
    message = rig.seen.delivered()[-1].message
    with rig.database.without_tables():
        began = rig.now()
        holds.release()
        rig.wait.pass_time(2 * AWAY)
        judge_pause(rig, began, _tries(rig, worker, message), "its table was missing")


@pytest.mark.full
@pytest.mark.guarantee("survives-database-loss", designs=("blocking", "task"))
@pytest.mark.requirement("survives-database-loss.pause-refused")
def test_pause_refused(rig: Rig) -> None:
    """Between two tries of work that is over at once, whose database refuses connections, there is a pause."""
    rig.database.need_line()
    (worker,) = start_working(rig)
    worker.database.refuse()
    began = rig.now()
    message = rig.publish.work(0).message_id
    rig.wait.pass_time(2 * AWAY)
    tries = _tries(rig, worker, message, failures=CONNECTIONS)
    judge_pause(rig, began, tries, "its database refused connections")


@pytest.mark.quick(designs=("blocking",))
@pytest.mark.requirement(*_requirements("refused"))
def test_refused(rig: Rig) -> None:
    """Work whose database refuses connections is not lost, and is done by itself when it lets them in again."""
    _meet(
        rig,
        lambda process: process.database.refuse(),
        lambda process: process.database.accept(),
        "refused",
    )


@pytest.mark.full
@pytest.mark.requirement(*_requirements("out-of-space"))
def test_out_of_space(rig: Rig) -> None:
    """Work whose database has no space is not lost, and is done by itself when there is some again."""
    rig.database.let_space_run_out()
    workers = start_working(rig)
    holds = _publish_held(rig, workers)
    for process in rig.instances.all:
        process.database.fail(Failure.OUT_OF_SPACE)
    holds.release()
    # With a file nothing shows it: after that time they have met it.
    met = rig.work_time(SIZE) + AWAY * rig.deadlines.slowness
    rig.wait.see(lambda: _has_failed(rig), rig.deadlines.seconds(met))
    rig.wait.see(lambda: has_ended(workers), rig.deadlines.seconds(AWAY))
    if rig.seen.done():
        raise Inconclusive("no witness: the work found space for its effect")
    for process in rig.instances.all:
        process.database.restore()
    judge_outage(rig, _requirements("out-of-space"), _BACK)


@pytest.mark.full
@pytest.mark.requirement(*_requirements("cut"))
def test_cut(rig: Rig) -> None:
    """Work whose connection to the database is cut right before its commit is not lost, and is done by itself."""
    rig.database.need_line()
    workers = start_working(rig)
    commits = rig.database.hold_commits(Moment.BEFORE_COMMIT, *workers)
    rig.publish.work(SIZE)
    caught = commits.first(
        rig.deadlines.within(rig.work_time(SIZE)), "no worker asked for a commit"
    )
    caught.process.database.cut()
    commits.release()
    judge_outage(rig, _requirements("cut"), _BACK)


@pytest.mark.full
@pytest.mark.restarts_database
@pytest.mark.requirement(*_requirements("restarted"))
def test_restarted(rig: Rig) -> None:
    """Work whose database server really ends right before its commit, and is back later, is not lost, and is done."""
    rig.database.need_line()
    workers = start_working(rig)
    commits = rig.database.hold_commits(Moment.BEFORE_COMMIT, *workers)
    rig.publish.work(SIZE)
    commits.first(rig.deadlines.within(rig.work_time(SIZE)), "no worker asked for a commit")
    with rig.database.shut_down():
        commits.release()
        rig.wait.see(lambda: has_ended(workers), rig.deadlines.seconds(AWAY))
    judge_outage(rig, _requirements("restarted"), _BACK)


@pytest.mark.full
@pytest.mark.requirement(*_requirements("silent"))
def test_silent(rig: Rig) -> None:
    """Work whose database says nothing for a while is not lost, and is done by itself when it speaks again."""
    rig.database.need_line()
    workers = start_working(rig)
    for process in rig.instances.all:
        process.database.half_open()
    rig.publish.work(SIZE)
    met = rig.work_time(SIZE) + 3 * AWAY * rig.deadlines.slowness
    rig.wait.see(lambda: has_ended(workers), rig.deadlines.seconds(met))
    for process in rig.instances.all:
        process.database.restore()
    judge_outage(rig, _requirements("silent"), _BACK)


@pytest.mark.full
@pytest.mark.requirement(*_requirements("dead-connection"))
def test_dead_connection(rig: Rig) -> None:
    """Work whose database connection died without a word, while new ones are served, is not lost; new work is done."""
    rig.database.need_line()
    start_working(rig)
    for process in rig.instances.all:
        process.database.let_die()
    rig.publish.work(SIZE)
    within = rig.deadlines.within(rig.work_time(SIZE)) + STALLED
    is_done = see_done(rig, within)
    must, should = _requirements("dead-connection")
    losses = lost(rig)
    expect_going_on(rig, "though its database serves new connections")
    rig.judge(*losses, requirement=must)
    rig.judge(*undone(rig, is_done, f"within {within:.1f} s"), requirement=should)


@pytest.mark.full
@pytest.mark.requirement(*_requirements("slow"))
def test_slow(rig: Rig) -> None:
    """Work whose database answers late is not lost, and is done by itself."""
    rig.database.need_line()
    start_working(rig)
    for process in rig.instances.all:
        process.database.delay(rig.deadlines.seconds(LATE))
    rig.publish.work(SIZE)
    judge_outage(rig, _requirements("slow"), _BACK, late=STATEMENTS * 2 * LATE)


@pytest.mark.full
@pytest.mark.requirement(*_requirements("locked"))
def test_locked(rig: Rig) -> None:
    """Work that finds its database locked past the busy time-out is not lost, and is done by itself afterwards."""
    workers = start_working(rig)
    holds = _publish_held(rig, workers)
    with rig.database.locked():
        holds.release()
        rig.wait.see(lambda: has_ended(workers), LOCKED)
    judge_outage(rig, _requirements("locked"), _BACK)


@pytest.mark.full
@pytest.mark.guarantee("survives-database-loss", designs=("task",))
@pytest.mark.requirement("survives-database-loss.called")
def test_called(rig: Rig) -> None:
    """A call while its table is away is answered by an error; one made afterwards is accepted, and its task is done."""
    rig.start.workers(1, http=True)
    rig.warm_up()
    with rig.database.without_tables():
        (answer,) = rig.calls.answers(rig.calls.begin())
    words = f"a call was answered {answer.status} {answer.error}".rstrip()
    rig.expect(
        answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR, f"{words} while its table was away"
    )
    rig.judge(*ended(rig, rig.instances.all), *rig.calls.until_done())


def _publish_held(rig: Rig, workers: list[Process], size: int = SIZE) -> Holds:
    """Publish a unit of work, whose making may need the database, and hold it on its way to the worker."""
    holds = rig.faults.hold(delivery, *workers)
    rig.publish.work(size)
    holds.first(rig.deadlines.within(0), "no worker was given a message")
    return holds


def _meet(
    rig: Rig,
    begin: Callable[[Process], None],
    end: Callable[[Process], None],
    how: str,
) -> None:
    """Let the work of a unit meet a database that fails all instances, for a while."""
    rig.database.need_line()
    workers = start_working(rig)
    for process in rig.instances.all:
        begin(process)
    rig.publish.work(SIZE)
    rig.wait.witness(  # who ends as soon as its idle connection is cut meets nothing more
        lambda: _has_failed(rig) or has_ended(workers),
        rig.deadlines.within(rig.work_time(SIZE)),
        "no instance met that its database fails",
    )
    rig.wait.see(lambda: has_ended(workers), rig.deadlines.seconds(AWAY))
    for process in rig.instances.all:
        end(process)
    judge_outage(rig, _requirements(how), _BACK)


def _has_failed(rig: Rig) -> bool:
    """Whether an instance was seen to meet that its database fails."""
    return bool(rig.seen.ledger().database_failures())


def _tries(rig: Rig, worker: Process, message: str, *, failures: int = 1) -> list[str]:
    """Give the tries that show: deliveries of the message, or so many errors of the database where that is more."""
    ledger = rig.seen.ledger()
    deliveries = [str(d) for d in ledger.of(message)]
    failed = [str(f) for f in ledger.database_failures() if f.instance == worker.name]
    return max(deliveries, failed[::failures], key=len)
