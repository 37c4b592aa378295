"""Folders of one user in places that all users share, and failed writes as sentences for a person."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING

from warren.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text, "utf-8")
    draft.replace(path)
