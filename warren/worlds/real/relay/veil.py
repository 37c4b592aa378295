"""TLS in front of a line: who comes by it speaks TLS with the veil, and the line behind it sees octets in clear.

What the line does to a connection, it does to the veil's: a reset or an end of stream is passed on. A connection comes
to the line once its TLS handshake is over, so that an instance that refuses the certificate has no connection there.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from warren.worlds.real.relay.link import forget_on_close

if TYPE_CHECKING:
    import ssl

    from warren.worlds.real.relay.relay import Relay

_CHUNK: Final = 65_536


class Veil:
    """A port on 127.0.0.1 that speaks TLS, for a line; made and ended through the relay's thread."""

    def __init__(self, relay: Relay, line_port: int, context: ssl.SSLContext) -> None:
        """Listen, with the certificate of `context`."""
        self.port = 0
        self.greetings = 0
        """How many TLS handshakes were begun with it, whatever became of them."""
        self._relay, self._line_port = relay, line_port
        self._server: asyncio.Server | None = None
        self._carrying: set[asyncio.Task[None]] = set()
        context.sni_callback = self._greet
        relay.call(lambda: self._listen(context))

    def close(self) -> None:
        """Reset what is left, and listen no more. The second time, or with the relay closed, it does nothing."""
        if not self._relay.is_closed:
            self._relay.call(self._end)

    def _greet(self, *_: object) -> None:
        self.greetings += 1

    async def _listen(self, context: ssl.SSLContext) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        try:
            await self._carry(reader, writer)
        finally:
            self._carrying.discard(task)
            _reset(writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry octets both ways, until both ends are over or one was reset."""
        with contextlib.suppress(OSError):
            behind, towards = await asyncio.open_connection("127.0.0.1", self._line_port)
            try:
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(_pass_on(reader, towards))
                    ways.create_task(_pass_on(behind, writer))
            except* OSError:
                pass  # one side was reset, and so is the other
            finally:
                _reset(towards)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Reset what is not closed yet."""
    carrying = writer.get_extra_info("socket")
    if carrying is not None:
        forget_on_close(carrying)
        writer.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, then its end."""
    while octets := await reader.read(_CHUNK):
        writer.write(octets)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    elif not writer.is_closing():  # closed twice, a TLS transport cannot be aborted any more
        writer.close()
        await writer.wait_closed()
