"""The real line of one instance: a port on the loopback address, and the faults that a case asks for."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, TypeVar

from warren.evidence.frames import ConnectionEnded, ConnectionOpened
from warren.worlds.line.plan import Plan
from warren.worlds.real.relay.doors import Door, listening_at
from warren.worlds.real.relay.link import Link, forget_on_close
from warren.worlds.real.relay.meter import Meter

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from warren.evidence.frames import Fact
    from warren.worlds.line.plan import Entry
    from warren.worlds.line.rules import Held, Match
    from warren.worlds.real.relay.relay import Relay

T = TypeVar("T")

MOST_CONNECTIONS: Final = 64
"""How many connections an instance may have at once: each costs two file descriptors here."""
_BACKLOG: Final = 100
_LOOK_AGAIN: Final = 0.1
"""Seconds after which a line looks again for a connection that it had no file descriptor for."""


class RealLine:
    """One instance's way to the broker: a port on 127.0.0.1, for `MOST_CONNECTIONS` at once.

    One more is reset, and the log says so of the first: a connection that the rig cut. An instance that sends more
    than the relay can bear (`MOST_FRAMES`) has no way to the broker any more; `flood` is then what it did, else "".
    Every call may come from any thread, and returns when what it asks for is in effect.
    """

    def __init__(self, relay: Relay, instance: str, door: Door) -> None:
        """Made by ``Relay.open``."""
        self.instance = instance
        self._door = door
        self.port = 0
        self._relay = relay
        self._plan = Plan(self._resolve)
        self._links: list[Link] = []
        self._connections = 0
        self._is_crowded = False  # whether the log says so
        self._is_next_unanswered = False
        self._meter = Meter()
        self.flood = ""
        self._listening: socket.socket | None = None
        self._reserved: socket.socket | None = None

    # --- faults ------------------------------------------------------------------------------

    def cut(self) -> int:
        """Reset both sides of every connection now, and say how many; new ones are let through."""
        return self._relay.call(lambda: self._cut("the rig cut it"))

    def refuse(self) -> None:
        """Reset every connection and refuse new ones, as when nobody listens, until ``accept``."""

        async def refuse() -> None:
            self._stop_listening()
            await self._cut("the rig cut it and refuses new ones")

        self._relay.call(refuse)

    def accept(self) -> None:
        """Let new connections through again."""
        self._relay.call(self._listen)

    def half_open(self) -> None:
        """Pass nothing on in either direction, not even the end of a side, until ``restore``.

        Both TCP ends stay open. What comes is kept, as TCP keeps it while a network is away, up to
        a mebibyte a direction; then that source is read no more. New connections fare alike.
        """
        self._do(self._plan.half_open)

    def let_die(self) -> None:
        """Never pass anything on again on the connections that there are; new ones are let through.

        What was in force for the line, a delay or a hold, is so for the dead ones alone.
        """

        def let_die() -> None:
            dead, self._plan = self._plan, Plan(self._resolve)
            self._plan.entry = dead.entry
            dead.half_open()

        self._do(let_die)

    def leave_unanswered(self) -> None:
        """Take the next connection, and never pass anything on there; those after it are let through."""

        def leave() -> None:
            self._is_next_unanswered = True

        self._do(leave)

    def restore(self) -> None:
        """End ``half_open`` and ``delay``: what was kept goes on in order.

        It is lost where its target has gone meanwhile. What was delayed keeps its time.
        """
        self._do(self._plan.restore)

    def delay(self, seconds: float) -> None:
        """Pass every frame on so much later, in order; 0 ends it for the frames to come."""
        self._do(lambda: self._plan.delay(seconds))

    def hold(self, match: Match, *, heartbeats_pass: bool = True) -> Held:
        """Let the first message that matches wait, and all behind it on its way."""
        return self._do(lambda: self._plan.hold(match, heartbeats_pass=heartbeats_pass))

    def lose(self, match: Match) -> Held:
        """Drop the first message that matches, and nothing else."""
        return self._do(lambda: self._plan.lose(match))

    def let_in(self, entry: Entry) -> None:
        """Let whoever connects from now on in as the entry has it."""

        def let_in() -> None:
            self._plan.entry = entry

        self._do(let_in)

    def cancel_consumer(self, connection: int, channel: int, tag: str) -> bool:
        """Take a consumer off, as a broker does whose queue has gone; False where there is no such channel."""
        return self._do(lambda: self._plan.cancel_consumer(connection, channel, tag))

    def close_channel(self, connection: int, channel: int, code: int, words: str) -> bool:
        """Close a channel, as a broker does that refuses something; False where there is no such channel."""
        return self._do(lambda: self._plan.close_channel(connection, channel, code, words))

    def nack(self) -> None:
        """Nack what the next confirm is for, in its place, as a broker does that could not keep it; once."""
        self._do(self._plan.nack)

    def block(self, reason: str, *, tells_all: bool = False) -> None:
        """Read no more of a connection once it has published, and tell it why, or all, until ``unblock``."""
        self._do(lambda: self._plan.block(reason, tells_all=tells_all))

    def unblock(self) -> None:
        """End ``block``: what was not read goes on in order."""
        self._do(self._plan.unblock)

    def close(self) -> None:
        """Cut what is left, and listen no more. The second time does nothing."""
        self._relay.close_line(self)

    # --- in the relay's thread -----------------------------------------------------------------

    async def start(self) -> None:
        """Take a port for good, and listen on it.

        A second socket is bound to the port but never listens, so that nobody else is given the
        port while this line refuses connections.
        """
        self._reserved = self._door.bound()
        self.port = self._reserved.getsockname()[1]
        await self._listen()

    async def end(self) -> None:
        """Listen no more, cut what is left, and give the port back."""
        self._stop_listening()
        await self._cut("its line was closed")
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    async def _listen(self) -> None:
        """Listen, unless it does already, was closed, or has been flooded."""
        if self._listening is None and self._reserved is not None and not self.flood:
            self._listening = listening_at(self._door, self.port, _BACKLOG)
            self._watch()

    def _stop_listening(self) -> None:
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._listening = None

    def _watch(self) -> None:
        if self._listening is not None:
            asyncio.get_running_loop().add_reader(self._listening, self._accept, self._listening)

    def _accept(self, listening: socket.socket) -> None:
        """Make a link of a connection in the moment in which it is accepted.

        Asyncio's own server takes two turns of its loop for that. A line that refuses between these could neither cut
        the connection nor ever see its end.
        """
        try:
            accepted, _ = listening.accept()
        except (BlockingIOError, ConnectionAbortedError):  # it has gone again
            return
        except OSError:  # no file descriptor is left
            loop = asyncio.get_running_loop()
            loop.remove_reader(listening)
            loop.call_later(_LOOK_AGAIN, self._watch)
            return
        if len(self._links) >= MOST_CONNECTIONS:
            with contextlib.closing(accepted):
                forget_on_close(accepted)
            self._log_crowd()
        else:
            self._link(accepted)

    def _link(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        self._connections += 1
        link = Link(
            self.instance,
            self._connections,
            upstream=self._relay.upstream,
            plan=self._next_plan(),
            log=self._log,
            now=self._relay.log.now,
            gone=self._links.remove,
        )
        self._links.append(link)
        link.begin(accepted)

    def _next_plan(self) -> Plan:
        """Give what a new connection follows: the line's plan, or one of its own that passes nothing on."""
        if not self._is_next_unanswered:
            return self._plan
        self._is_next_unanswered = False
        unanswered = Plan(self._resolve)
        unanswered.half_open()
        return unanswered

    def _log(self, fact: Fact) -> None:
        """Log a fact; of a flood nothing more than that there is one."""
        if self.flood and not isinstance(fact, ConnectionEnded):
            return
        self._relay.log.append(fact)
        if not self.flood and (flood := self._meter.flood(fact)):
            self.flood = flood
            asyncio.get_running_loop().call_soon(self._dam_up)

    def _dam_up(self) -> None:
        self._stop_listening()
        for link in list(self._links):
            link.cut(self.flood)

    def _log_crowd(self) -> None:
        if self._is_crowded:
            return
        self._is_crowded = True
        self._connections += 1
        at, number = self._relay.log.now(), self._connections
        words = f"it has {MOST_CONNECTIONS} connections at once, and further ones are reset"
        self._relay.log.append(ConnectionOpened(at, self.instance, number))
        self._relay.log.append(ConnectionEnded(at, self.instance, number, "rig", "cut", words))

    async def _cut(self, detail: str) -> int:
        links = list(self._links)
        for link in links:
            link.cut(detail)
        await asyncio.gather(*(link.ended() for link in links))
        return len(links)

    def _do(self, function: Callable[[], T]) -> T:
        """Do something in the relay's thread."""

        async def do() -> T:
            return function()

        return self._relay.call(do)

    def _resolve(self, held: Held, release: bool) -> None:
        """Release or lose what was caught, from any thread; nothing is left to do where the relay is closed."""
        if not self._relay.is_closed:
            self._do(lambda: self._plan.resolve(held, release))
