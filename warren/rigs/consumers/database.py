"""What happens to the database of a case: commits that wait, tables that are away.

What one instance's way to it can suffer is on the instance (`Process.database`).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warren.errors import FaultUnsupported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from warren.rigs.consumers.struck import Journal
    from warren.rigs.consumers.waiting import Waiting
    from warren.worlds.database_line.pieces import Moment
    from warren.worlds.protocol import HeldCommit, Process, World


@dataclass(frozen=True, slots=True)
class CaughtCommit:
    """A commit that waits: whose it is, and the handle to let it go."""

    process: Process
    held: HeldCommit


class HeldCommits:
    """The same hold on the commits of several instances, of which the first catch is wanted."""

    def __init__(
        self, waiting: Waiting, moment: Moment, processes: Iterable[Process], passing: int
    ) -> None:
        """Hold a commit that writes, after so many that pass, of each of the processes."""
        self._waiting = waiting
        self._holds = [CaughtCommit(p, p.database.hold(moment, passing)) for p in processes]

    def first(self, within: float, words: str) -> CaughtCommit:
        """Wait until one has caught a commit; raises `Unmet` with the words where none does."""
        self._waiting.need(lambda: bool(self.caught()), within, words)
        return self.caught()[0]

    def caught(self) -> list[CaughtCommit]:
        """Give those that have caught a commit."""
        return [c for c in self._holds if c.held.seen is not None]

    def keep_caught(self) -> None:
        """Let go on whom has caught none, and hold nothing there any more."""
        for caught in self._holds:
            if caught.held.seen is None:
                caught.held.release()

    def missed(self) -> bool:
        """Whether the commit that was wanted went by, too quick for a hold."""
        return any(c.held.missed for c in self._holds)

    def release(self) -> None:
        """Let all commits go, and catch no more. What a process that has ended wanted is lost with it."""
        for caught in self._holds:
            if caught.process.exit_status is None:
                caught.held.release()
            else:
                caught.held.lose()


def has_line(world: World) -> bool:
    """Whether something stands between an instance and its database."""
    try:
        world.need_database_line()
    except FaultUnsupported:
        return False
    return True


class Database:
    """Holds commits, and takes tables away."""

    def __init__(self, world: World, waiting: Waiting, journal: Journal) -> None:
        """Do nothing yet."""
        self._world, self._waiting, self._journal = world, waiting, journal

    def need_line(self) -> None:
        """Raise `FaultUnsupported` where instances reach this database without anything in between."""
        self._world.need_database_line()

    @property
    def has_line(self) -> bool:
        """Whether something stands between an instance and this database, so that it can be held after a commit."""
        return has_line(self._world)

    def let_commits_be_held(self) -> None:
        """Make ready for `hold_commits`; before the first instance is started."""
        self._world.need_database()
        self._world.let_commits_be_held()

    def let_space_run_out(self) -> None:
        """Make ready for `Failure.OUT_OF_SPACE`; before the first instance. Raises `FaultUnsupported`."""
        self._world.need_database()
        self._world.let_space_run_out()

    def hold_commits(self, moment: Moment, *processes: Process, passing: int = 0) -> HeldCommits:
        """Hold the first commit of each of the processes at that moment, or the first after so many that pass.

        Raises `FaultUnsupported` where this database has no such hold.
        """
        self._world.need_database()
        return HeldCommits(self._waiting, moment, processes, passing)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep everybody from writing for the time of a block.

        Raises `FaultUnsupported` where a lock is waited for without an end, so that it fails nobody.
        """
        self._world.need_database()
        self._journal.note("", "locked the database")
        self._world.lock_database()
        try:
            yield
        finally:
            self._journal.note("", "unlocked the database")
            self._world.unlock_database()

    @contextlib.contextmanager
    def shut_down(self) -> Iterator[None]:
        """Have the server of the case's own end in order, and start again after the block: nobody reads rows in it.

        Raises `FaultUnsupported` where the case has no server of its own; needs the mark `restarts_database`.
        """
        self._world.need_database()
        self._journal.note("", "ended the database server")
        self._world.shut_down_database()
        try:
            yield
        finally:
            self._journal.note("", "started the database server again")
            self._world.start_database()

    @contextlib.contextmanager
    def without_tables(self) -> Iterator[None]:
        """Take the judged tables away for the time of a block, in which nobody reads their rows."""
        self._world.need_database()
        self._journal.note("", "took the tables away")
        self._world.hide_tables()
        try:
            yield
        finally:
            self._journal.note("", "gave the tables back")
            self._world.show_tables()
