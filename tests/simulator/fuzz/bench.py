"""The embedded broker in this process, on sockets and a clock that stand in for the real ones.

From the first octet to the model everything is what `python -m warren.simulator.tcp` runs; what stands in
makes an input take a fraction of a millisecond, and time pass when the test wants it to.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from tests.simulator.fuzz import sessions
from tests.simulator.fuzz.clock import Clock
from tests.simulator.tcp.embedded import PASSWORD
from warren.simulator import wire
from warren.simulator.model import commands
from warren.simulator.tcp.node import Node
from warren.simulator.tcp.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.simulator.fuzz.sessions import Pieces

SLOWEST = 5.0
"""Seconds of this process's time that one input may take; the slowest valid one takes 0.05."""
ENDS = (wire.ConnectionClose, wire.ConnectionCloseOk)
"""Methods that end a connection: nothing on a channel may follow."""
LIVES = (0.0, 0.0, 0.03, 1.0, 40.0)
"""Seconds for which a client may stay after its last octet: messages expire, heartbeats miss."""


class BrokerFailedError(AssertionError):
    """The broker did what it must not, whatever a client sends."""


class Socket(asyncio.Transport):
    """A client's end of a connection: it keeps what the broker says, and may stop reading it."""

    def __init__(self, clock: Clock, *, reads: bool = True) -> None:
        """Connect; a client that does not read lets octets pile up."""
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.heard = bytearray()
        self.closing = False
        self.paused = False
        self._reads = reads
        self._clock = clock
        self._limit = 0
        self._client: Any = None

    def connect(self, client: asyncio.BaseProtocol) -> None:
        """Be the socket of this client."""
        self._client = client
        client.connection_made(self)

    def feed(self, octets: bytes) -> None:
        """Have octets come from the client, unless nobody reads them any more."""
        if not self.closing and not self.paused:
            self._client.data_received(octets)
            self._clock.advance(0)

    def hang_up(self) -> None:
        """End from the client's side."""
        self.abort()
        self._clock.run()

    def read(self) -> None:
        """Read at last what was not read."""
        if not self._reads:
            self._reads = True
            if not self.closing:
                self._client.resume_writing()
                self._clock.advance(0)

    # What the broker does with it

    def write(self, data: Any) -> None:
        """Take octets for the client."""
        if not self.closing:
            self.heard += data
            if not self._reads and len(self.heard) > self._limit:
                self._client.pause_writing()

    def get_write_buffer_size(self) -> int:
        """Return how much the client has not read."""
        return 0 if self._reads else len(self.heard)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Note from when on the client counts as slow."""
        del low
        self._limit = high or 0

    def pause_reading(self) -> None:
        """Read no more of the client."""
        self.paused = True

    def resume_reading(self) -> None:
        """Read again."""
        self.paused = False

    def is_closing(self) -> bool:
        """Whether the broker has hung up."""
        return self.closing

    def close(self) -> None:
        """Hang up; tell the broker afterwards, as a loop does."""
        if not self.closing:
            self.closing = True
            self._clock.call_soon(self._client.connection_lost, None)

    abort = close


class Trouble(logging.Handler):
    """Everything that the broker logged as a warning or worse: it logs its own mistakes."""

    def __init__(self) -> None:
        """Begin without trouble."""
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one, with its traceback."""
        self.found.append(logging.Formatter().format(record))


class Bench:
    """One broker that lives through many inputs, and a neighbour whom none of them disturbs."""

    def __init__(self, trouble: Trouble) -> None:
        """Start it, with a virtual host for spoiled input and another for the neighbour."""
        self.clock = Clock()
        self._trouble = trouble
        loop = cast("asyncio.AbstractEventLoop", self.clock)
        self.node = Node(loop, Options(password=PASSWORD))
        self.clean()
        self._neighbour = self._connect()
        for piece in sessions.handshake(vhost="/"):
            self._neighbour.feed(piece)
        self._neighbour.feed(sessions.method(wire.QueueDeclare("mine", durable=True)))

    def clean(self) -> None:
        """Throw away what valid commands have left: that may grow."""
        with self.node.turn():
            self.node.do(commands.DeleteVhost(sessions.VHOST))
            self.node.do(commands.AddVhost(sessions.VHOST))
            self.node.do(commands.SetPermissions("guest", sessions.VHOST))

    def try_out(self, pieces: Pieces, chance: Random) -> bytes:
        """Be a client that sends these pieces, stays for a while and goes; return what it heard.

        Raises BrokerFailedError.
        """
        # All chances first: Hypothesis may end an example at any of them, and no client must stay then.
        reads, stays, asks = (
            chance.randrange(8) > 0,
            chance.choice(LIVES),
            chance.randrange(10) == 0,
        )
        begin = time.process_time()
        client = self._connect(reads=reads)
        for piece in pieces:
            client.feed(piece)
        self.clock.advance(stays)
        client.read()
        client.hang_up()
        if time.process_time() - begin > SLOWEST:
            raise BrokerFailedError(f"it took {time.process_time() - begin:.1f} s")
        self._check(client)
        if asks:
            self.check_neighbour()
        return bytes(client.heard)

    def _connect(self, *, reads: bool = True) -> Socket:
        socket = Socket(self.clock, reads=reads)
        socket.connect(self.node.new_client())
        return socket

    def _check(self, client: Socket) -> None:
        if self._trouble.found:
            raise BrokerFailedError(self._trouble.found.pop())
        said_in_order(bytes(client.heard))
        if self._neighbour.closing:
            raise BrokerFailedError("a neighbour has lost its connection")
        if len(self.node.clients) != 1 or len(self.node.broker.connections) != 1:
            raise BrokerFailedError("a connection that is gone is still known")

    def check_neighbour(self) -> None:
        """Publish a message and get it back, on the connection that was there before."""
        neighbour = self._neighbour
        neighbour.heard.clear()
        ask = [*sessions.publish("", "mine", b"still here")]
        for piece in [*ask, sessions.method(wire.BasicGet("mine", no_ack=True))]:
            neighbour.feed(piece)
        if said_in_order(bytes(neighbour.heard))[-1:] != [b"still here"]:
            raise BrokerFailedError(f"a neighbour heard {bytes(neighbour.heard)!r}")


def said_in_order(octets: bytes) -> list[wire.Content]:
    """Return what the broker said, frame by frame.

    BrokerFailedError where it is no AMQP, or speaks on a channel when the connection has ended.
    """
    parser = wire.FrameParser()
    frames = parser.feed(octets)
    if parser.error is not None:
        raise BrokerFailedError(f"the broker breaks the framing: {parser.error}")
    try:
        said = [wire.decode_frame(frame) for frame in frames]
    except wire.AmqpError as error:
        raise BrokerFailedError(f"the broker says what cannot be decoded: {error}") from error
    ends = (at for at, each in enumerate(said) if isinstance(each, ENDS))
    if any(frame.channel for frame in frames[next(ends, len(said)) :]):
        raise BrokerFailedError(f"the broker goes on after the end: {said[-1]!r}")
    return said


@contextmanager
def bench() -> Iterator[Bench]:
    """Give a bench, and listen to the broker's log meanwhile."""
    trouble, log = Trouble(), logging.getLogger("warren.simulator")
    log.addHandler(trouble)
    try:
        yield Bench(trouble)
    finally:
        log.removeHandler(trouble)
