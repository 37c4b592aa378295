"""Commits of a real process, held on their way: killed before one it leaves no row, killed after it one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from warren.errors import FaultUnsupported, InstanceError
from warren.evidence.commits import CommitBegun, Committed, DatabaseFailed
from warren.worlds.database_line.pieces import Failure, Moment
from warren.worlds.real.databases import attach
from warren.worlds.real.relay import FrameLog, RealDatabaseLine, Relay
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warren.worlds.protocol import DatabaseLine, HeldCommit
    from warren.worlds.real.databases import (
        CaseDatabase,
        Databases,
        DatabaseUrls,
        RunningDatabase,
    )
    from warren.worlds.real.runs import Run

DEADLINE = 60.0
MOST_WRITTEN = 40
"""Rows of processes whose second commit was too quick to be held in a file."""
WRITER = """\
import os
import sqlalchemy as sa
engine = sa.create_engine(os.environ["WARREN_DATABASE_URL"])
if os.environ.get("READS_FIRST"):
    with engine.connect() as connection:
        connection.connection.isolation_level = None
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.exec_driver_sql("SELECT count(*) FROM message_log")
        connection.exec_driver_sql("COMMIT")
for message in "one", "two":
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO message_log (message, created_at) VALUES (:message, '2024-05-01')"),
            {"message": message},
        )
"""

SERVERS = [
    pytest.param("postgresql", marks=pytest.mark.postgresql),
    pytest.param("mysql", marks=pytest.mark.mysql),
]
ALL = ["sqlite", *SERVERS]


class Stand:
    """A database, an instance's line to it, and the processes that write there."""

    def __init__(self, copy: CaseDatabase, relay: Relay) -> None:
        """Begin with no process."""
        self.copy, self.log = copy, relay.log
        copy.let_commits_be_held()
        self.line: DatabaseLine = copy.line(
            "stream-1", relay.log.now, relay.log.append, lambda _: "stream-1"
        )
        self.urls: DatabaseUrls = copy.urls
        if copy.server is not None:
            line: RealDatabaseLine = relay.open_database("stream-1", copy.server, copy.follower)
            self.line, self.urls = line, copy.urls.through(line.port)
        self.processes: list[subprocess.Popen[bytes]] = []

    def write(self, **more: str) -> subprocess.Popen[bytes]:
        """Start a process that writes two rows, in a transaction each."""
        environment = {**os.environ, **self.urls.environment, "WARREN_INSTANCE": "stream-1", **more}
        self.processes.append(subprocess.Popen([sys.executable, "-c", WRITER], env=environment))
        return self.processes[-1]

    def rows(self) -> list[str]:
        """Give the rows that are committed."""
        return [row.message for row in self.copy.messages()]


@pytest.fixture
def relay() -> Iterator[Relay]:
    """Give a relay for lines to databases."""
    with Relay(("127.0.0.1", 1), FrameLog()) as relay:
        yield relay


@pytest.fixture
def stand(server: RunningDatabase, run: Run, relay: Relay) -> Iterator[Stand]:
    """Give a stand on a server of the kind that the test is about."""
    with attach(server.address, run, "gw0") as databases:
        databases.prepare_template("plain")
        stand = Stand(databases.create_copy("plain"), relay)
        yield stand
        for process in stand.processes:
            process.kill()
            process.wait(DEADLINE)


def caught(held: HeldCommit) -> bool:
    """Wait until a commit is held."""
    return wait_until(lambda: held.seen is not None, timeout=DEADLINE)


