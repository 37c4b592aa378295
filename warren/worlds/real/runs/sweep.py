"""Cleaning up after runs that were killed: their processes, containers, vhosts, databases, folder.

A run whose lock is held is alive and left alone; so is every run of another user, because each user
has a folder of runs of their own.
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
    """Clean up after every dead run of this user and return their ids.

    Of those that had another TMPDIR, which may be gone by now, processes and data in memory are
    taken back alone: what they noted, their containers among it, is in a folder of theirs.
    """
    with base_lock():
        folders = [folder for folder in base_folder().iterdir() if folder.is_dir()]
        swept = [folder.name for folder in folders if _sweep_dead(folder)]
        with memory_lock():
            for run_id in runs_in_memory():
                _free_memory(run_id)
        return swept


def _sweep_dead(folder: Path) -> bool:
    """Clean up after the run of `folder` if nobody holds its lock."""
    with _locked_if_dead(folder) as dead:
        if dead:
            run = Run.attach(folder)
            _take_back(run)
            run.delete_folders()
    return dead


def _free_memory(run_id: str) -> None:
    """End the processes of a run and delete its data in memory, if nobody holds the lock there."""
    folder, _ = data_folders(run_id)
    with _locked_if_dead(folder) as dead:
        if dead:
            kill_marked(run_id, grace=_GRACE)
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked_if_dead(folder: Path) -> Iterator[bool]:
    """Hold the lock in a run's folder for a while, and say so; nobody's where the run lives, or ends just now.

    It is the lock that `Run.start` takes, but FileLock would make the folder again that a run has just deleted.
    """
    with contextlib.ExitStack() as stack:
        try:
            lock = stack.enter_context((folder / LOCK).open("r+b"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (FileNotFoundError, BlockingIOError):
            with contextlib.suppress(OSError):
                folder.rmdir()  # it is empty where a start was killed before it had a lock
            yield False
        else:
            yield (folder / LOCK).exists()


def _take_back(run: Run) -> None:
    """End what a dead run started, then what it noted on servers that are not its own."""
    kill_marked(run.id, grace=_GRACE)
    warren.worlds.real.brokers.container.remove_leftovers(run.id)
    for kind, facts in run.noted():
        if kind == warren.worlds.real.brokers.existing.JOURNAL_KIND:
            warren.worlds.real.brokers.existing.remove_leftovers(facts, run.id)
        else:
            warren.worlds.real.databases.choice.remove_leftovers(kind, facts, run.id)
