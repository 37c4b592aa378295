"""Small file systems in memory, which can be full: where the system lets us mount one, as it lets root."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from typing import Final

import psutil

from warren.errors import FaultUnsupported

_TIMEOUT: Final = 10.0
_BLOCK: Final = b"\0" * 4096


class SmallDisk:
    """A file system in a folder of its own, unmounted by `close`, or with the run that it belongs to."""

    def __init__(self, folder: Path, octets: int) -> None:
        """Make the folder, and mount it there. Raises `FaultUnsupported` where that is not allowed."""
        self.folder = folder
        self._filler = folder / "filler"
        folder.mkdir(mode=0o700)
        options = f"size={octets},mode=0700"
        said = _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
        if said:
            folder.rmdir()
            raise FaultUnsupported(
                f"no small file system can be mounted ({said})",
                where=str(folder),
                what_to_do="run the case as root, or on PostgreSQL or MySQL",
            )

    def fill(self) -> None:
        """Leave no space on it."""
        with self._filler.open("ab", buffering=0) as filler, contextlib.suppress(OSError):
            while filler.write(_BLOCK):
                pass

    def free(self) -> None:
        """Give the space back."""
        self._filler.unlink(missing_ok=True)

    def close(self) -> None:
        """Unmount it, with all that is on it; safe to call again."""
        unmount_below(self.folder)
        with contextlib.suppress(FileNotFoundError):
            self.folder.rmdir()


def unmount_below(folder: Path) -> None:
    """Unmount whatever is mounted at a folder or below it, whoever still uses it."""
    for mount in psutil.disk_partitions(all=True):
        if Path(mount.mountpoint).is_relative_to(folder.resolve()):
            _run("umount", "--lazy", mount.mountpoint)


def _run(*argv: str) -> str:
    """Run a tool of the system; give what it said where it failed, else nothing."""
    try:
        done = subprocess.run(
            argv,
            check=False,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            env={"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip() or f"status {done.returncode}"
