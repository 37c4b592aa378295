"""One connection of an instance: two sockets, the lanes between them, and how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Final

from warren.worlds.line.lane import Surroundings
from warren.worlds.line.lanes import Lanes

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.evidence.frames import By, Fact, How
    from warren.worlds.line.lane import Lane
    from warren.worlds.line.plan import Plan

CONNECT_SECONDS: Final = 5.0
END_SECONDS: Final = 2.0
"""How long the end of a link is waited for that was cut: less than a call to the relay's thread may take."""
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Side(asyncio.Protocol):
    """One socket of a link: the instance's or the broker's."""

    def __init__(self, by: By, lane: Lane, link: Link) -> None:
        """Wait for the socket; ``lane`` carries what comes from it."""
        self.by, self.lane, self._link = by, lane, link
        lane.full = lambda full: self.rest(lane_full=full)
        lane.drained = lambda: link.pass_end_on(self)
        self.transport: asyncio.Transport | None = None
        self.lost = False
        self.passed_on = False
        """Whether the other side has been told that nothing more comes from here."""
        self._ended = False
        self._lane_full = False
        self._target_full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket; its door, or asyncio, has set TCP_NODELAY."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._link.made(self)

    def data_received(self, data: bytes) -> None:
        """Give it to the lane."""
        self.lane.receive(data, self._link.now())

    def eof_received(self) -> bool:
        """Pass on everything, then the end; the other direction stays open, as in TCP."""
        self._link.side_ended(self, "eof", "")
        self.end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the link, and end both lanes here."""
        self.lost = True
        if exc is not None:
            self._link.side_ended(self, "reset", str(exc))
        self.end()
        self._link.side_lost(self)

    def end(self) -> None:
        """End the lane, once."""
        if not self._ended:
            self._ended = True
            self.lane.end(self._link.now())
            self._link.other(self).lane.target_ended()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come from here."""
        return self._ended

    def pause_writing(self) -> None:
        """Rest the other side while this one does not read."""
        self._link.other(self).rest(target_full=True)

    def resume_writing(self) -> None:
        """Go on."""
        self._link.other(self).rest(target_full=False)

    def rest(self, *, target_full: bool | None = None, lane_full: bool | None = None) -> None:
        """Read only once the link is complete, and while neither the target nor the lane is full."""
        self._target_full = self._target_full if target_full is None else target_full
        self._lane_full = self._lane_full if lane_full is None else lane_full
        if self.transport is None or self.ended:
            return
        if self._target_full or self._lane_full or not self._link.complete:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def reset(self) -> None:
        """Close this socket with RST."""
        if self.transport is not None:
            forget_on_close(self.transport.get_extra_info("socket"))
            self.transport.abort()


def forget_on_close(accepted: socket.socket) -> None:
    """Have a socket end with RST when it is closed; what was not sent is dropped then."""
    with contextlib.suppress(OSError):  # it may be closed already
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


