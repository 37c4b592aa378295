"""Serving a web application on 127.0.0.1 until a stop. What it answers lives in the families."""

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from waitress import create_server, wasyncore

from reference_impl.settings import SettingsError
from reference_impl.stop import Stop

if TYPE_CHECKING:
    from flask import Flask

_THREADS = 16
_GRACE_SECONDS = 3.0
_LOOK_SECONDS = 0.02


def serve(app: "Flask", port: int, stop: Stop) -> None:
    """Answer requests until `stop`; those in hand then have 3 s to be answered.

    Raises:
        SettingsError: the port cannot be had.

    """
    sockets: dict[int, Any] = {}
    try:
        server = create_server(app, map=sockets, host="127.0.0.1", port=port, threads=_THREADS)
    except OSError as error:
        raise SettingsError(f"WARREN_HTTP_PORT {port} cannot be had: {error.strerror}.") from None
    thread = threading.Thread(target=server.run, name="http", daemon=True)
    thread.start()
    stop.wait()
    _wait_for_requests(server)
    server.trigger.pull_trigger(partial(wasyncore.close_all, sockets))
    thread.join(_GRACE_SECONDS)


def _wait_for_requests(server: Any) -> None:
    deadline = time.monotonic() + _GRACE_SECONDS
    while _is_busy(server) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)


def _is_busy(server: Any) -> bool:
    """Tell whether a request waits for its answer, or an answer for its way out."""
    channels = list(server.active_channels.values())
    return any(channel.requests or channel.total_outbufs_len for channel in channels)
