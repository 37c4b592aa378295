"""Ends a connection when the broker at the other end is gone without having closed it.

Two things show that: nothing arrives any more, or an answer does not come in time. Such a connection is
dropped at once: closing it in good order would mean waiting for one more answer.
"""

import pika
from pika.exceptions import AMQPConnectionError, AMQPHeartbeatTimeout

# The broker sends something at least every half heartbeat interval, so two silent intervals are enough.
# pika itself would wait for one to two times (heartbeat + 5) seconds.
_SILENT_HALVES = 4


class Watchdog:
    """Watches one connection at a time, and aborts it when it is silent or when it is told to."""

    def __init__(self) -> None:
        """Watch no connection yet."""
        self._connection: pika.SelectConnection | None = None

    def watch(self, connection: pika.SelectConnection, heartbeat: int) -> int:
        """Abort `connection` when nothing has arrived for two heartbeat intervals.

        pika calls this when the broker proposes a heartbeat; what is returned is the one we choose.
        """
        self._connection = connection
        received, silent = 0, 0

        # Silence is counted in ticks and not measured by a clock. A process that was frozen finds its
        # clock far ahead; it must read what has arrived meanwhile before it may call that silence.
        def tick() -> None:
            nonlocal received, silent
            silent = silent + 1 if connection.bytes_received == received else 0
            received = connection.bytes_received
            if silent >= _SILENT_HALVES:
                _abort(connection, AMQPHeartbeatTimeout(f"nothing arrived for {2 * heartbeat} s"))
            elif not connection.is_closed:
                connection.ioloop.call_later(heartbeat / 2, tick)

        tick()
        return heartbeat

    def abort(self, after: float) -> None:
        """Abort the present connection in `after` seconds, unless it is closed by then; for any thread."""
        connection = self._connection
        if connection is None:
            return
        error = AMQPConnectionError("the broker did not answer in time")

        def begin() -> None:
            connection.ioloop.call_later(after, lambda: _abort(connection, error))

        connection.ioloop.add_callback_threadsafe(begin)


def _abort(connection: pika.SelectConnection, error: Exception) -> None:
    if not connection.is_closed:
        # pika has no public way to end a connection without waiting for the peer's farewell.
        connection._terminate_stream(error)  # noqa: SLF001
