"""The HTTP service that consumers of a case call in the place of a real one: it records, and answers as it is told.

Whatever it is asked it answers with 200 and an empty JSON object, unless a case wants a failure.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from warren.evidence.calls import HttpCall
from warren.worlds.real.runs.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable

_ANSWER: Final = b"{}"
_MOST_OCTETS: Final = 1 << 20
_SILENCE: Final = 30.0
"""Seconds after which a connection on which nothing comes is closed."""
_CLOSE: Final = 5.0


class HttpStub:
    """Listens on a free port of the loopback address until `close`; `now` is the case's clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Listen, and answer on a thread for each connection."""
        self.now = now
        self.seconds = 0.0
        """How long an answer takes at least."""
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._calls: list[HttpCall] = []
        self._server = _Server((LOOPBACK, 0), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="http stub", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def calls(self) -> tuple[HttpCall, ...]:
        """Give the calls that came whole, in the order of their ends."""
        with self._lock:
            return tuple(self._calls)

    def note(self, call: HttpCall) -> None:
        """Take in a call that was answered, or whose caller had gone by then."""
        with self._lock:
            self._calls.append(call)

    def close(self) -> None:
        """Listen no more; who still waits for an answer gets none."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(_CLOSE)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _handler(stub: HttpStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _SILENCE

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self._answer
            raise AttributeError(name)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            """Print nothing."""

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(min(length, _MOST_OCTETS))
            at = stub.now()
            stub.closing.wait(stub.seconds)
            # It is done once it was asked for, whether or not the caller is still there to hear of it.
            stub.note(HttpCall(at, self.command, self.path, tuple(self.headers.items()), body, 200))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(_ANSWER)))
            self.end_headers()
            self.wfile.write(_ANSWER)

    return Handler
