"""The wish that a role ends. What a role does about it lives in the families."""

import queue


class Stop:
    """A wish to end, made by a signal handler, a test, or the role itself; it is never taken back.

    A `SimpleQueue` carries it because its `put` is reentrant: a signal handler may interrupt the
    very thread that waits, and an `Event` would then deadlock on its own lock.
    """

    def __init__(self) -> None:
        """Begin with no wish."""
        self._wishes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.requested = False

    def request(self) -> None:
        """Ask the role to end; asking again changes nothing."""
        self.requested = True
        self._wishes.put(None)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the end is asked for, at most `timeout` seconds; whether it is."""
        if not self.requested:
            try:
                self._wishes.get(timeout=timeout)
            except queue.Empty:
                return False
            self._wishes.put(None)  # for the next thread that waits
        return self.requested
