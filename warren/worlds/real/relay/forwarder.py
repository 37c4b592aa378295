"""A way that nothing is done to: octets go on as they come, from a door to what its network does not reach."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from warren.worlds.real.relay.doors import Door, listening_at

if TYPE_CHECKING:
    from warren.worlds.real.relay.relay import Relay

_CHUNK: Final = 1 << 16


class Forwarder:
    """Passes on what comes to a door until `close`; made by ``Relay.forward``."""

    def __init__(self, relay: Relay, instance: str, target: tuple[str, int], door: Door) -> None:
        """Listen once ``start`` is called."""
        self.instance, self._relay = instance, relay
        self._target, self._door = target, door
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Listen no more, and end all that goes on. The second time does nothing."""
        self._relay.close_line(self)

    # --- in the relay's thread -----------------------------------------------------------------

    async def start(self) -> None:
        """Listen at its door."""
        listening = listening_at(self._door, self._door.port)
        self._server = await asyncio.start_server(self._accepted, sock=listening)

    async def end(self) -> None:
        """Listen no more, and end what goes on."""
        if self._server is not None:
            self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "asyncio runs a coroutine callback as a task"
        self._passing.add(task)
        try:
            with contextlib.suppress(OSError):
                await self._pass_on(reader, writer)
        finally:
            self._passing.discard(task)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(*self._target)
        try:
            await asyncio.gather(_pump(reader, forth), _pump(back, writer))
        finally:
            forth.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on until the end, and the end."""
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()
