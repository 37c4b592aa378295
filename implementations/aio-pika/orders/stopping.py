"""A wait that a stop signal ends, after a little patience."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
FAREWELL = 3.0  # seconds for what the message in hand still waits for after a stop signal


class Stopped(Exception):  # noqa: N818 - what happened is no error
    """The instance was told to stop, and what it waited for has not come."""


class Stop:
    """Whether the instance was told to stop, and waits that end then."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    def listen(self) -> None:
        """Be told by SIGTERM and SIGINT."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told.set)

    @property
    def told(self) -> bool:
        """Whether the instance was told to stop."""
        return self._told.is_set()

    async def wait(self) -> None:
        """Return when the instance is told to stop."""
        await self._told.wait()

    async def within(self, work: Coroutine[Any, Any, T], patience: float = FAREWELL) -> T:
        """Wait for work; once told to stop, only as long as patience says.

        The library cancels whoever waits for a connection that has closed. Here that is an error
        like any other loss, and no cancellation of the caller.
        """
        task = asyncio.ensure_future(work)
        told = asyncio.ensure_future(self._told.wait())
        try:
            await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                await asyncio.wait({task}, timeout=patience)
            if not task.done():
                raise Stopped
            if task.cancelled():
                raise ConnectionError("closed while an answer was awaited")
            return task.result()
        finally:
            task.cancel()
            told.cancel()

    async def pause(self, seconds: float) -> None:
        """Do nothing for a while; Stopped if told to stop meanwhile."""
        await self.within(asyncio.sleep(seconds), 0)
