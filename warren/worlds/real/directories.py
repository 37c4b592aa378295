"""The copy of a program's directory in which the instances of one case run, so that they leave the user's files alone.

What is large is linked, not copied: dependencies and builds are read, and not written.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from warren.errors import InstanceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_FILES: Final = 500
_MOST_OCTETS: Final = 4 << 20
"""What a directory within the copied one may have, all in all, before it is linked."""


def copy_directory(source: Path, target: Path) -> None:
    """Make `target` like `source`. Raises `InstanceError` where that cannot be done."""
    try:
        target.mkdir(parents=True)
        for entry in os.scandir(source):
            place = target / entry.name
            if entry.is_symlink() or _is_large(Path(entry.path)):
                place.symlink_to(entry.path)
            elif entry.is_dir():
                shutil.copytree(entry.path, place, symlinks=True)
            elif entry.is_file():
                shutil.copy2(entry.path, place)
    except OSError as error:
        raise InstanceError(
            f"its directory cannot be copied for the case: {error}",
            where=str(source),
            what_to_do="name a `directory` with what the program needs, and make it readable",
        ) from error


def _is_large(path: Path) -> bool:
    files = octets = 0
    for file in _files_in(path):
        files, octets = files + 1, octets + file.stat(follow_symlinks=False).st_size
        if files > _MOST_FILES or octets > _MOST_OCTETS:
            return True
    return False


def _files_in(path: Path) -> Iterator[os.DirEntry[str] | Path]:
    if not path.is_dir():
        yield path
        return
    waiting = [path]
    while waiting:
        for entry in os.scandir(waiting.pop()):
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            yield entry
