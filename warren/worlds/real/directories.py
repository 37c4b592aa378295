"""The copy of a program's directory in which the instances of one case run, so that they leave the user's files alone.

Files are copied. Large folders are linked: dependencies and builds are read, and not written.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path
from typing import TYPE_CHECKING, Final

from warren.errors import InstanceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_FILES: Final = 500
_MOST_OCTETS: Final = 4 << 20
"""What a directory within the copied one may have, all in all, before it is linked."""
_CLONE: Final = 0x40049409
"""FICLONE of ioctl_ficlone(2): two files have the same octets on the disk until one of them is written."""


def copy_directory(source: Path, target: Path) -> None:
    """Make `target` like `source`. Raises `InstanceError` where that cannot be done."""
    try:
        target.mkdir(parents=True)
        for entry in os.scandir(source):
            place = target / entry.name
            if entry.is_symlink() or (entry.is_dir() and _is_large(Path(entry.path))):
                place.symlink_to(entry.path)
            elif entry.is_dir():
                shutil.copytree(entry.path, place, symlinks=True)
            elif entry.is_file():
                _copy_file(Path(entry.path), place)
    except OSError as error:
        raise InstanceError(
            f"its directory cannot be copied for the case: {error}",
            where=str(source),
            what_to_do="name a `directory` with what the program needs, and make it readable",
        ) from error


def make_place(copy: Path, path: str) -> Path:
    """Give the place of a file that is to be made in a copy, with the folders that lead to it, and nothing there.

    A folder on the way that is linked out of the copy becomes one of its own, in which each entry is linked instead.
    """
    target = copy / path
    for folder in reversed(target.relative_to(copy).parents):
        _make_own(copy, copy / folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)  # it may be a link to the user's own
    return target


def _make_own(copy: Path, folder: Path) -> None:
    linked = folder.resolve()
    if not folder.is_symlink() or linked.is_relative_to(copy.resolve()):
        return
    folder.unlink()
    folder.mkdir()
    for entry in os.scandir(linked):
        (folder / entry.name).symlink_to(entry.path)


def _copy_file(source: Path, target: Path) -> None:
    """Copy a file of any size, and no octets where the file system can do without."""
    with source.open("rb") as octets, target.open("wb") as made, suppress(OSError):
        ioctl(made, _CLONE, octets.fileno())
        shutil.copystat(source, target)
        return
    shutil.copy2(source, target)


def _is_large(folder: Path) -> bool:
    files = octets = 0
    for file in _entries_in(folder):
        files, octets = files + 1, octets + file.stat(follow_symlinks=False).st_size
        if files > _MOST_FILES or octets > _MOST_OCTETS:
            return True
    return False


def _entries_in(folder: Path) -> Iterator[os.DirEntry[str]]:
    waiting = [folder]
    while waiting:
        for entry in os.scandir(waiting.pop()):
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            yield entry
