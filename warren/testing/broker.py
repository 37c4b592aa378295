"""The RabbitMQ of one test: a vhost of its own, how to reach it, and what was left in it."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker, NackError, UnroutableError

from warren.errors import BrokerUnavailable, WarrenError
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection

    from warren.testing.aio import AsyncBroker
    from warren.worlds.real.brokers import BrokerAddress, Management, RunningBroker
    from warren.worlds.real.runs import Run

LEFT_WITHIN: Final = 1.0
"""Seconds for the last acks to arrive."""
_TIMEOUT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Leftover:
    """A queue in which messages are left: ready for delivery, or delivered and not acked."""

    queue: str
    ready: int
    unacked: int

    def __str__(self) -> str:
        """Say it in words."""
        return f"queue {self.queue!r}: {self.ready} ready, {self.unacked} unacked"


class Broker:
    """A vhost of the test's own on a RabbitMQ. Every call may come from any thread.

    `url` is all that a client needs. The management API at `management_url` takes the same user and password. `aio`
    has the same calls for tests of asyncio.
    """

    def __init__(
        self,
        address: BrokerAddress,
        vhost: str,
        management: Management,
        run: Run,
        running: RunningBroker | None,
    ) -> None:
        """Made by `BrokerFactory.open`."""
        self._address, self._management, self._running = address, management, running
        self._run = run
        self._calling = threading.Lock()
        self._own: BlockingConnection | None = None
        self._confirming: BlockingChannel | None = None
        self._opened: list[BlockingConnection] = []
        self.vhost = vhost
        self.host, self.port = address.host, address.port
        self.user, self.password = address.case_user, address.case_password
        self.management_url = address.management_url
        self.version, self.description = address.version, address.description

    def __repr__(self) -> str:
        """Name it without its password."""
        return f"<Broker {self.host}:{self.port}, vhost {self.vhost!r}: {self.description}>"

    @property
    def url(self) -> str:
        """Its AMQP URL, with user, password and vhost."""
        return self.url_through(self.host, self.port)

    def url_through(self, host: str, port: int) -> str:
        """Give its AMQP URL by another way."""
        return self._address.amqp_url(self.vhost, host, port)

    @property
    def connection(self) -> BlockingConnection:
        """A `pika.BlockingConnection`, opened at its first use and closed at the end of the test.

        It has no heartbeat, since a test does not serve it. Another one is opened where it has been closed.
        """
        if not self._opened or not self._opened[-1].is_open:
            self._opened.append(self._connect())
        return self._opened[-1]

    @property
    def aio(self) -> AsyncBroker:
        """The same for tests of asyncio."""
        from warren.testing.aio import AsyncBroker  # noqa: PLC0415

        return AsyncBroker(self)

    def declare(self, queue: str, arguments: dict[str, Any] | None = None) -> None:
        """Declare a durable queue."""
        with self._channel() as channel:
            channel.queue_declare(queue, durable=True, arguments=arguments)

    def publish(
        self,
        body: bytes | str,
        routing_key: str,
        exchange: str = "",
        properties: pika.BasicProperties | None = None,
    ) -> None:
        """Publish, and return when the broker has taken it; with no exchange named the key is a queue's name.

        Raises `WarrenError` where the message reached no queue.
        """
        octets = body.encode() if isinstance(body, str) else body
        with self._channel() as channel:
            try:
                channel.basic_publish(exchange, routing_key, octets, properties, mandatory=True)
            except (UnroutableError, NackError, ChannelClosedByBroker) as error:
                raise WarrenError(
                    f"the message reached no queue ({type(error).__name__})",
                    where=f"exchange {exchange!r}, routing key {routing_key!r}",
                    what_to_do="declare the queue and its binding before the message is published",
                ) from error

    def queues(self) -> tuple[str, ...]:
        """Name the queues that there are now."""
        return tuple(queue.name for queue in self._management.queues(self.vhost))

    def exchanges(self) -> tuple[str, ...]:
        """Name the exchanges that there are now, but for those of every vhost."""
        status, found = self._management.send("GET", "exchanges", self.vhost)
        if not isinstance(found, list):
            raise BrokerUnavailable(f"it does not list exchanges ({status})", self.management_url)
        names = (str(exchange["name"]) for exchange in found)
        return tuple(name for name in names if name and not name.startswith("amq."))

    def leftovers(self, within: float = LEFT_WITHIN) -> tuple[Leftover, ...]:
        """Give the queues that have messages, ready or unacked: at once where none has any.

        An ack that was sent takes its time, and so do a broker's counts. So it looks until nothing is left, and gives
        what is left after `within` seconds.
        """
        left: tuple[Leftover, ...] = ()

        def is_empty() -> bool:
            nonlocal left
            queues = self._management.queues(self.vhost)
            found = (Leftover(queue.name, queue.ready, queue.unacked) for queue in queues)
            left = tuple(each for each in found if each.ready or each.unacked)
            return not left

        wait_until(is_empty, timeout=within)
        return left

    def restart(self) -> None:
        """Restart the broker, and return when it takes connections: all are gone then, and what is durable is not.

        Raises `WarrenError` where others use it too.
        """
        if self._running is None:
            raise WarrenError(
                "others use this broker, too, so it is not restarted",
                where=self.description,
                what_to_do="run the test with --warren-broker embedded, or with docker and without -n",
            )
        with self._calling:
            self._disconnect()
            self._running.restart()

    def close(self) -> None:
        """Close the connections of this test."""
        for connection in self._opened:
            _close(connection)
        with self._calling:
            self._disconnect()

    # --- for the consumers of the same test -------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """Where what the test's processes print is kept."""
        folder = self._run.folder / "tests" / self.vhost
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def environment(self) -> dict[str, str]:
        """The mark by which the processes of this run are found."""
        return self._run.environment

    # --- its own connection -----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _channel(self) -> Iterator[BlockingChannel]:
        """Give a channel with confirms on a connection of our own; for one thread at a time."""
        with self._calling:
            try:
                if self._own is None or not self._own.is_open:
                    self._own = self._connect()
                if self._confirming is None or not self._confirming.is_open:
                    self._confirming = self._own.channel()
                    self._confirming.confirm_delivery()
                yield self._confirming
            except ChannelClosedByBroker as error:
                raise WarrenError(
                    f"the broker refused it ({error.reply_code} {error.reply_text})",
                    where=f"vhost {self.vhost!r}",
                ) from error
            except (AMQPError, OSError) as error:
                raise BrokerUnavailable(
                    f"the broker ended a connection, or takes none ({type(error).__name__})",
                    where=f"{self.host}:{self.port}",
                    what_to_do="check that it still runs",
                ) from error

    def _connect(self) -> BlockingConnection:
        parameters = pika.URLParameters(self.url)
        parameters.heartbeat = 0
        parameters.socket_timeout = parameters.blocked_connection_timeout = _TIMEOUT
        parameters.client_properties = {"connection_name": "warren_broker"}
        return pika.BlockingConnection(parameters)

    def _disconnect(self) -> None:
        own, self._own, self._confirming = self._own, None, None
        if own is not None:
            _close(own)


def _close(connection: BlockingConnection) -> None:
    """Close a connection, whatever became of it."""
    with contextlib.suppress(AMQPError, OSError):
        if connection.is_open:
            connection.close()
