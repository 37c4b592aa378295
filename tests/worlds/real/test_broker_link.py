"""The rig's own connection: what a person reads where the broker does not take it."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from warren.errors import BrokerUnavailable
from warren.worlds.real.broker_link import BrokerLink

if TYPE_CHECKING:
    from collections.abc import Iterator

DEADLINE = 10.0


@pytest.fixture
def port() -> Iterator[int]:
    """Give the port of a broker that ends each connection once it has begun."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(DEADLINE)
        thread = threading.Thread(target=_hang_up, args=[server])
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)  # wakes the thread, which a close does not
        thread.join(DEADLINE)


def _hang_up(server: socket.socket) -> None:
    """Take connections until the server is closed."""
    try:
        while True:
            connection, _ = server.accept()
            connection.close()
    except OSError:
        return


def test_told_in_one_sentence(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """A broker that hangs up is told of in our sentence, and in no log with a traceback beside it."""
    with pytest.raises(BrokerUnavailable, match="it ended the rig's own connection, or takes none"):
        BrokerLink(f"amqp://guest:guest@127.0.0.1:{port}/%2F")
    assert caplog.text == ""
