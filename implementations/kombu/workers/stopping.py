"""What a stop signal does: it ends waits that may be ended, and is remembered for the others."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(Exception):  # noqa: N818 - what happened is no error
    """The instance was told to stop, and nothing is in hand."""


class Stop:
    """Whether the instance was told to stop."""

    def __init__(self) -> None:
        self.told = False
        self._interruptible = False
        self.bell, self._rope = socket.socketpair()  # readable when a signal has come
        for end in (self.bell, self._rope):
            end.setblocking(False)

    def listen(self) -> None:
        """Be told by SIGTERM and SIGINT."""
        signal.set_wakeup_fd(self._rope.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.told = True
        if self._interruptible:
            raise Stopped

    @contextmanager
    def may_interrupt(self) -> Iterator[None]:
        """Have a stop signal end what is done within, wherever it is."""
        self._interruptible = True
        try:
            if self.told:
                raise Stopped
            yield
        finally:
            self._interruptible = False
