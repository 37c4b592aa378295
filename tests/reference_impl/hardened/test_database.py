"""A database server that takes a connection and says nothing any more."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from reference_impl.hardened.database import watched_engine
from tests.worlds.database_line.octets import ready

ENDS_WITHIN = 10.0
LET_IN = b"R\0\0\0\x08\0\0\0\0" + ready("I")
"""AuthenticationOk and ReadyForQuery."""


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Listen as PostgreSQL does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(ENDS_WITHIN)
        yield server


def _let_in(server: socket.socket) -> bytes:
    """Let one connection in and answer no statement; give what its client said until it hung up."""
    connection, _ = server.accept()
    with connection:
        connection.settimeout(ENDS_WITHIN)
        connection.recv(8)  # SSLRequest
        connection.sendall(b"N")
        connection.recv(1024)
        connection.sendall(LET_IN)
        said = b""
        while octets := connection.recv(1024):
            said += octets
        return said


def test_silence_is_given_up(server: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement without an answer ends in an error as of a lost connection, and hangs up."""
    monkeypatch.setattr("reference_impl.hardened.watched_connection._SILENT_TICKS", 2)
    port = server.getsockname()[1]
    url = f"postgresql+psycopg://a:b@127.0.0.1:{port}/c?gssencmode=disable"
    with ThreadPoolExecutor(1) as threads:
        said = threads.submit(_let_in, server)
        with pytest.raises(sa.exc.OperationalError, match="said nothing"):
            watched_engine(url).connect()
        assert said.result(ENDS_WITHIN)
