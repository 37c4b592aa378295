"""HTTP requests under way, each on a thread of a small pool.

The answer comes from the implementation that is judged, so it may be anything. All of it has one deadline and a
largest size, and a redirection is an answer like any other. The standard library's client gives us its socket, which
can be shut when the time is over: a socket's own time-out would begin anew with every octet.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Final

from warren.worlds.protocol import HttpReply
from warren.worlds.real.runs.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CALLERS = 16
MOST_OCTETS: Final = 1 << 20
"""The longest body that is read."""


class RealCall:
    """One request under way."""

    def __init__(self, future: Future[HttpReply]) -> None:
        """Wrap what the pool gave."""
        self._future = future

    def done(self) -> bool:
        """Whether the answer, or its absence, is known."""
        return self._future.done()

    def result(self) -> HttpReply:
        """Give the answer; only once `done`."""
        return self._future.result(timeout=0)


class Callers:
    """The pool; `close` waits no longer than the requests' own deadlines."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Start no thread before the first call; `now` is the world's clock."""
        self._now = now
        self._pool = ThreadPoolExecutor(_CALLERS, thread_name_prefix="http call")

    def call(self, port: int, path: str, within: float) -> RealCall:
        """Begin a GET on 127.0.0.1; the whole answer must be there in time, and be no longer than `MOST_OCTETS`."""
        return RealCall(self._pool.submit(_get, port, path, within, self._now))

    def close(self) -> None:
        """Drop what has not begun; the rest ends soon, since the processes that it asks have been ended."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _get(port: int, path: str, within: float, now: Callable[[], float]) -> HttpReply:
    asked = now()
    status, body, error = 0, b"", ""
    try:
        status, body = _ask(port, path, within)
    except (OSError, HTTPException, ValueError) as failed:
        error = type(failed).__name__
    answered = now()
    if answered - asked >= within:
        return HttpReply(0, b"", asked, answered, f"no whole answer within {within:.1f} s")
    if len(body) > MOST_OCTETS:
        return HttpReply(0, b"", asked, answered, f"a body of more than {MOST_OCTETS} octets")
    return HttpReply(status, body, asked, answered, error)


def _ask(port: int, path: str, within: float) -> tuple[int, bytes]:
    """Give status and body; the caller sees by its clock where the deadline cut the answer short."""
    with contextlib.closing(HTTPConnection(LOOPBACK, port, timeout=within)) as connection:
        connection.connect()
        with _shut_after(connection.sock, within):
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read(MOST_OCTETS + 1)
            if answer.length and len(body) <= MOST_OCTETS:
                raise HTTPException("the body ended early")
            return answer.status, body


@contextlib.contextmanager
def _shut_after(line: socket.socket, seconds: float) -> Iterator[None]:
    """Shut a socket when the time is over, so that whoever reads from it reads its end."""

    def shut() -> None:
        with contextlib.suppress(OSError):  # it may have been closed meanwhile
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
