"""An instance's way to a database that no relay follows, and what can be done to it all the same.

Commits to a file of SQLite can be held before they are done, and the file can run out of space. Nothing else can be
done to it, and nothing at all to a server whose protocol is not followed: that raises `FaultUnsupported`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from warren.errors import FaultUnsupported
from warren.worlds.database_line.pieces import Moment
from warren.worlds.database_line.plan import DatabasePlan
from warren.worlds.real.databases.file_locks import FileHold

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.evidence.frames import Fact
    from warren.worlds.database_line.pieces import Failure
    from warren.worlds.protocol import HeldCommit
    from warren.worlds.real.databases.file_locks import FileLocks
    from warren.worlds.real.runs.mounts import SmallDisk


class UnfollowedLine:
    """See `warren.worlds.protocol.DatabaseLine`."""

    def __init__(self, kind: str) -> None:
        """Name the database as a person knows it."""
        self._kind = kind

    def cut(self) -> int:
        """Have no connection to cut."""
        self._cannot("its connections cannot be cut")

    def refuse(self) -> None:
        """Have no connection to refuse."""
        self._cannot("its connections cannot be refused")

    def accept(self) -> None:
        """Refuse nothing."""

    def half_open(self) -> None:
        """Have nothing to keep silent."""
        self._cannot("it cannot be kept silent")

    def let_die(self) -> None:
        """Have no connection to let die."""
        self._cannot("its connections cannot die")

    def delay(self, seconds: float) -> None:
        """Have nothing to delay."""
        self._cannot(f"it cannot be made late by {seconds:g} s")

    def stretch(self, seconds: float) -> None:
        """Make nothing longer: a file's commits take what they take."""

    def fail(self, failure: Failure) -> None:
        """Have nobody to say it."""
        self._cannot(f"it cannot be made to answer {failure}")

    def restore(self) -> None:
        """Do nothing to it."""

    def hold(self, moment: Moment, passing: int = 0) -> HeldCommit:
        """Hold nothing."""
        del passing
        self._cannot(f"nothing can be held {moment}")

    def close(self) -> None:
        """Own nothing."""

    def _cannot(self, what: str) -> NoReturn:
        raise FaultUnsupported(
            what, where=self._kind, what_to_do="run the case on PostgreSQL or MySQL"
        )


class NoDatabaseLine(UnfollowedLine):
    """The way of an instance that has no database: no commit is ever caught there."""

    def __init__(self) -> None:
        """Lead nowhere."""
        super().__init__("this manifest")

    def hold(self, moment: Moment, passing: int = 0) -> HeldCommit:
        """Wait for a commit that never comes."""
        return DatabasePlan().hold(moment, passing)

    def _cannot(self, what: str) -> NoReturn:
        raise FaultUnsupported(f"its consumers have no database: {what}", where=self._kind)


class FileLine(UnfollowedLine):
    """The way of an instance to a file of SQLite."""

    def __init__(
        self,
        locks: FileLocks,
        instance: str,
        now: Callable[[], float],
        log: Callable[[Fact], None],
        whose: Callable[[int], str | None],
        *,
        disk: SmallDisk | None,
    ) -> None:
        """Hold commits of that instance by the file's locks; `whose` tells the instance that a process belongs to.

        The file may be on a small disk, which others' files are not on.
        """
        super().__init__("SQLite")
        self._disk = disk
        self._locks, self._instance = locks, instance
        self._now, self._log, self._whose = now, log, whose

    def fail(self, failure: Failure) -> None:
        """Leave no space for it, nor for anybody else's way to it."""
        if self._disk is None:
            super().fail(failure)
        else:
            self._disk.fill()

    def restore(self) -> None:
        """Give the space back."""
        if self._disk is not None:
            self._disk.free()

    def hold(self, moment: Moment, passing: int = 0) -> HeldCommit:
        """Hold a commit before it is done, after so many that pass."""
        if moment is Moment.BEFORE_COMMIT:
            return FileHold(
                self._locks,
                self._instance,
                passing,
                now=self._now,
                log=self._log,
                whose=self._whose,
            )
        return super().hold(moment, passing)