def caught_or_ended(held: HeldCommit, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a commit is held, or there is none any more."""
    return wait_until(lambda: held.seen is not None or process.poll() is not None, timeout=DEADLINE)


@pytest.mark.parametrize("server", ALL, indirect=True)
def test_killed_before_its_commit(stand: Stand) -> None:
    """A commit that is held, and lost with its process, leaves nothing."""
    held = stand.line.hold(Moment.BEFORE_COMMIT)
    process = stand.write()
    assert caught(held)
    assert stand.rows() == []
    process.kill()
    process.wait(DEADLINE)
    held.lose()
    assert wait_until(lambda: stand.copy.add_task() > 0, timeout=DEADLINE)  # no lock is left
    assert stand.rows() == []
    assert [type(fact) for fact in stand.log.snapshot()] == [CommitBegun]


@pytest.mark.parametrize("server", ALL, indirect=True)
def test_released(stand: Stand) -> None:
    """A commit that was held is done when it is let go, and so is the next."""
    held = stand.line.hold(Moment.BEFORE_COMMIT)
    process = stand.write()
    assert caught(held)
    held.release()
    assert process.wait(DEADLINE) == 0
    assert stand.rows() == ["one", "two"]


@pytest.mark.parametrize("server", ALL, indirect=True)
def test_killed_before_its_second_commit(stand: Stand) -> None:
    """A hold that lets one commit by catches the next, or knows that it went by."""
    written: list[str] = []
    while len(written) < MOST_WRITTEN:
        held = stand.line.hold(Moment.BEFORE_COMMIT, passing=1)
        process = stand.write()
        caught_or_ended(held, process)
        process.kill()
        process.wait(DEADLINE)
        if held.seen is not None:
            break
        assert held.missed
        held.release()
        written += ["one", "two"]
    held.lose()
    assert stand.rows() == [*written, "one"]


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
@pytest.mark.parametrize("left", [b"", b"of a killed process"])
def test_a_transaction_that_only_reads(stand: Stand, left: bytes) -> None:
    """One that locks the file for writing, and writes nothing, is let by: it is nobody's effect."""
    journal, written = Path(f"{stand.copy.urls.name}-journal"), list[str]()
    while len(written) < MOST_WRITTEN:
        if left:
            journal.write_bytes(b"\0" * 512 + left)
        held = stand.line.hold(Moment.BEFORE_COMMIT)
        process = stand.write(READS_FIRST="1")
        caught_or_ended(held, process)
        written += ["one", "two"]
        if held.seen is not None:
            break
        assert held.missed  # the writing transaction followed on the other too quickly
        held.release()
    assert journal.stat().st_size > 1024
    held.release()
    assert process.wait(DEADLINE) == 0
    assert stand.rows() == written


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_killed_after_its_commit(stand: Stand) -> None:
    """What is committed stays, though its process was killed before it knew of that."""
    held = stand.line.hold(Moment.AFTER_COMMIT)
    process = stand.write()
    assert caught(held)
    process.kill()
    process.wait(DEADLINE)
    held.lose()
    assert stand.rows() == ["one"]
    assert [type(fact) for fact in stand.log.snapshot()] == [CommitBegun, Committed]


@pytest.mark.parametrize("server", SERVERS, indirect=True)
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda line: line.refuse(), "refused"),
        (lambda line: line.fail(Failure.OUT_OF_SPACE), "1114|53100"),
    ],
)
def test_faults_show(stand: Stand, fault: Callable[[DatabaseLine], None], words: str) -> None:
    """A process whose connection is refused, or whose writes fail, ends with an error, and the log says why."""
    fault(stand.line)
    assert stand.write().wait(DEADLINE) == 1
    failures = [fact for fact in stand.log.snapshot() if isinstance(fact, DatabaseFailed)]
    assert re.search(words, failures[0].words)
    assert stand.rows() == []


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_silence(stand: Stand) -> None:
    """A process waits for as long as its database is silent, and goes on afterwards."""
    stand.line.half_open()
    process = stand.write()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    stand.line.restore()
    assert process.wait(DEADLINE) == 0
    assert stand.rows() == ["one", "two"]


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_dead_connections(stand: Stand) -> None:
    """A process waits for ever on the connection that it has, while another's new one is served."""
    held = stand.line.hold(Moment.BEFORE_COMMIT)
    waiting = stand.write()
    assert caught(held)
    stand.line.let_die()
    held.release()
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(1)
    assert stand.write().wait(DEADLINE) == 0
    waiting.kill()


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_what_a_file_cannot_have(stand: Stand) -> None:
    """Nothing is held after a commit to a file, and no connection to it can be refused."""
    with pytest.raises(FaultUnsupported, match="nothing can be held after a commit"):
        stand.line.hold(Moment.AFTER_COMMIT)
    with pytest.raises(FaultUnsupported, match="refused"):
        stand.line.refuse()


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_a_file_in_wal_mode(stand: Stand) -> None:
    """Who turns write-ahead logging on cannot have its commits held."""
    with stand.copy.engine().connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    with pytest.raises(FaultUnsupported, match="WAL mode"):
        stand.line.hold(Moment.BEFORE_COMMIT)


def test_tables_are_hidden(databases: Databases) -> None:
    """Nobody finds the tables in the meantime, and afterwards they are as they were."""
    copy = databases.create_copy("plain")
    first = copy.add_task()
    copy.hide_tables(every=False)
    with pytest.raises(InstanceError, match="no row can be added"):
        copy.add_task()
    copy.show_tables()
    assert copy.add_task() > first
