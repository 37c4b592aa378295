"""A hub with sockets and a clock that are data: no event loop, no thread, no wall clock."""

from __future__ import annotations

from itertools import count
from math import inf
from typing import TYPE_CHECKING

from warren.simulator import wire
from warren.simulator.model import commands
from warren.simulator.session import HIGH_WATER, Abort, Close, Hub, Mistake, Rest, Resume, Send
from warren.simulator.session.hub import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.simulator.session import Session, Wish

USER, PASSWORD = "guest", "secret"
NOON = 1_800_000_000.0


def names() -> Iterator[str]:
    """Make up the same names in every world."""
    return (f"name-{number}" for number in count(1))


class World:
    """One broker; time passes when the test lets it."""

    def __init__(self, memory_limit: int | None = None) -> None:
        """Begin at noon, with one user."""
        self.now = NOON
        self.hub = Hub("4.3", names(), self.now, memory_limit)
        self.peers: dict[int, Peer] = {}
        self.mistakes: list[Mistake] = []
        self.hub.do(commands.AddUser(USER, PASSWORD))
        self.hub.do(commands.SetPermissions(USER, "/"))

    def connect(self) -> Peer:
        """Have a client connect, and say nothing yet."""
        peer = Peer(self)
        peer.session = self.hub.open("client", self.now, lambda: len(peer.unread))
        self.peers[peer.session.number] = peer
        self.perform()
        return peer

    def pass_time(self, seconds: float) -> None:
        """Let time pass; what is due happens at its time."""
        end = self.now + seconds
        while self.hub.wake_at <= end:
            self.now = max(self.now, self.hub.wake_at)
            self.hub.wake(self.now)
            self.perform()
        self.now = end

    def perform(self) -> None:
        """Do what the sessions wish, in as many rounds as it takes."""
        self._grant()
        while self.hub.wake_at == AT_ONCE:
            self.hub.wake(self.now)
            self._grant()

    def _grant(self) -> None:
        while wishes := self.hub.wishes():
            for wish in wishes:
                if isinstance(wish, Mistake):
                    self.mistakes.append(wish)
                elif wish.number in self.peers:
                    self.peers[wish.number].grant(wish)


class Peer:
    """A client and its socket."""

    session: Session

    def __init__(self, world: World) -> None:
        """Read everything at once, until told otherwise."""
        self.reads = True
        self.rests = False
        self.ended = ""
        self.unread = bytearray()
        self.heard: list[wire.Content] = []
        self._world = world
        self._parser = wire.FrameParser()

    def grant(self, wish: Wish) -> None:
        """Be the socket."""
        match wish:
            case Send(octets=octets):
                self.unread += octets
                self._read()
            case Rest():
                self.rests = True
            case Resume():
                self.rests = False
            case Close() | Abort():
                self.ended = type(wish).__name__
        self.session.full = len(self.unread) > HIGH_WATER

    def send(self, *methods: wire.Method, channel: int = 1) -> list[wire.Content]:
        """Say something; return what is heard upon it."""
        return self.send_octets(
            b"".join(wire.encode_method_frame(channel, method) for method in methods)
        )

    def publish(self, body: bytes, queue: str = "q", times: int = 1) -> list[wire.Content]:
        """Publish to a queue; return what is heard upon it."""
        header = wire.ContentHeader(60, len(body))
        message = wire.encode_message(1, wire.BasicPublish("", queue), header, body)
        return self.send_octets(message * times)

    def send_octets(self, octets: bytes) -> list[wire.Content]:
        """Say whatever it is; return what is heard upon it."""
        begin = len(self.heard)
        self._world.hub.receive(self.session, octets, self._world.now)
        self._world.perform()
        return self.heard[begin:]

    def log_in(self, heartbeat: int = 0, *capable_of: str) -> None:
        """Go as far as an open channel."""
        self.send_octets(wire.PROTOCOL_HEADER)
        response = f"\0{USER}\0{PASSWORD}".encode()
        properties: wire.FieldTable = {"capabilities": dict.fromkeys(capable_of, True)}
        self.send(wire.ConnectionStartOk(properties, "PLAIN", response), channel=0)
        self.send(
            wire.ConnectionTuneOk(2047, 131_072, heartbeat), wire.ConnectionOpen("/"), channel=0
        )
        self.send(wire.ChannelOpen())
        assert isinstance(self.heard[-1], wire.ChannelOpenOk)

    def read_on(self) -> None:
        """Read what waits, and go on reading."""
        self.reads = True
        self._read()
        self._world.hub.drained(self.session, self._world.now)
        self._world.perform()

    def hang_up(self) -> None:
        """Be gone."""
        del self._world.peers[self.session.number]
        self._world.hub.lost(self.session, self._world.now)
        self._world.perform()

    def _read(self) -> None:
        if self.reads:
            self.heard += [
                wire.decode_frame(frame) for frame in self._parser.feed(bytes(self.unread))
            ]
            self.unread.clear()


def never(world: World) -> bool:
    """Whether nothing is due in this world, ever."""
    return world.hub.wake_at == inf
