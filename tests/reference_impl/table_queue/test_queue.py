"""The queue in a table, on every kind of database."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from reference_impl.schema import log
from reference_impl.table_queue import LostError, TableQueue, Taken
from reference_impl.table_queue.queue import queue_message
from tests.reference_impl.rows import messages

LONG = 60.0
"""Seconds of visibility that are never over in a test."""


@pytest.fixture
def queue(database: sa.Engine) -> TableQueue:
    """Give an empty queue."""
    made = TableQueue(database, "work", LONG)
    made.create()
    return made


def take(queue: TableQueue) -> Taken:
    """Take a message that must be there."""
    taken = queue.take()
    assert taken is not None
    return taken


def age(database: sa.Engine, seconds: float) -> None:
    """Let the visibility timeouts of all messages be over `seconds` earlier."""
    earlier = queue_message.c.visible_at - seconds
    with database.begin() as connection:
        connection.execute(queue_message.update().values(visible_at=earlier))


def test_in_order(queue: TableQueue) -> None:
    """Messages come in the order in which they were put, octet for octet."""
    bodies = [bytes(range(256)), b"", "текст".encode()]
    for body in bodies:
        queue.put(body)
    assert [take(queue).body for _ in bodies] == bodies
    assert queue.take() is None


def test_queues_are_apart(database: sa.Engine, queue: TableQueue) -> None:
    """A queue sees nothing of another one in the same table."""
    other = TableQueue(database, "other", LONG)
    other.put(b"not ours")
    assert queue.take() is None
    assert (queue.counts(), other.counts()) == ((0, 0), (1, 0))
    receipt = take(other).receipt
    with pytest.raises(LostError):
        queue.ack(receipt)


def test_counts(queue: TableQueue) -> None:
    """What is taken is not ready; what is settled is not there."""
    queue.put(b"1")
    queue.put(b"2")
    assert queue.counts() == (2, 0)
    taken = take(queue)
    assert queue.counts() == (1, 1)
    queue.ack(taken.receipt)
    assert queue.counts() == (1, 0)


def test_nack(queue: TableQueue) -> None:
    """A returned message is the oldest again, and redelivered; its first receipt is void."""
    queue.put(b"1")
    queue.put(b"2")
    first = take(queue)
    assert not first.redelivered
    queue.nack(first.receipt)
    again = take(queue)
    assert (again.body, again.redelivered, again.deliveries) == (b"1", True, 2)
    with pytest.raises(LostError):
        queue.ack(first.receipt)


def test_timeout(database: sa.Engine, queue: TableQueue) -> None:
    """It comes again when the timeout is over, not before; then the first taker has lost it."""
    queue.put(b"slow")
    first = take(queue)
    age(database, LONG / 2)
    assert queue.take() is None
    age(database, LONG / 2)
    second = take(queue)
    assert second.redelivered
    for settle in (queue.ack, queue.nack, queue.extend):
        with pytest.raises(LostError):
            settle(first.receipt)
    queue.ack(second.receipt)


def test_late_ack_without_another_taker(database: sa.Engine, queue: TableQueue) -> None:
    """After the timeout an ack still counts as long as nobody else took the message."""
    queue.put(b"slow")
    taken = take(queue)
    age(database, 2 * LONG)
    queue.ack(taken.receipt)
    assert queue.counts() == (0, 0)


def test_extend(database: sa.Engine, queue: TableQueue) -> None:
    """Extending begins the timeout anew."""
    queue.put(b"slow")
    taken = take(queue)
    age(database, LONG / 2)
    queue.extend(taken.receipt)
    age(database, LONG * 0.75)
    assert queue.take() is None


def test_with_the_row(database: sa.Engine, queue: TableQueue) -> None:
    """A message and the row it is about are there together or not at all."""
    with database.connect() as connection, connection.begin() as transaction:
        queue.put(b"undone", connection)
        log(connection, "undone")
        transaction.rollback()
    with database.begin() as connection:
        queue.put(b"done", connection)
        log(connection, "done")
    assert take(queue).body == b"done"
    assert queue.take() is None
    assert messages(database) == ["done"]


def test_takers_at_once(database: sa.Engine, queue: TableQueue) -> None:
    """Of many takers at once each message has one."""
    bodies = [b"%02d" % number for number in range(30)]
    for body in bodies:
        queue.put(body)
    together = threading.Barrier(3)

    def drain(_number: int) -> list[bytes]:
        mine = TableQueue(database, "work", LONG)
        together.wait(timeout=10)
        taken: list[bytes] = []
        while message := mine.take():
            taken.append(message.body)
        return taken

    with ThreadPoolExecutor(3) as threads:
        drained = list(threads.map(drain, range(3), timeout=60))
    assert sorted(body for each in drained for body in each) == bodies


def test_a_locked_row_is_skipped(database: sa.Engine, queue: TableQueue) -> None:
    """A taker passes the row that another transaction has locked, and does not wait for it."""
    if database.dialect.name == "sqlite":
        pytest.skip("SQLite locks the file, not rows: there takers wait for each other")
    locked = queue.put(b"locked")
    queue.put(b"free")
    locking = sa.select(queue_message).where(queue_message.c.id == locked).with_for_update()
    with database.begin() as other:
        other.execute(locking)
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(take, queue).result(timeout=10).body == b"free"
    assert take(queue).body == b"locked"
