"""Taking back what killed runs have left: processes, containers, vhosts, databases, folders.

A run holds the lock in its folder as long as it lives, and the kernel frees that lock when its controller dies,
however it dies. So a folder whose lock is free belongs to a dead run. Every user has a folder of runs of their own, so
that nobody sweeps what is somebody else's.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import warren.worlds.real.brokers.container
import warren.worlds.real.brokers.existing
import warren.worlds.real.databases.choice
from warren.errors import BrokerUnavailable, DatabaseUnavailable, SetupError
from warren.worlds.real.runs.processes import kill_marked
from warren.worlds.real.runs.run import (
    LOCK,
    Run,
    base_folder,
    base_lock,
    data_folders,
    memory_lock,
    runs_in_memory,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_GRACE = 5.0  # seconds for servers to end in order
_PLACE = ("management_url", "url", "user")  # of a server and who is known there, in the journal


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep has done."""

    runs: tuple[str, ...] = ()
    """The ids of the dead runs of which nothing is left."""
    left: tuple[str, ...] = ()
    """A sentence for each thing that could not be taken back yet."""


def sweep() -> Swept:
    """Clean up after every dead run of this user.

    What is on a server of somebody else that does not answer now is tried again at the next sweep: the journal of its
    run stays.

    A run with another TMPDIR has its folder there, with the notes of what it began elsewhere. Its data in memory can
    be seen from here all the same. They are deleted and its processes ended; the rest waits for a sweep in its TMPDIR.
    """
    with base_lock():
        folders = [folder for folder in base_folder().iterdir() if folder.is_dir()]
        away = Away()
        swept = [folder.name for folder in folders if _sweep_folder(folder, away)]
        with memory_lock():
            for run_id in runs_in_memory():
                _sweep_memory(run_id)
        return Swept(tuple(swept), away.sentences)


class Away:
    """The servers that did not take back what was asked of them: each is asked once a sweep."""

    def __init__(self) -> None:
        """Begin with none."""
        self._said: dict[str, str] = {}

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to tell a person of each."""
        return tuple(self._said.values())

    def take_back(self, run: Run, place: str, ask: Callable[[], None]) -> bool:
        """Ask a server to take back what a run left there, unless it is known to be away; say whether it did."""
        if place not in self._said:
            try:
                ask()
            except (BrokerUnavailable, DatabaseUnavailable) as error:
                self._said[place] = str(
                    SetupError(
                        f"{error.what}, so what a killed run left there stays for now",
                        error.where,
                        f"start Warren again when it is back, or delete {run.folder} to forget it",
                    )
                )
        return place not in self._said


def _sweep_folder(folder: Path, away: Away) -> bool:
    """Take back all that the run of this folder began, if it is dead; say whether nothing of it is left."""
    with _lock_of_the_dead(folder) as is_dead:
        run = Run.attach(folder)
        is_over = is_dead and _take_back(run, away)
        if is_over:
            run.delete_folders()
    return is_over


def _sweep_memory(run_id: str) -> None:
    """End the processes of a run that has data in memory, and delete these, if it is dead."""
    folder, _ = data_folders(run_id)
    with _lock_of_the_dead(folder) as is_dead:
        if is_dead:
            kill_marked(run_id, grace=_GRACE)
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _lock_of_the_dead(folder: Path) -> Iterator[bool]:
    """Try to take the lock of the run in this folder, and hold it for the block; say whether the run is dead.

    It is not where the lock is taken, and where the folder has just gone, because the run is ending by itself.
    """
    with contextlib.ExitStack() as stack:
        try:
            # Not with FileLock, as `Run.start` does: that would make a folder again which its run has just deleted.
            lock = stack.enter_context((folder / LOCK).open("r+b"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (FileNotFoundError, BlockingIOError):
            with contextlib.suppress(OSError):
                folder.rmdir()  # it is empty where a start was killed before it had a lock
            yield False
        else:
            yield (folder / LOCK).exists()


def _take_back(run: Run, away: Away) -> bool:
    """End what a dead run started, and take back what it noted of servers not its own; say whether all of it is."""
    kill_marked(run.id, grace=_GRACE)
    warren.worlds.real.brokers.container.remove_leftovers(run.id)
    done = [
        away.take_back(run, _place(facts), partial(_remove, kind, facts, run.id))
        for kind, facts in run.noted()
    ]
    return all(done)


def _remove(kind: str, facts: dict[str, Any], run_id: str) -> None:
    if kind == warren.worlds.real.brokers.existing.JOURNAL_KIND:
        warren.worlds.real.brokers.existing.remove_leftovers(facts, run_id)
    else:
        warren.worlds.real.databases.choice.remove_leftovers(kind, facts, run_id)


def _place(facts: dict[str, Any]) -> str:
    """Tell one server from another, by what was noted of it: what is other in each run is left out."""
    return json.dumps({name: facts[name] for name in _PLACE if name in facts})
