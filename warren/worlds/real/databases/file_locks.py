"""Holding up what other processes commit or write to one SQLite file, by the locks that SQLite itself takes.

With a rollback journal a commit waits until nobody reads any more (https://sqlite.org/lockingv3.html). So a SHARED lock
holds up every commit, at most for the writer's busy time-out. A commit that waits has a PENDING lock, and the system
tells which process that belongs to.

A transaction that begins as a writer (BEGIN IMMEDIATE) and then only reads asks for the same locks at its end, but has
no journal. In WAL mode nothing can be held.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from warren.errors import FaultUnsupported
from warren.evidence.commits import CommitBegun
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.evidence.frames import Fact

_PENDING_BYTE: Final = 0x40000000
_FLOCK: Final = "hhqqi4x"  # struct flock of 64-bit Linux: type, whence, start, length, process
_BUSY: Final = 5.0  # seconds that we wait for a writer ourselves


class FileLocks:
    """The locks on one file.

    Its descriptor is closed at the very end: closing any descriptor of a file gives up all locks of this process on it.
    """

    def __init__(self, file: Path) -> None:
        """Open nothing yet."""
        self._file = file
        self._journal = Path(f"{file}-journal")
        self._descriptor: int | None = None
        self._reader: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None
        self._holds: list[FileHold] = []
        self._is_between = False
        """Whether one commit is let by, and the next is to be held."""

    def use_rollback_journal(self) -> None:
        """Change the file's mode, as long as nobody else has it open."""
        with contextlib.closing(sqlite3.connect(self._file, timeout=_BUSY)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")

    def hold(self, hold: FileHold) -> None:
        """Let all commits wait. Raises `FaultUnsupported` where the file is in WAL mode."""
        if not self._holds:
            self._begin()
        self._holds.append(hold)

    def let_one_by(self) -> None:
        """Let the commit that waits go, and hold again before the next one begins, if that is not too quick for us.

        As long as we share the PENDING lock, which is free when the first is done, nobody can begin the next. A thread
        waits for it in the kernel, which is quicker there than anybody who asks again and again; but two transactions
        of one process may be a fifth of a millisecond apart (`commits` tells what went by).
        """
        self._is_between = True
        waiter = threading.Thread(target=self._await_pending, name="file lock", daemon=True)
        waiter.start()
        self._let_go()
        waiter.join(_BUSY)
        wait_until(self._has_taken_hold, timeout=_BUSY)
        self._is_between = False
        self._pending(fcntl.F_OFD_SETLK, fcntl.F_UNLCK)

    def commits(self) -> int:
        """Count the commits that the file has seen, modulo 2**32: SQLite keeps that number at octet 24 of the file."""
        return int.from_bytes(os.pread(self._open(), 4, 24), "big")

    def journal(self) -> tuple[int, int] | None:
        """Tell one state of the journal from another; None where there is none.

        Who writes has one before its commit waits. One that a killed process left stays as it is.
        """
        try:
            facts = self._journal.stat()
        except FileNotFoundError:
            return None
        return facts.st_mtime_ns, facts.st_size

    def holds(self, instance: str) -> bool:
        """Whether somebody wants the commits of that instance."""
        return any(hold.instance == instance for hold in self._holds)

    def release(self, hold: FileHold) -> None:
        """Let commits go when the last hold is released."""
        if hold in self._holds:
            self._holds.remove(hold)
        if not self._holds:
            self._let_go()

    def lock(self) -> None:
        """Keep everybody else from writing, until `unlock`. Raises `sqlite3.OperationalError` where somebody writes."""
        self._writer = sqlite3.connect(self._file, timeout=_BUSY, isolation_level=None)
        self._writer.execute("BEGIN IMMEDIATE")

    def unlock(self) -> None:
        """Let others write again."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def committing(self) -> int | None:
        """Give the process whose commit waits, if there is one."""
        kind, process = self._pending(fcntl.F_GETLK, fcntl.F_WRLCK)
        return process if kind == fcntl.F_WRLCK else None

    def close(self) -> None:
        """Let everything go."""
        self._holds.clear()
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
        self.unlock()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _pending(self, command: int, kind: int) -> tuple[int, int]:
        """Ask for the PENDING lock, or about it; give the kind of lock that is there, and whose it is."""
        lock = struct.pack(_FLOCK, kind, os.SEEK_SET, _PENDING_BYTE, 1, 0)
        found, _, _, _, process = struct.unpack(_FLOCK, fcntl.fcntl(self._open(), command, lock))
        return int(found), int(process)

    def _open(self) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(self._file, os.O_RDWR | os.O_CLOEXEC)
        return self._descriptor

    def _await_pending(self) -> None:
        """Share the PENDING lock as soon as it is free."""
        with contextlib.suppress(OSError):  # the case is over, and its descriptor closed
            self._pending(fcntl.F_OFD_SETLKW, fcntl.F_RDLCK)
            if not self._is_between:  # nobody waits any more
                self._pending(fcntl.F_OFD_SETLK, fcntl.F_UNLCK)

    def _begin(self) -> None:
        if not wait_until(self._has_taken_hold, timeout=_BUSY):
            raise FaultUnsupported("somebody keeps its SQLite file locked", where=str(self._file))
        assert self._reader is not None
        (mode,) = self._reader.execute("PRAGMA journal_mode").fetchone()
        if mode == "wal":
            self._let_go()
            raise FaultUnsupported(
                "its SQLite file is in WAL mode, in which no commit can be held",
                where=str(self._file),
            )

    def _has_taken_hold(self) -> bool:
        """Read within a transaction that stays open: its SHARED lock is the hold."""
        if self._reader is None:
            self._reader = sqlite3.connect(self._file, timeout=0, isolation_level=None)
        try:
            self._reader.execute("BEGIN")
            self._reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:  # somebody commits
            self._let_go()
            return False
        return True

    def _let_go(self) -> None:
        if self._reader is not None and self._reader.in_transaction:
            self._reader.execute("ROLLBACK")


class FileHold:
    """See `warren.worlds.protocol.HeldCommit`. It holds the whole file; it catches what its own instance commits."""

    def __init__(
        self,
        locks: FileLocks,
        instance: str,
        passing: int,
        *,
        now: Callable[[], float],
        log: Callable[[Fact], None],
        whose: Callable[[int], str | None],
    ) -> None:
        """Hold from now on; let so many commits by before one is caught.

        `whose` tells the instance that a process belongs to: "" where it is nobody's, None where there is no process.
        """
        self._locks, self.instance, self._passing = locks, instance, passing
        self._now, self._log, self._whose = now, log, whose
        self._seen: float | None = None
        self._is_over = False
        locks.hold(self)
        self._left = locks.journal()
        """What is there of a journal while nobody writes: nothing, or what a killed process left."""
        self._last = locks.commits() + passing
        """How many commits the file has seen when the one that is wanted is next."""

    @property
    def seen(self) -> float | None:
        """Look whether a commit waits; let it by where it is not the one that is wanted, or nobody's here."""
        if self._seen is not None or self._is_over:
            return self._seen
        process = self._locks.committing()
        whose = None if process is None else self._whose(process)
        if whose is None or (whose != self.instance and self._locks.holds(whose)):
            return None
        if self._locks.journal() not in (None, self._left):
            if whose != self.instance:
                self._last += 1
            elif self._catch():
                return self._seen
        self._locks.let_one_by()
        return None

    def _catch(self) -> bool:
        """Note a commit of our own instance; say whether it is the one that is wanted."""
        now = self._now()
        self._log(CommitBegun(now, self.instance, 1))
        if self._passing == 0:
            self._seen = now
        self._passing -= 1
        return self._seen is not None

    @property
    def missed(self) -> bool:
        """Whether more commits went by than was wanted."""
        return self._seen is None and self._locks.commits() > self._last

    def release(self) -> None:
        """Let it go, as soon as nobody else holds the file."""
        self._is_over = True
        self._locks.release(self)

    def lose(self) -> None:
        """Do the same: what a process that has ended wanted to commit is lost with it."""
        self.release()
