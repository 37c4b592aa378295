"""One connection of an instance to its database server: two sockets, and the conversation between them.

Where the instance goes away, its connection to the server is ended at once, so that its transaction and locks go with
it: what waited on its way is dropped, and nobody asked for it any more.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from warren.worlds.database_line.conversation import Conversation, Surroundings
from warren.worlds.real.relay.link import CONNECT_SECONDS, forget_on_close

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.worlds.database_line.conversation import Way
    from warren.worlds.database_line.pieces import Follower
    from warren.worlds.database_line.plan import DatabasePlan
    from warren.worlds.real.relay.log import FrameLog


class DatabaseLink:
    """A connection through a line, from its acceptance to the end of both sockets."""

    def __init__(
        self,
        instance: str,
        number: int,
        *,
        upstream: tuple[str, int],
        follower: Follower,
        plan: DatabasePlan,
        log: FrameLog,
        gone: Callable[[DatabaseLink], None],
    ) -> None:
        """Prepare both sides; ``gone`` is told when the connection is over."""
        self._upstream, self._log, self._gone = upstream, log, gone
        self._loop = asyncio.get_running_loop()
        around = Surroundings(plan, log.append, log.now, self._call_at)
        self._conversation = Conversation(instance, number, follower, around)
        self._is_over = False
        self._connecting: asyncio.Task[None] | None = None
        self.client = Side(self, self._conversation.client_sent, self._conversation.to_client)
        self.server = Side(self, self._conversation.server_sent, self._conversation.to_server)

    def made(self, side: Side) -> None:
        """Take a connected socket: the instance's first, then the server's."""
        if self._is_over:
            side.reset()
            return
        side.way.begin(side.write)
        if side is self.client:
            self._connecting = self._loop.create_task(self._connect())

    def other(self, side: Side) -> Side:
        """Give the opposite side."""
        return self.server if side is self.client else self.client

    def ended(self, side: Side) -> None:
        """End the other side too: the instance's at once, the server's when its last words have gone on."""
        if self._is_over:
            return
        way = self.other(side).way
        if side is self.server and not way.is_empty:
            way.drained = self._finish
        elif way.is_empty:
            self._finish()
        else:
            self.cut()

    def cut(self) -> None:
        """Reset both sockets; what waits is dropped."""
        if self._close():
            self.client.reset()
            self.server.reset()

    def let_die(self) -> None:
        """Pass nothing on any more; the end of the instance's side still ends both."""
        self._conversation.let_die()

    def _finish(self) -> None:
        """Close both sockets, once what was written to them has gone."""
        if self._close():
            for side in (self.client, self.server):
                if side.transport is not None:
                    side.transport.close()

    def _close(self) -> bool:
        """Take part in nothing more; say whether that is new."""
        if self._is_over:
            return False
        self._is_over = True
        if self._connecting is not None:
            self._connecting.cancel()
        self._conversation.close()
        self._gone(self)
        return True

    async def _connect(self) -> None:
        """Reach the server; where it cannot be reached the instance sees a reset."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._loop.create_connection(lambda: self.server, *self._upstream)
        except (OSError, TimeoutError) as error:
            self._conversation.failed(f"the server cannot be reached: {error}")
            self.cut()

    def _call_at(self, when: float, function: Callable[[], None]) -> None:
        # The clocks of the loop and of the log differ in what they count from, not in pace.
        self._loop.call_later(max(0.0, when - self._log.now()), function)


def reset(transport: asyncio.Transport) -> None:
    """Close a socket with RST; what was not sent is dropped."""
    forget_on_close(transport.get_extra_info("socket"))
    transport.abort()


class Side(asyncio.Protocol):
    """One socket of a link: the instance's or the server's. `way` is what leads to it."""

    def __init__(self, link: DatabaseLink, sent: Callable[[bytes], None], way: Way) -> None:
        """Wait for the socket."""
        self._link, self._sent, self.way = link, sent, way
        way.cut = link.cut
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._link.made(self)

    def data_received(self, data: bytes) -> None:
        """Give it to the conversation."""
        self._sent(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the link."""
        del exc
        self._link.ended(self)

    def pause_writing(self) -> None:
        """Rest the other side while this one does not read."""
        self._link.other(self).rest(True)

    def resume_writing(self) -> None:
        """Go on."""
        self._link.other(self).rest(False)

    def rest(self, is_resting: bool) -> None:
        """Read no more, or again."""
        if self.transport is None or self.transport.is_closing():
            return
        if is_resting:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def reset(self) -> None:
        """Close this socket with RST."""
        if self.transport is not None:
            reset(self.transport)

    def write(self, octets: bytes) -> None:
        """Write, unless the socket has gone."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(octets)
