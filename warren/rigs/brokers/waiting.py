"""`broker.wait`: until something is so. Whatever does not become so in time is an AssertionError that names it."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from typing import TYPE_CHECKING

from warren.rigs.brokers.raw_client import WITHIN
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pika.adapters.blocking_connection import BlockingChannel

    from warren.rigs.brokers.connections import Connections
    from warren.rigs.brokers.inbox import Inbox, Received
    from warren.rigs.brokers.looking import Looking

_POLL = 0.01


class Waiting:
    """Serves all of the case's connections while it waits, so that consumers get what is sent to them."""

    def __init__(self, connections: Connections, look: Looking) -> None:
        """Wait for nothing yet."""
        self._connections, self._look = connections, look

    def until(self, condition: Callable[[], bool], expected: str, within: float = WITHIN) -> None:
        """Wait until `condition` holds; `expected` says in words what that is."""
        assert self._comes(condition, within), f"expected within {within:.0f} s: {expected}"

    def deliveries(self, count: int, *inboxes: Inbox, within: float = WITHIN) -> list[Received]:
        """Wait until the inboxes have `count` messages together, and give all that they have."""
        came = self._comes(lambda: sum(len(i.received) for i in inboxes) >= count, within)
        bodies = [inbox.bodies for inbox in inboxes]
        assert came, f"expected within {within:.0f} s: {count} deliveries, not {bodies}"
        return [received for inbox in inboxes for received in inbox.received]

    def ready(self, queue: str, count: int, expected: str = "") -> None:
        """Wait until just `count` messages are ready in a queue; `expected` says in words what that means."""
        messages = "one message" if count == 1 else f"{count} messages"
        expected = expected or f"{messages} ready in {queue}"
        self.until(lambda: self._look.ready(queue) == count, expected)

    def gone(self, queue: str) -> None:
        """Wait until the management API knows no such queue."""
        self.until(lambda: queue not in self._look.queues(), f"the queue {queue} to be deleted")

    def settled(self, queue: str) -> None:
        """Wait until nobody holds a message of a queue."""
        self.until(lambda: not self._look.state(queue).unacked, f"nothing unacked in {queue}")

    def empty(self, *queues: str, within: float = WITHIN) -> None:
        """Wait until queues have no message, neither ready nor in somebody's hands."""

        def is_empty(queue: str) -> bool:
            state = self._look.state(queue)
            return not state.ready and not state.unacked

        expected = f"every message of {' and '.join(queues)} to be settled"
        self.until(lambda: all(map(is_empty, queues)), expected, within)

    def answered(self, channel: BlockingChannel) -> None:
        """Wait until the broker has read what was sent over a channel: it answers in order."""
        channel.exchange_declare("amq.direct", passive=True)

    @contextlib.contextmanager
    def reader(self, path: Path, within: float) -> Iterator[io.FileIO]:
        """Wait until somebody reads the named pipe at `path`; give the end to write to, closed with the block."""
        opened: list[int] = []

        def is_read() -> bool:
            try:
                opened.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
            return bool(opened)

        self.until(is_read, f"somebody to read {path.name}", within)
        with io.FileIO(opened[0], "wb") as pipe:
            yield pipe

    def _comes(self, condition: Callable[[], bool], within: float) -> bool:
        def holds() -> bool:
            self._connections.serve()
            return condition()

        return wait_until(holds, timeout=within, interval=_POLL)
