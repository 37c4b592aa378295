"""Taking back what killed runs have left: processes, containers, vhosts, databases, folders.

A run holds the lock in its entry of the register as long as it lives, and the kernel frees that lock when its
controller dies, however it dies. So an entry whose lock is free is a dead run's. Every user has a register of their
own, so that nobody sweeps what is somebody else's; it is the same for all of a user's runs on this machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import warren.worlds.real.services
from warren.errors import BrokerUnavailable, DatabaseUnavailable, SetupError
from warren.worlds.real.brokers import own
from warren.worlds.real.runs.processes import kill_marked
from warren.worlds.real.runs.register import LOCK, entries, entry_of, register_lock
from warren.worlds.real.runs.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from warren.worlds.real.runs.register import Entry

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
    """Clean up after every dead run of this user on this machine.

    What is on a server that does not answer now is tried again at the next sweep: the journal of its run stays.
    """
    away = Away()
    with register_lock():
        swept = [entry.run_id for entry in entries() if _sweep(entry, away)]
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
                        f"start Warren again when it is back, or delete {entry_of(run.id).folder} to forget it",
                    )
                )
        return place not in self._said


def _sweep(entry: Entry, away: Away) -> bool:
    """Take back all that a run began, if it is dead; say whether nothing of it is left."""
    with _lock_of_the_dead(entry.folder) as is_dead:
        if not is_dead:
            return False
        run = Run.dead(entry)
        is_over = _take_back(run, away)
        run.delete_folders()
        if is_over:
            run.forget()
        return is_over


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
    """End what a dead run started, and take back what it noted elsewhere; say whether all of that is done."""
    kill_marked(run.id, grace=_GRACE)
    done = [
        away.take_back(run, _place(kind, facts), partial(_remove, kind, facts, run.id))
        for kind, facts in run.noted()
    ]
    return all(done)


def _remove(kind: str, facts: dict[str, Any], run_id: str) -> None:
    """Ask the kind of server that noted it, which is imported for that: most sweeps find nothing to take back."""
    from warren.worlds.real.brokers import existing  # noqa: PLC0415
    from warren.worlds.real.databases import choice  # noqa: PLC0415

    match kind:
        case warren.worlds.real.services.JOURNAL_KIND:
            warren.worlds.real.services.remove_leftover(facts)
        case own.CONTAINER:
            from warren.worlds.real.brokers import container  # noqa: PLC0415 - costs docker

            container.remove_leftovers(run_id)
        case existing.JOURNAL_KIND:
            existing.remove_leftovers(facts, run_id)
        case _:
            choice.remove_leftovers(kind, facts, run_id)


def _place(kind: str, facts: dict[str, Any]) -> str:
    """Tell one server from another, by what was noted of it: what is other in each run is left out."""
    return json.dumps([kind, *(facts.get(name) for name in _PLACE)])
