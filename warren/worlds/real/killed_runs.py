"""Taking back what killed runs have left: processes, containers, vhosts, databases, folders.

A run holds the lock in its folder as long as it lives, and the kernel frees that lock when its controller dies,
however it dies. So a folder whose lock is free belongs to a dead run. Every user has a folder of runs of their own, so
that nobody sweeps what is somebody else's.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from typing import TYPE_CHECKING

import warren.worlds.real.brokers.container
import warren.worlds.real.brokers.existing
import warren.worlds.real.databases.choice
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
    from collections.abc import Iterator
    from pathlib import Path

_GRACE = 5.0  # seconds for servers to end in order


def sweep() -> list[str]:
    """Clean up after every dead run of this user, and return the ids of those whose folder was found.

    A run with another TMPDIR has its folder there, with the notes of what it began elsewhere. Its data in memory can
    be seen from here all the same. They are deleted and its processes ended; the rest waits for a sweep in its TMPDIR.
    """
    with base_lock():
        folders = [folder for folder in base_folder().iterdir() if folder.is_dir()]
        swept = [folder.name for folder in folders if _sweep_folder(folder)]
        with memory_lock():
            for run_id in runs_in_memory():
                _sweep_memory(run_id)
        return swept


def _sweep_folder(folder: Path) -> bool:
    """Take back all that the run of this folder began, if it is dead; say whether it was."""
    with _lock_of_the_dead(folder) as is_dead:
        if is_dead:
            run = Run.attach(folder)
            _take_back(run)
            run.delete_folders()
    return is_dead


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


def _take_back(run: Run) -> None:
    """End what a dead run started, then remove what it noted on servers that are not its own."""
    kill_marked(run.id, grace=_GRACE)
    warren.worlds.real.brokers.container.remove_leftovers(run.id)
    for kind, facts in run.noted():
        if kind == warren.worlds.real.brokers.existing.JOURNAL_KIND:
            warren.worlds.real.brokers.existing.remove_leftovers(facts, run.id)
        else:
            warren.worlds.real.databases.choice.remove_leftovers(kind, facts, run.id)
