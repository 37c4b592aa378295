"""One connection with one channel, used by the thread that made it; other threads ask it to do things.

A thread beside it keeps the heartbeat, for py-amqp has none, and a synchronous answer may be long in coming. Writing a
heartbeat is the one thing that another thread may do with a connection; where the broker is silent it hangs up, which
wakes whoever reads.
"""

import queue
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Self, TypeVar

from amqp.exceptions import AMQPError, MessageNacked
from kombu.connection import Connection
from kombu.entity import Exchange

from workers.settings import Settings

T = TypeVar("T")
HANDSHAKE = 30.0  # seconds for a broker to let us in
CONFIRM = 60.0  # seconds for a broker to confirm what it was given
FAREWELL = 3.0  # seconds for connection.close to be answered
GLANCE = 0.01  # seconds for the rest of a frame


class Lost(Exception):  # noqa: N818 - what happened to a line
    """The line has gone, and with it what was given on it."""


# What the library says of a line that has gone. It asks a closed socket (ValueError), or a channel whose connection was
# collected (AttributeError), too.
LOSSES = (AMQPError, MessageNacked, OSError, ValueError, AttributeError, Lost)


@dataclass(frozen=True)
class Outgoing:
    """A message to publish, and where."""

    exchange: str
    body: bytes
    routing_key: str = ""
    mandatory: bool = True
    properties: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Any] | None = None
    content_type: str | None = "text/plain"


class Line:
    """A connection to the broker, from its opening to its loss, or to the time it is given."""

    def __init__(self, settings: Settings, until: float | None = None) -> None:
        self._until = until
        left = HANDSHAKE if until is None else max(until - monotonic(), 0.001)
        self._connection = connect(settings, min(left, HANDSHAKE))
        self._socket: socket.socket = self._connection.sock
        self._returned = False
        self._declared: set[str] = set()
        self._wanted: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._bell, self._rope = socket.socketpair()
        self.gone = threading.Event()
        self._heart = threading.Thread(
            target=self._beat, args=(settings.heartbeat / 4,), daemon=True
        )
        self._heart.start()
        try:
            self.channel: Any = self._connection.channel()
        except BaseException:
            self.close()
            raise
        self.channel.auto_decode = False
        self.channel.events["basic_return"].add(self._on_return)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye, if there is somebody to say it to, and fail whoever still waits."""
        self.gone.set()
        with suppress(*LOSSES):
            self._socket.settimeout(FAREWELL)
            self._connection.close()
        with suppress(*LOSSES):
            self._connection.collect()
        while not self._wanted.empty():
            self._wanted.get()[1].set_exception(Lost())
        self._bell.close()
        self._rope.close()

    def ask(self, action: Callable[[], T]) -> T:
        """From another thread: have the line's thread do this, and return what it returns."""
        answer: Future[T] = Future()
        self._wanted.put((action, answer))
        self.ring()
        while True:
            with suppress(TimeoutError):
                return answer.result(timeout=1.0)
            if self.gone.is_set() and not answer.done():
                raise Lost

    def ring(self) -> None:
        """Wake the line's thread."""
        with suppress(OSError):
            self._rope.send(b"!")

    def turn(self, *others: socket.socket, timeout: float = 1.0) -> None:
        """Do what was asked for, and read what has come; return after either, or when another socket is ready."""
        if self.gone.is_set():
            raise Lost
        ready, _, _ = select.select([self._socket, self._bell, *others], [], [], timeout)
        if self._bell in ready:
            self._bell.recv(4096)
        while not self._wanted.empty():
            action, answer = self._wanted.get()
            try:
                answer.set_result(action())
            except BaseException as error:
                answer.set_exception(Lost(repr(error)))
                raise
        with suppress(TimeoutError):
            while not self.gone.is_set():
                self._connection.drain_events(timeout=GLANCE)

    def declare_exchange(self, name: str) -> None:
        """Have an exchange to publish to, once."""
        if name not in self._declared:
            Exchange(name, "direct", durable=True, channel=self.channel).declare()
            self._declared.add(name)

    def publish(self, messages: Iterable[Outgoing]) -> list[Outgoing]:
        """Publish these, each confirmed, and return those that have reached no queue."""
        return [message for message in messages if not self._publish(message)]

    def _publish(self, message: Outgoing) -> bool:
        self._returned = False
        prepared = self.channel.prepare_message(
            message.body,
            content_type=message.content_type,
            headers=message.headers,
            properties=message.properties,
        )
        self.channel.basic_publish(
            prepared,
            exchange=message.exchange,
            routing_key=message.routing_key,
            mandatory=message.mandatory,
            confirm_timeout=CONFIRM,
        )
        return not self._returned

    def _on_return(self, *_: object) -> None:
        self._returned = True

    def _beat(self, interval: float) -> None:
        while not self.gone.wait(self._within(interval)):
            try:
                self._connection.heartbeat_tick(rate=2)
                if self._within(interval) <= 0:
                    raise TimeoutError
            except LOSSES:
                self.gone.set()
                with suppress(*LOSSES):
                    self._socket.shutdown(socket.SHUT_RDWR)
                self.ring()

    def _within(self, seconds: float) -> float:
        return seconds if self._until is None else min(seconds, self._until - monotonic())


def connect(settings: Settings, handshake: float) -> Any:
    """Connect once. What comes is py-amqp's connection, for kombu's makes itself anew unasked."""
    url = settings.amqp_url
    trust = {
        "ca_certs": settings.amqp_ca,
        "cert_reqs": ssl.CERT_REQUIRED,
        "server_hostname": None,  # that of the URL
    }
    connection = Connection(
        url,
        heartbeat=settings.heartbeat,
        connect_timeout=handshake,
        ssl=trust if url.startswith("amqps") else False,
        transport_options={"confirm_publish": True},
    )
    return connection.transport.establish_connection()
