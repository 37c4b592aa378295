"""The real line of one instance to its database server: a port on the loopback address, and the faults asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from warren.evidence.commits import DatabaseFailed
from warren.worlds.database_line.plan import DatabasePlan
from warren.worlds.real.relay.database_link import DatabaseLink, reset
from warren.worlds.real.relay.doors import Door, listening_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from warren.worlds.database_line.pieces import Failure, Follower, Moment
    from warren.worlds.database_line.plan import HeldCommit
    from warren.worlds.real.relay.relay import Relay

T = TypeVar("T")


class RealDatabaseLine:
    """One instance's way to its database: a port on 127.0.0.1.

    Every call may come from any thread, and returns when what it asks for is in effect.
    """

    def __init__(
        self,
        relay: Relay,
        instance: str,
        upstream: tuple[str, int],
        follower: Callable[[], Follower],
        door: Door,
    ) -> None:
        """Made by ``Relay.open_database``."""
        self.instance, self.upstream, self.follower = instance, upstream, follower
        self._door = door
        self.port = 0
        self._relay = relay
        self._plan = DatabasePlan(self._resolve)
        self._links: list[DatabaseLink] = []
        self._connections = 0
        self._is_refusing = False
        self._server: asyncio.Server | None = None

    # --- faults ------------------------------------------------------------------------------

    def cut(self) -> int:
        """Reset both sides of every connection now, and say how many; new ones are let through."""
        return self._relay.call(self._cut)

    def refuse(self) -> None:
        """Reset every connection, and each new one at once, until ``accept``."""

        async def refuse() -> None:
            self._is_refusing = True
            await self._cut()

        self._relay.call(refuse)

    def accept(self) -> None:
        """Let new connections through again."""

        def accept() -> None:
            self._is_refusing = False

        self._do(accept)

    def half_open(self) -> None:
        """Pass nothing on in either direction, while both ends stay open, until ``restore``."""
        self._do(self._plan.half_open)

    def let_die(self) -> None:
        """Never pass anything on again where there is a connection now, while both its ends stay open."""

        def let_die() -> None:
            for link in self._links:
                link.let_die()

        self._do(let_die)

    def restore(self) -> None:
        """End ``half_open``, ``delay`` and ``fail``: what was kept goes on in order."""
        self._do(self._plan.restore)

    def delay(self, seconds: float) -> None:
        """Pass everything on so much later, in order."""
        self._do(lambda: self._plan.delay(seconds))

    def stretch(self, seconds: float) -> None:
        """Have each commit that begins from now on be on its way so long at least."""

        def stretch() -> None:
            self._plan.stretch = seconds

        self._do(stretch)

    def fail(self, failure: Failure) -> None:
        """Answer with an error whatever would write, until ``restore``."""
        self._do(lambda: self._plan.fail(failure))

    def hold(self, moment: Moment, passing: int = 0) -> HeldCommit:
        """Let a commit wait at that moment, after so many that pass, and what follows it on its connection."""
        return self._do(lambda: self._plan.hold(moment, passing))

    def close(self) -> None:
        """Cut what is left, and listen no more. The second time does nothing."""
        self._relay.close_line(self)

    # --- in the relay's thread -----------------------------------------------------------------

    async def start(self) -> None:
        """Listen at its door."""
        loop = asyncio.get_running_loop()
        listening = listening_at(self._door, self._door.port)
        self._server = await loop.create_server(self._accepted, sock=listening)
        self.port = self._server.sockets[0].getsockname()[1]

    async def end(self) -> None:
        """Listen no more, and cut what is left."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        await self._cut()

    def _accepted(self) -> asyncio.Protocol:
        self._connections += 1
        if self._is_refusing:
            now, words = self._relay.log.now(), "the connection was refused"
            self._relay.log.append(DatabaseFailed(now, self.instance, self._connections, words))
            return _Refused()
        link = DatabaseLink(
            self.instance,
            self._connections,
            upstream=self.upstream,
            follower=self.follower(),
            plan=self._plan,
            log=self._relay.log,
            gone=self._links.remove,
        )
        self._links.append(link)
        return link.client

    async def _cut(self) -> int:
        links = list(self._links)
        for link in links:
            link.cut()
        return len(links)

    def _do(self, function: Callable[[], T]) -> T:
        """Do something in the relay's thread."""

        async def do() -> T:
            return function()

        return self._relay.call(do)

    def _resolve(self, held: HeldCommit, release: bool) -> None:
        """Let go or lose what was held, from any thread; nothing is left to do where the relay is closed."""
        if not self._relay.is_closed:
            self._do(lambda: self._plan.resolve(held, release))


class _Refused(asyncio.Protocol):
    """A connection that is reset at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Reset it."""
        assert isinstance(transport, asyncio.Transport)
        reset(transport)
