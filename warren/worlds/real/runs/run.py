"""The identity of one run, the folders that it makes on this machine, and its journal.

A run lives as long as its controller holds the lock in its entry of the register; the kernel gives the lock back when
the controller dies, however it dies, and that is how `warren.worlds.real.killed_runs` knows a dead run.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from filelock import FileLock, Timeout

from warren.errors import SetupError
from warren.worlds.real.runs.folders import own_folder, write_private, writing
from warren.worlds.real.runs.mounts import unmount_below
from warren.worlds.real.runs.processes import MARK, kill_marked
from warren.worlds.real.runs.register import (
    base_folder,
    base_folder_path,
    entry_of,
    register_lock,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warren.worlds.real.runs.processes import SystemUser
    from warren.worlds.real.runs.register import Entry

Json = TypeVar("Json")  # a value that survives JSON: dict, list, str, number, None
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is used if it is this user's
_MEMORY_NEEDED = 1 << 30  # bytes: a server, its log and a database per worker, with room to spare
_PASSABLE = 0o711  # others may reach what they own in it, and see nothing else
_ONCE_TIMEOUT = 120.0  # seconds that one worker waits for another one's `once`


@dataclass(slots=True)
class Run:
    """One run of Warren: `id` stands in every name it gives to something outside its folder.

    The controller starts and ends it; workers attach to it and own nothing of it.
    """

    id: str
    folder: Path
    _lock: FileLock | None = field(default=None, repr=False)
    _others: tuple[Path, ...] = ()  # that it may have made beside its folder

    @classmethod
    def start(cls) -> Self:
        """Enter a run in the register, hold its lock, and make its folder (mode 0700).

        Raises SetupError where that cannot be done.
        """
        run_id = secrets.token_hex(4)
        folder = base_folder_path() / run_id
        with writing(base_folder_path()), register_lock():
            entry = entry_of(run_id)
            lock = entry.make((folder, *data_folders(run_id)))
            try:
                base_folder()
                folder.mkdir(mode=0o700)
            except BaseException:
                entry.delete()
                lock.release()
                raise
        return cls(run_id, folder, lock, data_folders(run_id))

    @classmethod
    def attach(cls, folder: Path) -> Self:
        """Give a worker the run that its controller started."""
        return cls(folder.name, folder, _others=data_folders(folder.name))

    @classmethod
    def dead(cls, entry: Entry) -> Self:
        """Give a run that was killed, as the register knows it."""
        folder, *others = entry.folders() or (base_folder_path() / entry.run_id,)
        return cls(entry.run_id, folder, _others=tuple(others))

    @property
    def environment(self) -> dict[str, str]:
        """The mark that every process of this run carries, so that a later run finds it."""
        return {MARK: self.id}

    def once(self, name: str, make: Callable[[], Json]) -> Json:
        """Return what `make` gave when the first process of this run called `once(name, …)`.

        The result must survive JSON. A `make` that raises leaves nothing, and the next caller
        tries again. Raises SetupError after 120 s of waiting for another process.
        """
        result = self.folder / f"once-{name}.json"
        lock = FileLock(self.folder / f"once-{name}.lock", mode=0o600, poll_interval=0.02)
        try:
            with lock.acquire(timeout=_ONCE_TIMEOUT):
                if not result.exists():
                    text = json.dumps(make())
                    with writing(result):
                        write_private(result, text)
                made: Json = json.loads(result.read_text("utf-8"))
                return made
        except Timeout as error:
            raise SetupError(
                f"another worker did not finish in {_ONCE_TIMEOUT:.0f} s", f"preparing {name}"
            ) from error

    def note(self, kind: str, facts: dict[str, Any]) -> None:
        """Write down something outside its folders that must be taken back if this run is killed.

        The journal may hold passwords; only its owner can read it.
        """
        entry_of(self.id).note(kind, facts)

    def noted(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what `note` wrote, in order; a last line cut off by a kill is left out."""
        return entry_of(self.id).noted()

    def data_folder(self, name: str, user: SystemUser | None = None) -> Path:
        """Make the folder of a server's data, in memory where the machine has room for it.

        A server that runs as another user owns its folder, and passes through the one above it,
        which nobody else can list. Raises SetupError where no folder can be made.
        """
        in_memory, on_disk = data_folders(self.id)
        base = in_memory if _has_room(_MEMORY) else on_disk
        folder = base / name
        with writing(folder):
            own_folder(base, _PASSABLE)
            folder.mkdir(mode=0o700)
            if user:
                user.give(folder)
        return folder

    def end(self) -> None:
        """End every process that carries this run's mark, delete its folders, forget it, free the lock."""
        kill_marked(self.id)
        self.delete_folders()
        self.forget()
        self._unlock()

    def leave(self) -> None:
        """End its processes, but keep its folders and its journal: the next start takes back what is left."""
        kill_marked(self.id)
        self._unlock()

    def delete_folders(self) -> None:
        """Delete all that the run has on disk and in memory, but what the register knows of it."""
        for folder in (*self._others, self.folder):
            unmount_below(folder)
            shutil.rmtree(folder, ignore_errors=True)

    def forget(self) -> None:
        """Take it out of the register: all that it began has been taken back."""
        entry_of(self.id).delete()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def data_folders(run_id: str) -> tuple[Path, Path]:
    """Where the data of a run's servers are: in memory, or else on disk."""
    name = f"warren-{os.getuid()}-{run_id}"
    return _MEMORY / name, Path(tempfile.gettempdir()) / name


def _has_room(folder: Path) -> bool:
    try:
        return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= _MEMORY_NEEDED
    except OSError:
        return False
