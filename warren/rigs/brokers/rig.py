"""`BrokerRig`: a vhost, pika connections, raw sockets, programs, a restart; all taken back at the end."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, TypeVar

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker, ConnectionClosedByBroker

from warren.rigs.brokers.deadline import deadline
from warren.rigs.brokers.inbox import Inbox, Message
from warren.rigs.brokers.judging import broker_findings
from warren.rigs.brokers.program import Program
from warren.rigs.brokers.raw import WITHIN, RawClient
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from pika.adapters.blocking_connection import BlockingChannel

    from warren.claims.catalogue import Requirement
    from warren.claims.verdict import Finding, Measurement
    from warren.evidence.rows import MessageRow
    from warren.rigs.pace import Pace
    from warren.worlds.real import Place
    from warren.worlds.real.brokers import QueueState
    from warren.worlds.real.databases import CaseDatabase

_CASE = 120.0
"""Seconds that a case may take, its restarts included."""
_CLOSE = 5.0
_POLL = 0.01
_CONNECTION_CODES = 500
_NOT_FOUND = 404
_Closable = TypeVar("_Closable", RawClient, Program)


class BrokerRig:
    """What a case that judges a broker holds, in a vhost of its own.

    Publishing, getting and declaring without a channel go over the rig's own connection, whose
    publishes are confirmed: what is published is in its queues when `publish` returns.
    """

    def __init__(self, place: Place, pace: Pace, requirements: Sequence[Requirement]) -> None:
        """Stand on a place that someone else takes back."""
        self.place, self.pace, self.requirements = place, pace, tuple(requirements)
        self.folder = place.folder
        self.processes: list[Program] = []
        self._database: CaseDatabase | None = None
        self._connections: list[pika.BlockingConnection] = []
        self._own: BlockingChannel | None = None
        self._stack = contextlib.ExitStack()

    @property
    def version(self) -> str:
        """The broker's version, e.g. "4.3.6"."""
        return self.place.broker.version

    @property
    def url(self) -> str:
        """The AMQP URL of the case's vhost; it holds a password."""
        return self.place.broker.amqp_url(self.place.vhost)

    def connect(self, **parameters: Any) -> pika.BlockingConnection:
        """Open a connection without heartbeats; `parameters` are pika's, set on top."""
        chosen = pika.URLParameters(self.url)
        chosen.heartbeat = 0
        chosen.socket_timeout = chosen.stack_timeout = WITHIN
        chosen.blocked_connection_timeout = WITHIN
        for name, value in parameters.items():
            setattr(chosen, name, value)
        connection = pika.BlockingConnection(chosen)
        self._connections.append(connection)
        return connection

    def channel(self, connection: pika.BlockingConnection | None = None) -> BlockingChannel:
        """Open a channel, on a new connection where none is given."""
        return (connection or self.connect()).channel()

    def raw(self) -> RawClient:
        """Connect a socket that does only what it is told."""
        return self._closing(RawClient(self.place.broker, self.place.vhost))

    def program(self, name: str, argv: Sequence[str], **environment: str) -> Program:
        """Start a program with the case's broker and database in its environment."""
        told = {
            "WARREN_AMQP_URL": self.url,
            **self._case_database().urls.environment,
            **environment,
        }
        program = self._closing(Program(name, argv, told, self.place.folder / f"{name}.err"))
        self.processes.append(program)
        return program

    def message_rows(self) -> tuple[MessageRow, ...]:
        """Give the rows of `message_log` in the case's database."""
        return self._case_database().messages()

    def _case_database(self) -> CaseDatabase:
        """Give the case's database, made when it is first needed."""
        if self._database is None:
            self._database = self._stack.enter_context(self.place.database())
        return self._database

    def queue(self, name: str = "", **arguments: Any) -> str:
        """Declare a durable queue (unless told otherwise) and give its name."""
        given = {"durable": True} | arguments
        return str(self._channel().queue_declare(name, **given).method.queue)

    def exchange(self, name: str, kind: str, **arguments: Any) -> str:
        """Declare a durable exchange (unless told otherwise) and give its name."""
        self._channel().exchange_declare(name, kind, **{"durable": True} | arguments)
        return name

    def bind(self, queue: str, exchange: str, *keys: str, **arguments: Any) -> None:
        """Bind a queue by each of the keys."""
        for key in keys or ("",):
            self._channel().queue_bind(queue, exchange, key, **arguments)

    def publish(
        self,
        body: bytes,
        key: str,
        exchange: str = "",
        *,
        mandatory: bool = False,
        **properties: Any,
    ) -> None:
        """Publish and wait for the confirm; what pika raises for a nack or a return it raises here."""
        self._channel().basic_publish(
            exchange, key, body, pika.BasicProperties(**properties), mandatory=mandatory
        )

    def get(
        self, queue: str, channel: BlockingChannel | None = None, *, auto_ack: bool = True
    ) -> Message | None:
        """Get one message, or None where none is ready."""
        method, properties, body = (channel or self._channel()).basic_get(queue, auto_ack)
        return None if method is None else Message.of(method, properties, body)

    def drain(self, queue: str) -> list[bytes]:
        """Get all that is ready now, and acknowledge it."""
        bodies: list[bytes] = []
        while message := self.get(queue):
            bodies.append(message.body)
        return bodies

    def ready(self, queue: str) -> int:
        """Count what is ready, by a passive declare."""
        return int(self._channel().queue_declare(queue, passive=True).method.message_count)

    def state(self, queue: str) -> QueueState:
        """Give a queue's counts by the management API."""
        state = self.place.management.queue(self.place.vhost, queue)
        assert state is not None, f"the management API knows no queue {queue}"
        return state

    def queues(self) -> set[str]:
        """Give the names of all queues by the management API, also of those that are another's."""
        return {state.name for state in self.place.management.queues(self.place.vhost)}

    def exists(self, queue: str) -> bool:
        """Ask by a passive declare whether there is such a queue."""
        try:
            self.ready(queue)
        except ChannelClosedByBroker as refusal:
            if refusal.reply_code != _NOT_FOUND:
                raise
            return False
        return True

    def consume(
        self,
        queue: str,
        channel: BlockingChannel | None = None,
        *,
        prefetch: int | None = None,
        **arguments: Any,
    ) -> Inbox:
        """Begin to consume, on a new connection where no channel is given."""
        channel = channel or self.channel()
        if prefetch is not None:
            channel.basic_qos(prefetch_count=prefetch)
        return Inbox(channel, queue, **arguments)

    def until(self, condition: Callable[[], bool], expected: str, within: float = WITHIN) -> None:
        """Serve all connections until `condition` holds; AssertionError with `expected` otherwise."""

        def holds() -> bool:
            for connection in self._connections:
                if connection.is_open:
                    connection.process_data_events(time_limit=0)
            return condition()

        assert wait_until(holds, timeout=within, interval=_POLL), (
            f"expected within {within:.0f} s: {expected}"
        )

    def arrive(self, inbox: Inbox, count: int, within: float = WITHIN) -> list[Message]:
        """Wait until a consumer has got `count` messages in all, and give them."""
        expected = f"{count} messages at the consumer of {inbox.consumer_tag}, not {inbox.bodies}"
        self.until(lambda: len(inbox.messages) >= count, expected, within)
        return inbox.messages

    @contextlib.contextmanager
    def refused(self, code: int) -> Iterator[None]:
        """Expect that the broker closes with `code` what it says: a channel, or from 500 a connection."""
        scope = ConnectionClosedByBroker if code >= _CONNECTION_CODES else ChannelClosedByBroker
        refusal: AMQPError | None = None
        try:
            yield
        except (ChannelClosedByBroker, ConnectionClosedByBroker) as error:
            refusal = error
        assert isinstance(refusal, scope), f"{scope.__name__} was expected, not {refusal!r}"
        assert refusal.reply_code == code, f"{code} was expected, not {refusal!r}"

    def restart(self) -> None:
        """Restart the broker in order; every connection is gone then."""
        self._hang_up()
        self.place.restart()

    def now(self) -> float:
        """Seconds of a clock that only grows."""
        return time.monotonic()

    def deadline(self) -> AbstractContextManager[None]:
        """End what pika waits for without an end."""
        return deadline(_CASE, "the case")

    def findings(self, ended: Exception | None, case: str, seconds: float) -> tuple[Finding, ...]:
        """Give one finding for each requirement."""
        return broker_findings(ended, self, case, seconds)

    def measurements(self, case: str) -> tuple[Measurement, ...]:
        """Measure nothing."""
        del case
        return ()

    def close(self) -> None:
        """End all that the case began."""
        self._hang_up()
        self._stack.close()

    def _closing(self, thing: _Closable) -> _Closable:
        self._stack.callback(thing.close)
        return thing

    def _channel(self) -> BlockingChannel:
        if self._own is None or not self._own.is_open:
            self._own = self.channel()
            self._own.confirm_delivery()
        return self._own

    def _hang_up(self) -> None:
        self._own = None
        while self._connections:
            _close(self._connections.pop())


def _close(connection: pika.BlockingConnection) -> None:
    """Close it; a broker that does not answer that either loses the vhost next."""
    with (
        contextlib.suppress(AMQPError, OSError, AssertionError),
        deadline(_CLOSE, "closing a connection"),
    ):
        connection.close()
