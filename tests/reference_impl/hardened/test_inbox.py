"""Keys of what took effect, on real databases."""

import threading
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from reference_impl.hardened.inbox import Inbox
from reference_impl.schema import log
from tests.reference_impl.rows import messages


def leave_row(database: sa.Engine, key: str | None) -> bool:
    """Leave a row under a key; whether it was left."""
    with database.begin() as connection:
        first = Inbox(database).once(connection, key)
        if first:
            log(connection, "row")
    return first


def test_once(database: sa.Engine) -> None:
    """The second effect of a key does not happen; keys differ by every byte."""
    assert leave_row(database, "a")
    assert not leave_row(database, "a")
    assert leave_row(database, "A")
    assert messages(database) == ["row", "row"]


def test_at_the_same_moment(database: sa.Engine) -> None:
    """Of two transactions with one key that run at once, one leaves its effect."""
    together = threading.Barrier(2)

    def run(_number: int) -> bool:
        together.wait(timeout=10)
        return leave_row(database, "key")

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(run, range(2), timeout=60)) == [False, True]
    assert messages(database) == ["row"]


def test_key_goes_with_its_effect(database: sa.Engine) -> None:
    """An effect that is rolled back takes its key with it."""
    inbox = Inbox(database)
    with database.connect() as connection, connection.begin() as transaction:
        inbox.once(connection, "key")
        transaction.rollback()
    assert not inbox.has("key")


def test_note(sqlite: sa.Engine) -> None:
    """What was noted is there, and may be noted again."""
    inbox = Inbox(sqlite)
    inbox.note("key")
    inbox.note("key")
    assert inbox.has("key")


def test_without_identity(sqlite: sa.Engine) -> None:
    """Without a key every effect happens."""
    assert leave_row(sqlite, None)
    assert leave_row(sqlite, None)
    assert not Inbox(sqlite).has(None)
