"""The two ends of a line, played by the test over real sockets. No test lives here."""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Self

from warren.simulator.wire import (
    PROTOCOL_HEADER,
    Content,
    FrameParser,
    decode_frame,
)
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.line.rules import Held

DEADLINE = 5.0
QUIET = 0.15


def caught(held: Held) -> bool:
    """Wait until a rule has caught its message."""
    return wait_until(lambda: held.seen is not None, timeout=DEADLINE)


class Peer:
    """One end of a connection; every wait has a deadline."""

    def __init__(self, sock: socket.socket, *, opening: bool) -> None:
        """Take a connected socket; ``opening``: what comes in begins with a protocol header."""
        sock.settimeout(DEADLINE)
        self.sock = sock
        self._parser = FrameParser(opening=opening)
        self._contents: list[Content] = []

    def send(self, octets: bytes) -> None:
        """Send all of it."""
        self.sock.sendall(octets)

    def receive(self, count: int) -> list[Content]:
        """Receive so many frames."""
        while len(self._contents) < count:
            data = self.sock.recv(65536)
            assert data, f"the stream ended after {self._contents}"
            self._contents += [decode_frame(frame) for frame in self._parser.feed(data)]
        taken, self._contents = self._contents[:count], self._contents[count:]
        return taken

    def receive_octets(self, count: int) -> bytes:
        """Receive so many octets as they come, whatever they are."""
        data = b""
        while len(data) < count:
            piece = self.sock.recv(count - len(data))
            assert piece, f"the stream ended after {data!r}"
            data += piece
        return data

    def is_quiet(self) -> bool:
        """Whether nothing comes for a while, neither octets nor an end."""
        self.sock.settimeout(QUIET)
        try:
            data = self.sock.recv(65536)
        except TimeoutError:
            return not self._contents
        finally:
            self.sock.settimeout(DEADLINE)
        assert data, "the stream ended"
        self._contents += [decode_frame(frame) for frame in self._parser.feed(data)]
        return False

    def how_it_ends(self) -> str:
        """Read to the end; say ``eof`` or ``reset``."""
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionResetError:
            return "reset"
        return "eof"

    def reset(self) -> None:
        """Close with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class ScriptedBroker:
    """Listens, and does what the test says; a context manager that closes all it accepted."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self._stack = contextlib.ExitStack()
        self._server = self._stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self._server.settimeout(DEADLINE)
        self.address: tuple[str, int] = self._server.getsockname()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        self._stack.close()

    def accept(self) -> Peer:
        """Take the next connection."""
        sock, _ = self._server.accept()
        self._stack.enter_context(sock)
        return Peer(sock, opening=True)

    def stop_listening(self) -> None:
        """Refuse connections from now on."""
        self._server.close()


def sees_a_reset(port: int) -> bool:
    """Whether a connection is reset in one of its first steps, whichever the machine gets to."""
    try:
        with client_of(port) as client:
            return client.how_it_ends() == "reset"
    except ConnectionError:
        return True


@contextlib.contextmanager
def client_of(port: int) -> Iterator[Peer]:
    """Connect as an instance does, and begin with the protocol header."""
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as sock:
        peer = Peer(sock, opening=False)
        peer.send(PROTOCOL_HEADER)
        yield peer
