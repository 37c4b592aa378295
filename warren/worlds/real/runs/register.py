"""The register of runs: what must be known of a run to take back what it began, if it is killed.

There is one for each user of this machine, the same whatever TMPDIR is. What a run's folders hold is not known here.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from filelock import FileLock

from warren.errors import SetupError
from warren.worlds.real.runs.folders import own_folder, write_private, writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LOCK: Final = "lock"
"""The file that is locked in an entry as long as its run lives, and in the register while that is read or added to."""
_PRIVATE: Final = 0o700
_LOCK_TIMEOUT: Final = 120.0  # seconds; a sweep waits for servers that are away


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one run: its lock, its folders, and its journal of what it began elsewhere."""

    folder: Path

    @property
    def run_id(self) -> str:
        """Whose entry it is."""
        return self.folder.name

    def make(self, folders: Sequence[Path]) -> FileLock:
        """Enter a run that will make these folders, and hold its lock."""
        self.folder.mkdir(mode=_PRIVATE)
        lock = FileLock(self.folder / LOCK, mode=0o600)
        lock.acquire(timeout=0)
        write_private(self._folders, json.dumps([str(folder) for folder in folders]))
        return lock

    def folders(self) -> tuple[Path, ...]:
        """Give the folders of the run; none where its start was killed before it had any."""
        try:
            return tuple(map(Path, json.loads(self._folders.read_text("utf-8"))))
        except FileNotFoundError:
            return ()

    def note(self, kind: str, facts: dict[str, Any]) -> None:
        """Write into the journal; see `Run.note`."""
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

    def delete(self) -> None:
        """Forget the run."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _folders(self) -> Path:
        return self.folder / "folders.json"

    @property
    def _journal(self) -> Path:
        return self.folder / "journal.jsonl"


def entry_of(run_id: str) -> Entry:
    """Give the entry of a run, whether or not there is one."""
    return Entry(register() / run_id)


def entries() -> list[Entry]:
    """Give the entries of all runs that have not ended in order, and of those that live."""
    return [Entry(folder) for folder in sorted(register().iterdir()) if folder.is_dir()]


def register_lock() -> FileLock:
    """Keep a start and a sweep apart, so that no run is swept before it holds its own lock."""
    return FileLock(register() / LOCK, mode=0o600, timeout=_LOCK_TIMEOUT)


def shared_lock(name: str) -> FileLock:
    """Give what keeps apart this user's runs, and their processes, where they use something of that name in turn."""
    return FileLock(register() / f"{name}.lock", mode=0o600, poll_interval=0.02)


def register() -> Path:
    """Make sure that the register exists: in the user's state folder, or else in the temporary one.

    A home may be on several machines, so each has a register of its own there. Raises SetupError as `own_folder` does.
    """
    with contextlib.suppress(KeyError, OSError, SetupError):
        state = _state_folder() / "warren" / "runs"
        state.mkdir(parents=True, exist_ok=True)
        return own_folder(state / platform.node(), _PRIVATE)
    return own_folder(base_folder() / "register", _PRIVATE)


def base_folder() -> Path:
    """Make sure that this user's folder of runs exists. Raises SetupError as `own_folder` does."""
    return own_folder(base_folder_path(), _PRIVATE)


def base_folder_path() -> Path:
    """Where the folders of this user's runs are: in one below the temporary folder of the machine."""
    return Path(tempfile.gettempdir()) / f"warren-{os.getuid()}"


def _state_folder() -> Path:
    """Give the folder for what outlives a program (XDG Base Directory Specification); the user's own, not of $HOME."""
    chosen = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (
        chosen if chosen.is_absolute() else Path(pwd.getpwuid(os.getuid()).pw_dir, ".local/state")
    )
