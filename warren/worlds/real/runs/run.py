"""The identity of one run and the folder that holds all it leaves on disk.

A run lives as long as its controller holds the lock on the folder; the kernel gives the lock back
when the controller dies, however it dies, and that is how `warren.worlds.real.killed_runs` knows a dead run.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from filelock import FileLock, Timeout

from warren.errors import SetupError
from warren.worlds.real.runs.processes import MARK, kill_marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warren.worlds.real.runs.processes import SystemUser

Json = TypeVar("Json")  # a value that survives JSON: dict, list, str, number, None
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in it is used if it is this user's
_MEMORY_NEEDED = 1 << 30  # bytes: a server, its log and a database per worker, with room to spare
LOCK = "lock"  # the file that is locked in a folder as long as its run lives
_PASSABLE = 0o711  # others may reach what they own in it, and see nothing else
_ONCE_TIMEOUT = 120.0  # seconds that one worker waits for another one's `once`


@dataclass(slots=True)
class Run:
    """One run of Warren: `id` stands in every name it gives to something outside its folder.

    The controller starts and ends it; workers attach to it and own nothing of it.
    """

    id: str
    folder: Path
    _locks: list[FileLock] = field(default_factory=list, repr=False)

    @classmethod
    def start(cls) -> Self:
        """Make a run with its folder (mode 0700) and hold its lock.

        Its folder in memory has a lock of its own: a sweep with another TMPDIR sees that one alone.
        Raises SetupError where no folder can be made.
        """
        run_id = secrets.token_hex(4)
        with writing(base_folder_path()), base_lock(), memory_lock():
            folder = base_folder() / run_id
            folder.mkdir(mode=0o700)
            locked = [folder]
            if _has_room(_MEMORY):
                locked.append(own_folder(data_folders(run_id)[0], _PASSABLE))
            locks = [FileLock(each / LOCK, mode=0o600) for each in locked]
            for lock in locks:
                lock.acquire(timeout=0)
        return cls(run_id, folder, locks)

    @classmethod
    def attach(cls, folder: Path) -> Self:
        """Give a worker the run that its controller started."""
        return cls(folder.name, folder)

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
                        _write_private(result, text)
                made: Json = json.loads(result.read_text("utf-8"))
                return made
        except Timeout as error:
            raise SetupError(
                f"another worker did not finish in {_ONCE_TIMEOUT:.0f} s", f"preparing {name}"
            ) from error

    def note(self, kind: str, facts: dict[str, Any]) -> None:
        """Write down something outside the folder that must be taken back if this run is killed.

        The journal may hold passwords; only its owner can read it.
        """
        line = json.dumps({"kind": kind, "facts": facts}) + "\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with writing(self._journal):
            descriptor = os.open(self._journal, flags, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as journal:
                journal.write(line)

    def noted(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what `note` wrote, in order; a last line cut off by a kill is left out."""
        try:
            journal = self._journal.read_text("utf-8")
        except FileNotFoundError:
            return
        for line in journal.splitlines(keepends=True):
            if line.endswith("\n"):
                note = json.loads(line)
                yield note["kind"], note["facts"]

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
        """End every process that carries this run's mark, delete its folders, free the lock."""
        kill_marked(self.id)
        self.delete_folders()
        self._unlock()

    def leave(self) -> None:
        """End its processes, but keep its folder: the next start takes back what is left."""
        kill_marked(self.id)
        self._unlock()

    def _unlock(self) -> None:
        for lock in self._locks:
            lock.release()
        self._locks.clear()

    def delete_folders(self) -> None:
        """Delete all that the run has on disk and in memory."""
        for folder in (*data_folders(self.id), self.folder):
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def _journal(self) -> Path:
        return self.folder / "journal.jsonl"


def base_folder_path() -> Path:
    """Where this user's runs live: one folder below the temporary folder of the machine."""
    return Path(tempfile.gettempdir()) / f"warren-{os.getuid()}"


def data_folders(run_id: str) -> tuple[Path, Path]:
    """Where the data of a run's servers are: in memory, or else on disk."""
    name = f"{_data_prefix()}{run_id}"
    return _MEMORY / name, Path(tempfile.gettempdir()) / name


def runs_in_memory() -> list[str]:
    """Give the ids of this user's runs that have a folder with a lock in memory, whatever their TMPDIR is."""
    prefix = _data_prefix()
    found = []
    for folder in _MEMORY.glob(f"{prefix}*"):
        with contextlib.suppress(FileNotFoundError):  # its run ends just now
            if (folder / LOCK).is_file() and folder.lstat().st_uid == os.getuid():
                found.append(folder.name.removeprefix(prefix))
    return sorted(found)


def _data_prefix() -> str:
    return f"warren-{os.getuid()}-"


def base_folder() -> Path:
    """Make sure that this user's folder of runs exists. Raises SetupError as `own_folder` does."""
    return own_folder(base_folder_path(), 0o700)


def own_folder(folder: Path, mode: int) -> Path:
    """Make sure that a folder with a name that others can guess exists and belongs to this user.

    Raises SetupError if somebody else was first.
    """
    with writing(folder):
        folder.mkdir(mode=mode, exist_ok=True)
    facts = folder.lstat()
    if facts.st_uid != os.getuid() or not stat.S_ISDIR(facts.st_mode):
        raise SetupError(
            "this folder belongs to somebody else", str(folder), "remove it, or set TMPDIR"
        )
    folder.chmod(mode)
    return folder


def base_lock() -> FileLock:
    """Keep a start and a sweep apart, so that no run is swept before it holds its own lock."""
    return FileLock(base_folder() / "lock", mode=0o600, timeout=_ONCE_TIMEOUT)


@contextlib.contextmanager
def memory_lock() -> Iterator[None]:
    """Keep starts and sweeps with different TMPDIRs apart, since their data may be side by side in memory."""
    lock: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
    with contextlib.suppress(SetupError):  # there is no memory to write to: nothing to meet in
        folder = own_folder(_MEMORY / f"warren-{os.getuid()}", 0o700)
        lock = FileLock(folder / "lock", mode=0o600, timeout=_ONCE_TIMEOUT)
    with lock:
        yield


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failed write to this path into a sentence for a person."""
    try:
        yield
    except OSError as error:
        raise disk_trouble(error, path) from error


def disk_trouble(error: OSError, path: Path) -> SetupError:
    """Give the sentence of a failed write."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return SetupError("no space is left on the disk", str(path), "free some, or set TMPDIR")
    return SetupError(
        f"cannot be written ({error.strerror})", str(path), "check its rights, or set TMPDIR"
    )


def _has_room(folder: Path) -> bool:
    try:
        return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= _MEMORY_NEEDED
    except OSError:
        return False


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text, "utf-8")
    draft.replace(path)
