"""A broker's management API that knows vhosts and users, and deletes them. No test lives here."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Self


class ManagementStub:
    """Answers on one port of its own, from `start` to `stop`, as a context manager does it, too.

    `left` has what is there of each kind, at first a thing of each of the given names.
    """

    def __init__(self, *names: str) -> None:
        """Take a port."""
        self.left = {kind: list(names) for kind in ("vhosts", "users")}
        self._port = 0
        self._server: HTTPServer | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Begin to answer."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Answer no more."""
        self.stop()

    def start(self) -> None:
        """Answer, on the same port as before."""
        left = self.left

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                names = left[self.path.split("/")[2]]
                self._answer(200, json.dumps([{"name": name} for name in names]).encode())

            def do_DELETE(self) -> None:
                _, _, kind, name = self.path.split("/")
                left[kind].remove(name)
                self._answer(204, b"")

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Answer no more; who comes is refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
