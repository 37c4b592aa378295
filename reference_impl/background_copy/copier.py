"""Copying one file so that it is whole at its place, or not there.

The octets go to a file of another name in the same directory, to the disk, and then to their name by
a rename. The message is acknowledged after that, so a copier that dies leaves the message to another.
"""

import contextlib
import io
import os
import shutil
import tempfile
from pathlib import Path, PurePosixPath

from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import RejectedError, TryAgainError
from reference_impl.messages import Message, decode

_BLOCK = 1 << 16


class FileMessage(Message, frozen=True):
    """`{"path":"a/b.jpg"}`: a file by its path below the source."""

    path: str


class FileCopier:
    """Copies files from one directory to another."""

    def __init__(self, source: Path, target: Path) -> None:
        """Copy from `source` to `target`, which both are there."""
        self._source, self._target = source.resolve(), target.resolve()

    def handle(self, delivery: Delivery) -> None:
        """Copy the file that a delivery names; to copy it again does no harm.

        Raises:
            MalformedError, MisshapenError: the message names no file.
            RejectedError: the file is not there, or not below the source.
            TryAgainError: the second store takes no more, or another copier was faster.

        """
        path = self._checked(decode(FileMessage, delivery.body).path)
        try:
            original = (self._source / path).open("rb", buffering=0)
        except OSError as error:
            raise RejectedError(f"{path} cannot be read: {error.strerror}") from None
        try:
            with original:
                self._copy(original, self._target / path)
        except OSError as error:
            raise TryAgainError(f"{path} was not copied: {error.strerror}") from None

    def _checked(self, text: str) -> PurePosixPath:
        """Refuse a path that leads out of the source, by itself or through a symbolic link."""
        path = PurePosixPath(text)
        inside = (self._source / path).resolve().is_relative_to(self._source)
        if not path.name or path.is_absolute() or ".." in path.parts or not inside:
            raise RejectedError(f"{text!r} is no file below the source")
        return path

    def _copy(self, original: io.FileIO, place: Path) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".{place.name[:100]}.copying-"
        _remove_leftovers(place.parent, prefix)
        descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=prefix)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as copy:
                shutil.copyfileobj(original, copy, _BLOCK)
                os.fsync(copy.fileno())
            Path(name).replace(place)
            _sync_directory(place.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _remove_leftovers(directory: Path, prefix: str) -> None:
    """Remove what a copier of the same file left when it died.

    A copier that is only slow finds its copy gone when it comes to rename it, and tries again.
    """
    for leftover in directory.iterdir():
        if leftover.name.startswith(prefix):
            with contextlib.suppress(FileNotFoundError):
                leftover.unlink()


def _sync_directory(directory: Path) -> None:
    """Write the rename itself to the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
