"""The wiretap itself: a thread that relays, a tap per instance, and the faults a case asks for."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Final, Self, TypeVar

from warren.errors import WiretapError
from warren.evidence.frames import ConnectionEnded, ConnectionOpened, Pause
from warren.worlds.line.lane import Plan
from warren.worlds.line.rules import Held, Match
from warren.worlds.real.relay.link import Link, reset

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from warren.worlds.real.relay.log import FrameLog

T = TypeVar("T")

_BEAT: Final = 0.25
"""How often the thread looks how late it is (s)."""

MOST_CONNECTIONS: Final = 64
"""How many connections an instance may have at once: each costs two file descriptors here."""

ANSWER_SECONDS: Final = 5.0
"""How long a call from another thread may take to come into effect."""


class Tap:
    """The way of one instance to the broker: a port on 127.0.0.1, for `MOST_CONNECTIONS` at once.

    One more is reset, and the log says so of the first: a connection that the rig cut.
    Every call may come from any thread, and returns when what it asks for is in effect.
    """

    def __init__(self, wiretap: Wiretap, instance: str) -> None:
        """Made by ``Wiretap.open``."""
        self.instance = instance
        self.port = 0
        self._wiretap = wiretap
        self._plan = Plan()
        self._links: list[Link] = []
        self._connections = 0
        self._is_crowded = False  # whether the log says so
        self._server: asyncio.Server | None = None
        self._reserved: socket.socket | None = None

    # --- faults ------------------------------------------------------------------------------

    def cut(self) -> int:
        """Reset both sides of every connection now, and say how many; new ones are let through."""
        return self._wiretap.call(lambda: self._cut("the rig cut it"))

    def refuse(self) -> None:
        """Reset every connection and refuse new ones, as when nobody listens, until ``accept``."""

        async def refuse() -> None:
            self._stop_listening()
            await self._cut("the rig cut it and refuses new ones")

        self._wiretap.call(refuse)

    def accept(self) -> None:
        """Let new connections through again."""
        self._wiretap.call(self._listen)

    def half_open(self) -> None:
        """Pass nothing on in either direction, not even the end of a side, until ``restore``.

        Both TCP ends stay open. What comes is kept, as TCP keeps it while a network is away, up to
        a mebibyte a direction; then that source is read no more. New connections fare alike.
        """
        self._change(lambda plan: setattr(plan, "half_open", True))

    def restore(self) -> None:
        """End ``half_open`` and ``delay``: what was kept goes on in order.

        It is lost where its target has gone meanwhile. What was delayed keeps its time.
        """

        def restore(plan: Plan) -> None:
            plan.half_open = False
            plan.delay = 0.0

        self._change(restore)

    def delay(self, seconds: float) -> None:
        """Pass every frame on so much later, in order; 0 ends it for the frames to come."""
        self._change(lambda plan: setattr(plan, "delay", seconds))

    def hold(self, match: Match, *, heartbeats_pass: bool = True) -> Held:
        """Let the first command that matches wait, and all behind it on its way."""
        return self._catch(match, lose_at_once=False, heartbeats_pass=heartbeats_pass)

    def lose(self, match: Match) -> Held:
        """Drop the first command that matches, and nothing else."""
        return self._catch(match, lose_at_once=True, heartbeats_pass=True)

    def clear(self) -> None:
        """End every fault: rules, holds, delay, half-open, refusal."""

        async def clear() -> None:
            caught = [held for link in self._links for lane in link.lanes if (held := lane.caught)]
            self._plan.rules.clear()
            self._plan.half_open, self._plan.delay = False, 0.0
            for held in caught:
                self._settle_now(held, release=True)
            self._flush()
            await self._listen()

        self._wiretap.call(clear)

    def close(self) -> None:
        """Cut what is left, and listen no more. The second time does nothing."""
        self._wiretap.close_tap(self)

    # --- in the relay's thread -----------------------------------------------------------------

    async def start(self) -> None:
        """Take a port for good, and listen on it.

        A second socket is bound to the port but never listens, so that nobody else is given the
        port while this tap refuses connections.
        """
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind(("127.0.0.1", 0))
        self.port = self._reserved.getsockname()[1]
        await self._listen()

    async def end(self) -> None:
        """Listen no more, cut what is left, and give the port back."""
        self._stop_listening()
        await self._cut("its tap was closed")
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    async def _listen(self) -> None:
        """Listen, unless it does already or was closed."""
        if self._server is None and self._reserved is not None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._accepted, "127.0.0.1", self.port)

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _accepted(self) -> asyncio.Protocol:
        if len(self._links) >= MOST_CONNECTIONS:
            self._log_crowd()
            return _Unwanted()
        self._connections += 1
        link = Link(
            self.instance,
            self._connections,
            upstream=self._wiretap.upstream,
            plan=self._plan,
            log=self._wiretap.log,
            gone=self._links.remove,
        )
        self._links.append(link)
        return link.client

    def _log_crowd(self) -> None:
        if self._is_crowded:
            return
        self._is_crowded = True
        self._connections += 1
        at, number = self._wiretap.log.now(), self._connections
        words = f"it has {MOST_CONNECTIONS} connections at once, and further ones are reset"
        self._wiretap.log.append(ConnectionOpened(at, self.instance, number))
        self._wiretap.log.append(ConnectionEnded(at, self.instance, number, "rig", "cut", words))

    async def _cut(self, detail: str) -> int:
        links = list(self._links)
        for link in links:
            link.cut(detail)
        for link in links:
            await link.closed
        return len(links)

    def _change(self, change: Callable[[Plan], None]) -> None:
        async def apply() -> None:
            change(self._plan)
            self._flush()

        self._wiretap.call(apply)

    def _flush(self) -> None:
        for link in list(self._links):
            for lane in link.lanes:
                lane.flush()

    def _catch(self, match: Match, *, lose_at_once: bool, heartbeats_pass: bool) -> Held:
        held = Held(match, self._settle, lose_at_once=lose_at_once, heartbeats_pass=heartbeats_pass)

        def add(plan: Plan) -> None:
            plan.rules.append(held)

        self._change(add)
        return held

    def _settle(self, held: Held, release: bool) -> None:
        async def settle() -> None:
            self._settle_now(held, release=release)

        self._wiretap.call_if_open(settle)

    def _settle_now(self, held: Held, *, release: bool) -> None:
        if held in self._plan.rules:
            self._plan.rules.remove(held)
        for link in list(self._links):
            for lane in link.lanes:
                lane.settle(held, release=release)
        self._flush()


class _Unwanted(asyncio.Protocol):
    """A connection that is reset at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Reset it."""
        assert isinstance(transport, asyncio.Transport)
        reset(transport)


class Wiretap:
    """Relays between instances and one broker, and logs every frame. A context manager.

    One thread with one event loop serves all its taps. ``upstream`` is read at each new
    connection, so it may be changed when the broker comes back elsewhere.
    """

    def __init__(self, upstream: tuple[str, int], log: FrameLog) -> None:
        """Start the thread; ``upstream`` is host and port of the broker."""
        self.upstream = upstream
        self.log = log
        self._taps: list[Tap] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="wiretap", daemon=True)
        self._closed = False
        self._pauses: list[Pause] = []
        self._next_look = log.now()
        self._loop.call_soon(self._beat)
        self._thread.start()

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

    def open(self, instance: str) -> Tap:
        """Listen for an instance on a free port of 127.0.0.1."""
        tap = Tap(self, instance)
        try:
            self.call(tap.start)
        except OSError as error:
            self.call(tap.end)
            raise WiretapError(
                f"cannot listen on 127.0.0.1: {error}",
                where=f"instance {instance}",
                what_to_do="free some ports or file descriptors",
            ) from error
        self._taps.append(tap)
        return tap

    def close(self) -> None:
        """Close all taps, end the thread and join it. The second time does nothing."""
        if self._closed:
            return
        try:
            for tap in list(self._taps):
                self.close_tap(tap)
        finally:
            self._closed = True
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(ANSWER_SECONDS)
        if self._thread.is_alive():
            raise WiretapError(
                f"the thread did not end within {ANSWER_SECONDS:g} s", where="wiretap"
            )

    def close_tap(self, tap: Tap) -> None:
        """Close one tap, unless it is closed."""
        if tap in self._taps:
            self._taps.remove(tap)
            self.call(tap.end)

    def call(self, function: Callable[[], Coroutine[object, object, T]]) -> T:
        """Run something in the relay's thread and wait until it is done.

        Raises ``WiretapError`` when the wiretap is closed, or does not answer in time.
        """
        if self._closed:
            raise WiretapError("it is closed", where="wiretap", what_to_do="open a new one")
        future = asyncio.run_coroutine_threadsafe(function(), self._loop)
        try:
            return future.result(ANSWER_SECONDS)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise WiretapError(
                f"no answer within {ANSWER_SECONDS:g} s",
                where="wiretap",
                what_to_do="look whether the machine is overloaded",
            ) from None

    def call_if_open(self, function: Callable[[], Coroutine[object, object, None]]) -> None:
        """As ``call``, but nothing when the wiretap is closed: there is nothing left to do."""
        if not self._closed:
            self.call(function)

    def pauses(self) -> tuple[Pause, ...]:
        """When the thread was kept from running, each from its last look on; the last may still go on."""
        going_on = () if self._closed else self._pause_until(self.log.now())
        return (*self._pauses, *going_on)

    def _pause_until(self, now: float) -> tuple[Pause, ...]:
        late = now - self._next_look
        return (Pause(self._next_look - _BEAT, now),) if late > _BEAT else ()

    def _beat(self) -> None:
        now = self.log.now()
        self._pauses += self._pause_until(now)
        self._next_look = now + _BEAT
        self._loop.call_later(_BEAT, self._beat)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            with contextlib.closing(self._loop):
                self._cancel_rest()

    def _cancel_rest(self) -> None:
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
