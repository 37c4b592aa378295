"""Serves a web application on 127.0.0.1 until a stop. What it answers is each family's matter."""

import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from waitress import create_server

from reference_impl.settings import SettingsError
from reference_impl.stop import Stop

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask

_THREADS = 16
_GRACE_SECONDS = 3.0


def serve(app: "Flask", port: int, stop: Stop) -> None:
    """Answer requests until `stop`, then finish those in hand, which have 3 s.

    Raises:
        SettingsError: the port cannot be had.

    """
    in_hand = _InHand(app)
    try:
        server = create_server(in_hand, host="127.0.0.1", port=port, threads=_THREADS)
    except OSError as error:
        raise SettingsError(f"WARREN_HTTP_PORT {port} cannot be had: {error.strerror}.") from None
    thread = threading.Thread(target=server.run, name="http", daemon=True)
    thread.start()
    stop.wait()
    in_hand.wait(_GRACE_SECONDS)
    pulled = threading.Event()
    server.trigger.pull_trigger(partial(_close, server, pulled))
    pulled.set()
    thread.join(_GRACE_SECONDS)


class _InHand:
    """A web application that knows how many of its requests are not answered yet."""

    def __init__(self, app: "Flask") -> None:
        self._app = app
        self._count = 0
        self._changed = threading.Condition()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterator[bytes]:
        """Answer a request; it is in hand until the server has taken the whole answer."""
        self._add(1)
        try:
            answer = self._app(environ, start_response)
            with closing(answer):  # type: ignore[type-var]  # Flask's answers can be closed
                yield from answer
        finally:
            self._add(-1)

    def wait(self, seconds: float) -> None:
        """Wait until no request is in hand, `seconds` at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, seconds)

    def _add(self, number: int) -> None:
        with self._changed:
            self._count += number
            self._changed.notify_all()


def _close(server: Any, pulled: threading.Event) -> None:
    """End the server, in its own thread, as soon as it has sent the answers that it has."""
    # Closing the server closes its trigger. An answer's thread may have pulled the trigger and so
    # have brought us here before our own pull was over, which would then fail on a closed one.
    pulled.wait(_GRACE_SECONDS)
    for channel in server.active_channels.values():
        channel.close_when_flushed = True
    server.close()
