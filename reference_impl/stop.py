"""The wish that a role ends. What a role does about it lives in the families."""

import contextlib
import threading


class Stop:
    """A wish to end, made by a signal handler, a test, or the role itself; it is never taken back.

    A lock carries it, closed until the wish is made, because its `release` is reentrant: a signal
    handler may interrupt the very thread that waits, and an `Event` would then deadlock on its own
    lock. A `SimpleQueue` would not, but its `get` waits for ever where its timeout is over before
    it begins to wait, as on a busy machine (seen with CPython 3.11, 3.12 and 3.13).
    """

    def __init__(self) -> None:
        """Begin with no wish."""
        self._gate = threading.Lock()
        self._gate.acquire()
        self.requested = False

    def request(self) -> None:
        """Ask the role to end; asking again changes nothing."""
        self.requested = True
        self._open()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the end is asked for, at most `timeout` seconds; whether it is."""
        if not self.requested and self._gate.acquire(timeout=-1 if timeout is None else timeout):
            self._open()  # for the next thread that waits
        return self.requested

    def _open(self) -> None:
        with contextlib.suppress(RuntimeError):  # it is open already
            self._gate.release()
