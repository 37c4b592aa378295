"""Noticing a connection on which nothing arrives any more.

pika notices after one to two times (heartbeat + 5) seconds; the broker promises a heartbeat
every half interval, so that two whole silent intervals are enough.
"""

import pika
from pika.exceptions import AMQPHeartbeatTimeout

_SILENT_HALVES = 4


def watch(connection: pika.SelectConnection, heartbeat: int) -> int:
    """Abort `connection` once two heartbeat intervals bring nothing; the heartbeat to negotiate.

    pika calls this when the broker offers its heartbeat. Silence is counted in ticks, not read
    off a clock: a process that was frozen itself must first read what waits for it.
    """
    received, silent = 0, 0

    def tick() -> None:
        nonlocal received, silent
        if connection.is_closed:
            return
        silent = silent + 1 if connection.bytes_received == received else 0
        received = connection.bytes_received
        if silent < _SILENT_HALVES:
            connection.ioloop.call_later(heartbeat / 2, tick)
        else:
            # pika has no public way to abort a connection without a farewell to a deaf peer.
            connection._terminate_stream(  # noqa: SLF001
                AMQPHeartbeatTimeout(f"nothing arrived for {2 * heartbeat} s")
            )

    tick()
    return heartbeat
