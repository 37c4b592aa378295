"""Gathering parts on real databases, many threads at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pika
import pytest
import sqlalchemy as sa

from reference_impl.hardened.errors import RejectedError
from reference_impl.hardened.gathering import Gathering, Part
from tests.reference_impl.rows import messages

_THREADS = 4


def add(database: sa.Engine, part: Part) -> None:
    """Add a part in a transaction of its own."""
    with database.begin() as connection:
        Gathering().add(connection, part, f"part {part.index}")


def opened(database: sa.Engine, count: int) -> list[Part]:
    """Open a package, twice as after a redelivery; its parts."""
    parts = [Part("package", index, count) for index in range(count)]
    for _ in range(2):
        with database.begin() as connection:
            Gathering().open(connection, parts[0], "source")
    return parts


def test_package_row_comes_once_and_last(database: sa.Engine) -> None:
    """In any order of the parts the package row is the last one, and there is one."""
    parts = opened(database, 3)
    for part in reversed(parts):
        add(database, part)
    assert messages(database) == ["part 2", "part 1", "part 0", "source"]


@pytest.mark.parametrize("attempt", range(3))
def test_parts_that_finish_at_once(database: sa.Engine, attempt: int) -> None:
    """When all parts finish at the same moment exactly one of them is the last."""
    del attempt
    parts = opened(database, _THREADS)
    together = threading.Barrier(_THREADS)

    def finish(part: Part) -> None:
        together.wait(timeout=10)
        add(database, part)

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(finish, parts, timeout=60))
    *rows, last = messages(database)
    assert last == "source"
    assert sorted(rows) == [f"part {index}" for index in range(_THREADS)]


def test_one_part_delivered_twice_at_once(database: sa.Engine) -> None:
    """A part that two consumers finish at the same moment leaves one row."""
    first, *_ = opened(database, 2)
    together = threading.Barrier(2)

    def finish(part: Part) -> None:
        together.wait(timeout=10)
        add(database, part)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(finish, [first, first], timeout=60))
    assert messages(database) == ["part 0"]


def test_redelivery_after_the_end(sqlite: sa.Engine) -> None:
    """A part that comes again after the package is complete changes nothing."""
    parts = opened(sqlite, 2)
    for part in [*parts, parts[1]]:
        add(sqlite, part)
    assert messages(sqlite) == ["part 0", "part 1", "source"]


def test_unknown_package(sqlite: sa.Engine) -> None:
    """A part of a package that nobody opened is rejected, and leaves no row."""
    with pytest.raises(RejectedError, match="elsewhere"):
        add(sqlite, Part("elsewhere", 0, 1))
    assert messages(sqlite) == []


def test_headers_round_trip() -> None:
    """What the stream consumer writes into headers the part consumer reads."""
    part = Part("package", 1, 3)
    assert Part.of(pika.BasicProperties(headers=part.headers)) == part
    assert part.message_id == "package/1"


@pytest.mark.parametrize("headers", [None, {}, {"package": "p"}, {"package": 1, "index": "0"}])
def test_foreign_headers(headers: dict[str, object] | None) -> None:
    """A part without all three headers belongs to no package of ours."""
    assert Part.of(pika.BasicProperties(headers=headers)) is None
