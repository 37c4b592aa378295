"""A client that may do what no client library lets one do: wrong frames, wrong order, silence.

It is a socket and `warren.simulator.wire`. The case says what it sends and reads what comes; it answers nothing by
itself, not even with heartbeats.
"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, TypeVar

from warren.simulator.wire import (
    FRAME_OVERHEAD,
    PROTOCOL_HEADER,
    Assembler,
    BasicProperties,
    ChannelOpen,
    ChannelOpenOk,
    ConnectionOpen,
    ConnectionOpenOk,
    ConnectionStart,
    ConnectionStartOk,
    ConnectionTune,
    ConnectionTuneOk,
    Content,
    ContentHeader,
    FieldTable,
    Frame,
    FrameParser,
    Heartbeat,
    Message,
    Method,
    decode_frame,
    encode_message,
    encode_method_frame,
)

if TYPE_CHECKING:
    from warren.worlds.real.brokers import BrokerAddress

WITHIN = 20.0
"""Seconds within which a broker must answer, however busy the machine is."""

_CHUNK = 1 << 16
_CAPABILITIES = (
    "authentication_failure_close",
    "basic.nack",
    "connection.blocked",
    "consumer_cancel_notify",
    "publisher_confirms",
)
_Expected = TypeVar("_Expected")


def _start_ok(response: bytes, padding: int, lacks: str) -> bytes:
    can: FieldTable = {name: name != lacks for name in _CAPABILITIES}
    properties: FieldTable = {"capabilities": can, "padding": "x" * padding}
    return encode_method_frame(0, ConnectionStartOk(properties, response=response))


class RawClient:
    """One socket to a broker."""

    def __init__(self, broker: BrokerAddress, vhost: str) -> None:
        """Connect, and say nothing."""
        self._broker, self._vhost = broker, vhost
        self._socket = socket.create_connection((broker.host, broker.port), WITHIN)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self._parser = FrameParser()
        self._waiting: list[Frame] = []
        self._assembler = Assembler()
        self._last: Message[BasicProperties] | None = None
        self.frame_max = 0

    def log_in(self, *, payload: int = 0, lacks: str = "") -> ConnectionTune:
        """Go as far as the broker's connection.tune and give that; `payload` and `lacks` are as in `start`."""
        self.start(payload=payload, lacks=lacks)
        return self.expect(ConnectionTune)

    def start(self, *, payload: int = 0, lacks: str = "") -> None:
        """Go as far as our start-ok, whose payload is padded to that many octets where it has fewer.

        `lacks` is the one capability that the client does not announce.
        """
        self.send_octets(PROTOCOL_HEADER)
        self.expect(ConnectionStart)
        response = f"\0{self._broker.case_user}\0{self._broker.case_password}".encode()
        least = _start_ok(response, 0, lacks)
        padding = max(0, payload + FRAME_OVERHEAD - len(least))
        self.send_octets(_start_ok(response, padding, lacks))

    def tune(self, *, heartbeat: int = 0, frame_max: int = 131072, channel_max: int = 2047) -> None:
        """Answer connection.tune, and open the vhost; by default with what RabbitMQ offers, and without heartbeats."""
        self.send(0, ConnectionTuneOk(channel_max, frame_max, heartbeat))
        self._parser.frame_max = self.frame_max = frame_max
        self.send(0, ConnectionOpen(self._vhost))
        self.expect(ConnectionOpenOk)

    def open_channel(self, channel: int = 1) -> None:
        """Open a channel."""
        self.send(channel, ChannelOpen())
        self.expect(ChannelOpenOk)

    def send(self, channel: int, *methods: Method) -> None:
        """Send methods that carry no content."""
        self.send_octets(b"".join(encode_method_frame(channel, method) for method in methods))

    def send_message(
        self, channel: int, method: Method, header: ContentHeader, body: bytes
    ) -> None:
        """Send a method with its content, cut as was negotiated."""
        self.send_octets(encode_message(channel, method, header, body, self.frame_max))

    def send_octets(self, octets: bytes) -> None:
        """Send whatever it is."""
        try:
            self._socket.sendall(octets)
        except OSError as error:
            raise AssertionError(f"the broker takes no more octets ({error})") from error

    def read(self, within: float = WITHIN) -> Content | None:
        """Give what comes next, or None at the end of the stream. Nothing at all in that time is an AssertionError."""
        frame = self.read_frame(within)
        if frame is None:
            return None
        content = decode_frame(frame)
        self._last = self._assembler.follow(frame.channel, content) or self._last
        return content

    def read_frame(self, within: float = WITHIN) -> Frame | None:
        """Give the next frame undecoded, or None at the end of the stream."""
        until = time.monotonic() + within
        while not self._waiting:
            octets = self._receive(until)
            if not octets:
                return None
            self._waiting = self._parser.feed(octets)
            assert self._parser.error is None, f"the broker sent no frame: {self._parser.error}"
        return self._waiting.pop(0)

    def expect(self, kind: type[_Expected], within: float = WITHIN) -> _Expected:
        """Pass over heartbeats and give what comes next, which must be of that kind."""
        until = time.monotonic() + within
        while isinstance(content := self.read(max(0.0, until - time.monotonic())), Heartbeat):
            pass
        assert isinstance(content, kind), f"instead of {kind.__name__} came {content!r}"
        return content

    def read_body(self) -> Message[BasicProperties]:
        """Give the message of the method that came last, with its properties and body."""
        message = self._last
        assert message is not None, "no method came yet"
        while not message.whole:
            content = self.read()
            assert content is not None, "the stream ended inside a message"
            assert self._last is message, f"instead of the rest of a message came {content!r}"
        return message

    def wait_for_end(self, within: float = WITHIN) -> float:
        """Read until the broker ends the stream; give when that was (s of time.monotonic)."""
        until = time.monotonic() + within
        while self.read_frame(max(0.0, until - time.monotonic())) is not None:
            pass
        return time.monotonic()

    def close(self) -> None:
        """Close the socket without a word."""
        self._socket.close()

    def _receive(self, until: float) -> bytes:
        self._socket.settimeout(max(0.001, until - time.monotonic()))
        try:
            return self._socket.recv(_CHUNK)
        except TimeoutError as error:
            raise AssertionError("the broker said nothing in time") from error
        except ConnectionResetError:
            return b""
