"""Ending a connection whose peer is deaf, without a farewell to it.

Two things tell that it is: nothing arrives any more, or an answer that was asked for does not come in
time. pika notices silence after one to two times (heartbeat + 5) seconds; the broker promises a
heartbeat every half interval, so that two whole silent intervals are enough.
"""

import pika
from pika.exceptions import AMQPConnectionError, AMQPHeartbeatTimeout

_SILENT_HALVES = 4


class Watchdog:
    """Aborts a connection of which somebody, or its silence, says that nobody is there."""

    def __init__(self) -> None:
        """Watch no connection yet."""
        self._connection: pika.SelectConnection | None = None

    def watch(self, connection: pika.SelectConnection, heartbeat: int) -> int:
        """Abort `connection` once two heartbeat intervals bring nothing; the heartbeat to negotiate.

        pika calls this when the broker offers its heartbeat. Silence is counted in ticks, not read
        off a clock: a process that was frozen itself must first read what waits for it.
        """
        self._connection = connection
        received, silent = 0, 0

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
        """Abort the connection that is watched now, unless it is closed in so many seconds; for any thread."""
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
