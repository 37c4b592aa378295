"""The socket of one session: octets from it to the hub, and what the session wishes done with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from warren.simulator.session import HIGH_WATER, Abort, Close, Rest, Resume, Send, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from warren.simulator.session import Wish
    from warren.simulator.tcp.node import Node


MOST_OCTETS, LEAST_OCTETS = 256 * 1024, 2 * 1024
ENOUGH = 128
"""Commands to read at a time: of small publishes little is read, of a large body as much as there is.

What is not read waits in the sockets, and slows the client down.
"""


class Client(asyncio.BufferedProtocol):
    """One client of the AMQP port. Its `session` begins with the socket, and ends with it."""

    make_session: Callable[..., Session] = Session

    def __init__(self, node: Node) -> None:
        """Wait for the socket."""
        self._node = node
        self._transport: asyncio.Transport | None = None
        self._session: Session | None = None
        self._portion = LEAST_OCTETS
        self._buffer = memoryview(bytearray(LEAST_OCTETS))

    @property
    def session(self) -> Session:
        """What the broker makes of this connection."""
        assert self._session is not None, "there is no socket yet"
        return self._session

    # What the socket says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open the session."""
        self._transport = socket = cast("asyncio.Transport", transport)
        socket.set_write_buffer_limits(HIGH_WATER)
        node = self._node
        self._session = node.hub.open(
            _name(socket), node.now(), socket.get_write_buffer_size, self.make_session
        )
        node.enter(self)
        node.perform()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Give the loop room for what this turn may read."""
        del sizehint  # the loop has no better idea than we
        if len(self._buffer) < self._portion:
            self._buffer = memoryview(bytearray(self._portion))
        return self._buffer[: self._portion]

    def buffer_updated(self, nbytes: int) -> None:
        """Take a turn, and fit the next portion to what it was."""
        self.data_received(bytes(self._buffer[:nbytes]))
        self._portion = portion_after(self._portion, nbytes, self.session.heard)

    def data_received(self, data: bytes) -> None:
        """Do all that these octets ask for."""
        node = self._node
        node.hub.receive(self.session, data, node.now())
        node.perform()

    def pause_writing(self) -> None:
        """Tell the session to write no more deliveries: the client does not read."""
        self.session.full = True

    def resume_writing(self) -> None:
        """Go on delivering and reading."""
        self._node.hub.drained(self.session, self._node.now())
        self._node.perform()

    def connection_lost(self, exc: Exception | None) -> None:
        """Release all that the client held."""
        del exc  # why it went makes no difference
        self._transport = None
        self._node.leave(self)
        self._node.hub.lost(self.session, self._node.now())
        self._node.perform()

    # What the session wishes

    def grant(self, wish: Wish) -> None:
        """Do it, unless the socket is gone."""
        if self._transport is not None:
            if type(wish) is Send:
                self.send(wish.octets)
            else:
                _GRANTS[type(wish)](self)

    def send(self, octets: bytes) -> None:
        """Hand octets to the socket, unless it has failed and is about to be gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)

    def close(self) -> None:
        """Close the socket once it has taken everything."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close the socket at once."""
        if self._transport is not None:
            self._transport.abort()

    def rest(self) -> None:
        """Read no more."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None:
            self._transport.resume_reading()


_GRANTS: Mapping[type[Any], Callable[[Client], None]] = {
    Close: lambda client: client.close(),
    Abort: lambda client: client.abort(),
    Rest: lambda client: client.rest(),
    Resume: lambda client: client.resume(),
}


def portion_after(portion: int, octets: int, heard: int) -> int:
    """Return how many octets to read next, when `octets` of at most `portion` were so many commands."""
    if heard > ENOUGH:
        return max(octets * ENOUGH // heard, LEAST_OCTETS)
    if octets == portion and heard <= ENOUGH // 2:
        return min(2 * portion, MOST_OCTETS)
    return portion


def _name(transport: asyncio.Transport) -> str:
    """Name a connection as RabbitMQ does: "127.0.0.1:40312 -> 127.0.0.1:5672", "[::1]:40312 -> [::1]:5672"."""
    peer, here = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
    return f"{_place(*peer[:2])} -> {_place(*here[:2])}"


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
