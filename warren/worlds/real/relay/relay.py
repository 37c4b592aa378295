"""The relay: one thread that passes octets between the instances of a case and its broker."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from typing import TYPE_CHECKING, Final, Self, TypeVar

from warren.errors import RelayError
from warren.evidence.frames import Pause
from warren.worlds.real.relay.database_line import RealDatabaseLine
from warren.worlds.real.relay.doors import HERE, Door
from warren.worlds.real.relay.forwarder import Forwarder
from warren.worlds.real.relay.line import RealLine

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from warren.worlds.database_line.pieces import Follower
    from warren.worlds.real.relay.log import FrameLog

T = TypeVar("T")
AnyLine = TypeVar("AnyLine", RealLine, RealDatabaseLine, Forwarder)

_BEAT: Final = 0.25
"""Seconds after which the thread looks again, to see by how late it is whether it was kept from running."""

ANSWER_SECONDS: Final = 5.0
"""How long a call from another thread may take to come into effect."""


class Relay:
    """Relays between instances and one broker, and logs every frame. A context manager.

    One thread with one event loop serves all its lines. ``upstream`` is read at each new
    connection, so it may be changed when the broker comes back elsewhere.
    """

    def __init__(self, upstream: tuple[str, int], log: FrameLog) -> None:
        """Start the thread; ``upstream`` is host and port of the broker."""
        self.upstream = upstream
        self.log = log
        self._lines: list[RealLine | RealDatabaseLine | Forwarder] = []
        self.is_closed = False
        self._pauses: list[Pause] = []
        self._next_look = log.now()
        # Made in the thread, which no signal reaches: Ctrl-C in the middle of that would leave half a loop behind.
        made: concurrent.futures.Future[asyncio.AbstractEventLoop] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, args=(made,), name="relay", daemon=True)
        self._thread.start()
        self._loop = made.result(ANSWER_SECONDS)

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def open(self, instance: str, door: Door = HERE) -> RealLine:
        """Listen for an instance, on a free port of 127.0.0.1 or at another door."""
        return self._open(RealLine(self, instance, door))

    def open_database(
        self,
        instance: str,
        server: tuple[str, int],
        follower: Callable[[], Follower],
        door: Door = HERE,
    ) -> RealDatabaseLine:
        """Listen for an instance that will talk to a database server; ``follower`` makes one for each connection."""
        return self._open(RealDatabaseLine(self, instance, server, follower, door))

    def forward(self, instance: str, target: tuple[str, int], door: Door) -> Forwarder:
        """Listen for an instance at a door, and pass on what comes there as it is."""
        return self._open(Forwarder(self, instance, target, door))

    def close(self) -> None:
        """Close all lines, end the thread and join it. The second time does nothing."""
        if self.is_closed:
            return
        try:
            for line in list(self._lines):
                self.close_line(line)
        finally:
            self.is_closed = True
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(ANSWER_SECONDS)
        if self._thread.is_alive():
            raise RelayError(f"the thread did not end within {ANSWER_SECONDS:g} s", where="relay")

    def close_line(self, line: RealLine | RealDatabaseLine | Forwarder) -> None:
        """Close one line, unless it is closed."""
        if line in self._lines:
            self._lines.remove(line)
            self.call(line.end)

    def _open(self, line: AnyLine) -> AnyLine:
        try:
            self.call(line.start)
        except OSError as error:
            self.call(line.end)
            raise RelayError(
                f"cannot listen on 127.0.0.1: {error}",
                where=f"instance {line.instance}",
                what_to_do="free some ports or file descriptors",
            ) from error
        self._lines.append(line)
        return line

    def call(self, function: Callable[[], Coroutine[object, object, T]]) -> T:
        """Run something in the relay's thread and wait until it is done.

        Raises ``RelayError`` when the relay is closed, or does not answer in time.
        """
        if self.is_closed:
            raise RelayError("it is closed", where="relay", what_to_do="open a new one")
        future = asyncio.run_coroutine_threadsafe(function(), self._loop)
        try:
            return future.result(ANSWER_SECONDS)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise RelayError(
                f"no answer within {ANSWER_SECONDS:g} s",
                where="relay",
                what_to_do="look whether the machine is overloaded",
            ) from None

    def pauses(self) -> tuple[Pause, ...]:
        """When the thread was kept from running, each time since its last look; the last pause may still go on."""
        going_on = () if self.is_closed else self._pause_until(self.log.now())
        return (*self._pauses, *going_on)

    def _pause_until(self, now: float) -> tuple[Pause, ...]:
        late = now - self._next_look
        return (Pause(self._next_look - _BEAT, now),) if late > _BEAT else ()

    def _beat(self) -> None:
        now = self.log.now()
        self._pauses += self._pause_until(now)
        self._next_look = now + _BEAT
        asyncio.get_running_loop().call_later(_BEAT, self._beat)

    def _run(self, made: concurrent.futures.Future[asyncio.AbstractEventLoop]) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.call_soon(self._beat)
        made.set_result(loop)
        try:
            loop.run_forever()
        finally:
            with contextlib.closing(loop):
                _cancel_rest(loop)


def _cancel_rest(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
