"""Sockets of a network that we may not enter, handed over by a program that is in it (`programs`)."""

from __future__ import annotations

import socket
import tempfile
import threading
from pathlib import Path
from typing import Final

_ANSWER: Final = 10.0
"""Seconds that the program may take; it takes well under one, and is only waited for."""


class HandedSockets:
    """Listens at `path`, on a UNIX socket that is in nobody's reach but whoever gets it mounted."""

    def __init__(self) -> None:
        """Listen; `close` ends it. Raises `OSError` where that cannot be done."""
        self._folder = tempfile.TemporaryDirectory(prefix="warren-")
        self.path = Path(self._folder.name) / "sockets"
        self._asked = threading.Lock()
        self._line = socket.socket(socket.AF_UNIX)
        try:
            self._line.bind(str(self.path))
            self.path.chmod(0o666)  # an engine may run its containers' root as another user
            self._line.listen(1)
            self._line.settimeout(_ANSWER)
        except BaseException:
            self.close()
            raise

    def accept(self) -> None:
        """Wait for the program, the one and only. Raises `OSError` where it does not come."""
        accepted, _ = self._line.accept()
        self._line.close()
        self._line = accepted
        self._line.settimeout(_ANSWER)
        self._folder.cleanup()

    def socket(self) -> socket.socket:
        """Have a TCP socket made in its network. Raises `OSError` where none comes."""
        with self._asked:
            self._line.sendall(b"1")
            _, descriptors, *_ = socket.recv_fds(self._line, 1, 1)
        if not descriptors:
            raise ConnectionResetError("no socket was handed over")
        return socket.socket(fileno=descriptors[0])

    def close(self) -> None:
        """End it, and the program with it."""
        self._line.close()
        self._folder.cleanup()
