"""Asking a role to end. How it ends is each family's matter."""

import contextlib
import signal
import threading

SIGNALS = (signal.SIGTERM, signal.SIGINT)
"""Those that ask a role to end."""


def leave_signals_to_main() -> None:
    """Have these signals reach neither this thread nor those that it starts; to be called at its beginning.

    The kernel lets a thread that starts another one, as pika does for each attempt to connect, take a signal that came
    for the process. Python's handler runs in the main thread, and that sleeps on: no signal has woken it.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


class Stop:
    """A request to end, by a signal handler, a test or the role itself. It is never taken back."""

    def __init__(self) -> None:
        """Begin without a request."""
        # A lock, held until the request. No Event: a signal handler may interrupt the very thread
        # that waits, and would deadlock on the lock inside the event. No SimpleQueue: its get()
        # waits for ever when its timeout is over before it begins to wait, which happens on a busy
        # machine (seen with CPython 3.11, 3.12 and 3.13). Any thread may release a lock at any time.
        self._gate = threading.Lock()
        self._gate.acquire()
        self.requested = False

    def request(self) -> None:
        """Ask the role to end; asking again changes nothing."""
        self.requested = True
        self._open()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the end is asked for, at most `timeout` seconds; say whether it is."""
        if not self.requested and self._gate.acquire(timeout=-1 if timeout is None else timeout):
            self._open()  # for the next thread that waits
        return self.requested

    def _open(self) -> None:
        with contextlib.suppress(RuntimeError):  # it is open already
            self._gate.release()