class Link:
    """A connection through a line, from its acceptance to the end of both sockets."""

    def __init__(
        self,
        instance: str,
        number: int,
        *,
        upstream: tuple[str, int],
        plan: Plan,
        log: Callable[[Fact], None],
        now: Callable[[], float],
        gone: Callable[[Link], None],
    ) -> None:
        """Prepare both sides; ``gone`` is told when the link has ended."""
        self._upstream, self._gone, self.now = upstream, gone, now
        self._loop = asyncio.get_running_loop()
        self._is_cut = False
        self._taking: asyncio.Task[None] | None = None
        self._connecting: asyncio.Task[None] | None = None
        self.complete = False
        self._over: asyncio.Future[None] = self._loop.create_future()
        around = Surroundings(plan, log, now, self._call_at)
        self._lanes = Lanes(instance, number, around)
        self.client = Side("client", self._lanes.to_broker, self)
        self.broker = Side("broker", self._lanes.to_client, self)

    def other(self, side: Side) -> Side:
        """Give the opposite side."""
        return self.broker if side is self.client else self.client

    def begin(self, accepted: socket.socket) -> None:
        """Take the socket of an instance that has just been accepted."""
        self._taking = self._loop.create_task(self._take(accepted))

    async def _take(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: self.client, accepted)
        except OSError as error:
            accepted.close()
            self._lanes.end("client", "reset", str(error))
            self._end()

    def made(self, side: Side) -> None:
        """Take a connected socket: the instance's first, then the broker's."""
        if self._is_cut:
            side.reset()
            return
        if side is self.client:
            # Asyncio begins to read right after this callback; Python 3.11.2, Debian 12's, does so
            # even where the callback has paused it.
            self._loop.call_soon(side.rest)
            self._connecting = self._loop.create_task(self._connect())
            return
        self.complete = True
        for each in (self.client, self.broker):
            transport = self.other(each).transport
            assert transport is not None
            each.lane.write = transport.write
            each.rest()

    async def _connect(self) -> None:
        """Reach the broker; where it cannot be reached the instance sees a reset."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._loop.create_connection(lambda: self.broker, *self._upstream)
        except (OSError, TimeoutError) as error:
            reason = str(error) or f"no answer within {CONNECT_SECONDS:g} s"
            where = f"{self._upstream[0]}:{self._upstream[1]}"
            self._lanes.end("broker", "reset", f"cannot connect to the broker at {where}: {reason}")
            self.broker.lost = True
            self.client.reset()

    def cut(self, detail: str) -> None:
        """Reset both sockets, one that is still to come when it comes; `ended` waits until it is done."""
        self._is_cut = True
        if not self.complete:
            if self._connecting is not None:
                self._connecting.cancel()
            self.broker.lost = True
        self._lanes.cut(detail)
        self.client.reset()
        self.broker.reset()

    async def ended(self) -> None:
        """Wait until both sockets are closed; after `END_SECONDS` the link counts as ended, whatever became of them."""
        await asyncio.wait([self._over], timeout=END_SECONDS)
        self._end()

    def side_ended(self, side: Side, how: How, detail: str) -> None:
        """Log the end of the connection, by the first side that ended."""
        self._lanes.end(side.by, how, detail)

    def side_lost(self, side: Side) -> None:
        """Take the end of a socket: nothing can be written to it any more."""
        other = self.other(side)
        other.lane.lose_target()
        self.pass_end_on(side)
        if self.client.lost and self.broker.lost:
            self._end()

    def _end(self) -> None:
        """Be a link no more, the first time."""
        if not self._over.done():
            self._over.set_result(None)
            self._lanes.close()
            self._gone(self)

    def pass_end_on(self, side: Side) -> None:
        """End the other side as this one ended itself, once all that it sent has gone on.

        A client's reset is passed on as an orderly end of stream: a reset would make the broker's kernel drop what the
        log already calls passed on. A broker's reset stays one.
        """
        other = self.other(side)
        if not side.ended or not side.lane.idle or other.transport is None or other.lost:
            return
        if side.lost and other.ended:
            other.transport.close()
        elif side.lost:
            if side is self.broker:
                other.reset()
            else:
                other.transport.close()
        elif other.ended and other.lane.idle:
            other.transport.close()
            if side.transport is not None:
                side.transport.close()
        elif (
            not (side.passed_on or other.transport.is_closing()) and other.transport.can_write_eof()
        ):
            side.passed_on = True
            # A reset of that side may be in the kernel already, and not yet with asyncio.
            with contextlib.suppress(OSError):
                other.transport.write_eof()
            side.lane.lose_target()  # what is forged from now on has nowhere to go

    def _call_at(self, when: float, function: Callable[[], None]) -> None:
        # The clocks of the loop and of the log differ in what they count from, not in pace.
        self._loop.call_later(max(0.0, when - self.now()), function)
