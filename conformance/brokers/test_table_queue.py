"""The document's other way, a table in a database: what it shares with a broker, and what it lacks.

Each worker is a process of the program `table-queue`, told what to do by the case; they share one table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from warren.rigs.brokers import BrokerRig, RunningProgram

LONG = 60.0
"""A visibility timeout (s) that no case outlasts."""


def _worker(broker: BrokerRig, name: str = "worker", visibility: float = LONG) -> RunningProgram:
    """Start a worker on the queue `copies`; the first in a case makes the table."""
    worker = broker.programs.start("table-queue", name, "copies", f"--visibility={visibility}")
    worker.ask(do="create")
    return worker


def _take(worker: RunningProgram) -> dict[str, Any] | None:
    taken: dict[str, Any] | None = worker.ask(do="take")["message"]
    return taken


def _taken(worker: RunningProgram) -> dict[str, Any]:
    taken = _take(worker)
    assert taken is not None, "nothing is visible"
    return taken


@pytest.mark.requirement("table-queue.order", "table-queue.ack-removes", "table-queue.invisible")
def test_shared_with_a_broker(broker: BrokerRig) -> None:
    """Like a broker's queue: oldest first, invisible to others while in somebody's hands, gone once it is settled."""
    one, other = _worker(broker, "one"), _worker(broker, "other")
    for body in ("1", "2", "3"):
        one.ask(do="put", body=body)
    first, second = _taken(one), _taken(other)
    assert (first["body"], second["body"]) == ("1", "2")
    assert one.ask(do="counts") == {"ready": 1, "unacked": 2}
    one.ask(do="ack", receipt=first["receipt"])
    assert one.ask(do="counts") == {"ready": 1, "unacked": 1}
    assert "lost" in one.ask(do="ack", receipt=first["receipt"]), "a second ack was taken"


@pytest.mark.requirement("table-queue.requeue")
def test_requeue(broker: BrokerRig) -> None:
    """Like a broker's queue: what is returned is ready at once, at its old place, and redelivered."""
    worker = _worker(broker)
    for body in ("1", "2"):
        worker.ask(do="put", body=body)
    worker.ask(do="nack", receipt=_taken(worker)["receipt"])
    again = _taken(worker)
    assert (again["body"], again["redelivered"]) == ("1", True)


@pytest.mark.requirement("table-queue.shared-out")
def test_workers_at_once(broker: BrokerRig) -> None:
    """Like a broker's queue: workers that take at the same time get different messages, and together all of them."""
    workers = [_worker(broker, name) for name in ("one", "two")]
    bodies = [f"{number:02}" for number in range(40)]
    for body in bodies:
        workers[0].ask(do="put", body=body)
    for worker in workers:
        worker.tell(do="drain")
    got = [worker.hear()["bodies"] for worker in workers]
    assert sorted(body for each in got for body in each) == bodies
    assert all(each == sorted(each) for each in got), "one worker's messages were out of order"


@pytest.mark.requirement("table-queue.survives")
def test_survives(broker: BrokerRig) -> None:
    """Like a durable queue of persistent messages: what was put is still there after its producer was killed."""
    producer = _worker(broker, "producer")
    producer.ask(do="put", body="kept")
    producer.kill()
    assert _taken(_worker(broker, "consumer"))["body"] == "kept"


@pytest.mark.requirement("table-queue.with-the-row")
def test_put_with_the_row(broker: BrokerRig) -> None:
    """Better than a broker: a message and a row of the application are written in one transaction, both or neither."""
    worker = _worker(broker)
    worker.ask(do="put", body="undone", row="undone", commit=False)
    worker.ask(do="put", body="done", row="done")
    assert worker.ask(do="drain")["bodies"] == ["done"]
    assert [row.message for row in broker.programs.message_rows()] == ["done"]


@pytest.mark.requirement("table-queue.crash-waits")
def test_crash(broker: BrokerRig) -> None:
    """Missing: nobody notices a worker's death; its message is invisible until the timeout is over, then redelivered.

    A broker gives it out again as soon as the connection ends (ack.returns-when-consumer-dies).
    """
    visibility = 10 * broker.pace.second
    other = _worker(broker, "other", visibility)
    other.ask(do="put", body="in hand")
    worker = _worker(broker, "worker", visibility)
    with broker.expect.at_least(visibility):
        _taken(worker)
        worker.kill()
        broker.wait.until(
            lambda: other.ask(do="counts")["ready"] == 1, "the message to be visible again"
        )
    assert _taken(other)["redelivered"]


@pytest.mark.requirement("table-queue.slow-overlaps")
def test_slow_worker(broker: BrokerRig) -> None:
    """Missing: a worker slower than the timeout is overtaken, and its late ack refused, unless it extends in time.

    A broker waits as long as the connection is served.
    """
    visibility = 5 * broker.pace.second
    slow, other = _worker(broker, "slow", visibility), _worker(broker, "other", LONG)
    slow.ask(do="put", body="long work")
    late = _taken(slow)
    broker.wait.until(lambda: other.ask(do="counts")["ready"] == 1, "the timeout to be over")
    overtaking = _taken(other)
    assert overtaking["body"] == "long work"
    assert "lost" in slow.ask(do="ack", receipt=late["receipt"])
    assert "lost" in slow.ask(do="extend", receipt=late["receipt"])
    assert other.ask(do="extend", receipt=overtaking["receipt"]) == {"done": True}
    assert other.ask(do="ack", receipt=overtaking["receipt"]) == {"done": True}


@pytest.mark.requirement("table-queue.no-push")
def test_no_push(broker: BrokerRig) -> None:
    """Missing: who asks an empty table is told so, and hears nothing of what comes later unless it asks again.

    A broker brings it (pull-and-push.consume).
    """
    worker, producer = _worker(broker, "worker"), _worker(broker, "producer")
    assert _take(worker) is None
    producer.ask(do="put", body="later")
    assert worker.silent(), "it was brought something without asking"
    assert _taken(worker)["body"] == "later"
