"""Requests of HTTP/1.1 as a server reads them, and their answers, on a thread for each connection (RFC 9112).

Connections are kept alive; bodies come by their length or in chunks. What is answered, the server's owner says.
"""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import sys
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from warren.claims.surroundings import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    Reply = Callable[["Request"], Answer | None]

_MOST_OCTETS: Final = 16 << 20
"""The longest body that is taken."""
_LONGEST_LINE: Final = 8192
_SILENCE: Final = 30.0
"""Seconds after which a connection on which nothing comes is closed."""
_BODILESS: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_PLACE: Final = re.compile(r"\\\{[^/{}]*\\\}")


class _RefusedError(Exception):
    """A body that is not as HTTP has it, or too long; nothing after it on its connection can be read."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One that came whole, or whose body was `refused`."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    refused: Answer | None = None

    def fits(self, answer: Answer) -> bool:
        """Whether an answer is for it: by method and path, without the query; `{…}` is one segment, whichever."""
        pattern = _PLACE.sub("[^/]+", re.escape(answer.path))
        path = self.path.partition("?")[0]
        return answer.method == self.method and re.fullmatch(pattern, path) is not None


class Server(ThreadingHTTPServer):
    """Listens from the beginning until `end`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, place: tuple[str, int], reply: Reply) -> None:
        """Have `reply` say what is answered, on the thread of its connection; None ends that."""
        self.reply = reply
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(place, _Handler)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="http stub", daemon=True
        )
        self._thread.start()

    def server_bind(self) -> None:
        """Bind, without asking anybody for our name."""
        socketserver.TCPServer.server_bind(self)

    def end(self, within: float) -> None:
        """Listen no more, and end all connections; return when nobody is let in any more."""
        self.shutdown()
        self.server_close()
        self._thread.join(within)
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Keep hold of a connection."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Let go of it."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a caller that has gone."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = _SILENCE

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._take
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Print nothing."""

    def _take(self) -> None:
        body, refused = b"", None
        try:
            body = self._body()
        except _RefusedError as bad:
            refused = Answer("", "", bad.status)
            self.close_connection = True
        headers = tuple(self.headers.items())
        answer = self.server.reply(Request(self.command, self.path, headers, body, refused))
        if answer is None:
            self.close_connection = True
        else:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if self.close_connection:
            self.send_header("Connection", "close")
        has_body = answer.status not in _BODILESS
        if has_body:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if has_body and self.command != "HEAD":
            self.wfile.write(answer.body)

    def _body(self) -> bytes:
        coding = self.headers.get("Transfer-Encoding")
        if coding is not None:
            if coding.strip().lower() != "chunked":
                raise _RefusedError(HTTPStatus.NOT_IMPLEMENTED)
            return self._chunks()
        length = self.headers.get("Content-Length", "0").strip()
        if not (length.isascii() and length.isdigit()):
            raise _RefusedError(HTTPStatus.BAD_REQUEST)
        return self._exactly(int(length))

    def _chunks(self) -> bytes:
        """Read chunks up to the last, which is empty, and the trailers behind it."""
        body = b""
        while size := self._size_of_chunk():
            if len(body) + size > _MOST_OCTETS:
                raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            body += self._exactly(size)
            if self._line():
                raise _RefusedError(HTTPStatus.BAD_REQUEST)
        while self._line():
            pass
        return body

    def _size_of_chunk(self) -> int:
        size = self._line().partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]+", size):
            raise _RefusedError(HTTPStatus.BAD_REQUEST)
        return int(size, 16)

    def _line(self) -> bytes:
        line = self.rfile.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise _RefusedError(HTTPStatus.BAD_REQUEST)
        return line.rstrip(b"\r\n")

    def _exactly(self, size: int) -> bytes:
        if size > _MOST_OCTETS:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        octets = self.rfile.read(size)
        if len(octets) < size:  # the caller has gone, and has asked for nothing
            raise ConnectionResetError
        return octets
