"""Keeping what a process prints in a file, without letting a flood fill the disk. What it means is not known here."""

from __future__ import annotations

import fcntl
import os
import select
import termios
import threading
from collections import deque
from typing import TYPE_CHECKING

from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from io import RawIOBase
    from pathlib import Path

_KEEP_HEAD = 1 << 20
_KEEP_TAIL = 1 << 16
_CHUNK = 1 << 16


class Capture:
    """Drains one pipe into `path`: its first mebibyte as it comes, its last part when the pipe ends.

    A process that prints must never wait for us. So a full disk does not stop the draining: what finds no room is
    dropped, and the end of it is kept in memory. It owns the read end of the pipe and a thread; `close` ends both.
    """

    def __init__(self, path: Path) -> None:
        """Open the pipe; give `write_end` to the process, then call `begin`."""
        self.path = path
        self._read_end, self.write_end = os.pipe()
        self._tail: deque[bytes] = deque()
        self._left_out = 0
        self._head = 0  # octets at the beginning of the file that came as they are there
        self._ended = False
        self._taking = threading.Lock()  # held from the reading of a chunk until it is kept
        self._thread = threading.Thread(
            target=self._drain, name=f"capture {path.name}", daemon=True
        )

    def begin(self) -> None:
        """Let go of the write end, which the process has now, and start to read."""
        os.close(self.write_end)
        self._thread.start()

    def close(self, within: float) -> None:
        """Wait for the pipe to end; whoever could write to it must have been ended before."""
        self._thread.join(within)

    def catch_up(self, within: float) -> None:
        """Wait until what is in the pipe now has been kept. Its end is not awaited: a grandchild may hold it open."""
        wait_until(self._has_all, timeout=within)

    def end_of_output(self, octets: int = _KEEP_TAIL) -> str:
        """Give the end of what was printed so far: more than is shown, so that no secret begins before it."""
        tail = b"".join(self._tail)
        if self._head and not self._left_out:
            with self.path.open("rb") as file:
                file.seek(max(0, self._head - octets))
                tail = file.read(min(self._head, octets)) + tail
        return tail[-octets:].decode("utf-8", "backslashreplace")

    def _drain(self) -> None:
        with self.path.open("wb", buffering=0) as file, os.fdopen(self._read_end, "rb", 0) as pipe:
            may_write = True
            readable = select.poll()
            readable.register(pipe, select.POLLIN)
            while not self._ended:
                readable.poll()
                with self._taking:
                    chunk = pipe.read(_CHUNK)
                    self._ended = not chunk
                    written = _write(file, chunk) if may_write else 0
                    self._head += written
                    may_write = written == len(chunk) and self._head < _KEEP_HEAD
                    if written < len(chunk):
                        self._keep_tail(chunk[written:])
            if self._tail:
                _write(file, b"\n[%d bytes left out]\n" % self._left_out + b"".join(self._tail))

    def _has_all(self) -> bool:
        with self._taking:
            return self._ended or not any(fcntl.ioctl(self._read_end, termios.FIONREAD, bytes(4)))

    def _keep_tail(self, chunk: bytes) -> None:
        self._tail.append(chunk)
        while sum(map(len, self._tail)) > _KEEP_TAIL + _CHUNK:
            self._left_out += len(self._tail.popleft())


def _write(file: RawIOBase, data: bytes) -> int:
    """Write what the disk has room for, and say how many bytes that was."""
    try:
        return file.write(data) or 0
    except OSError:
        return 0
