"""Defects that show where two things meet: a stop, a kill or a silence while something else is under way."""

import contextlib
import os
import threading
from typing import Any

import pika
from pika import spec
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.link import Link
from reference_impl.topology import STREAM

_LONGEST = 20.0


class AcksAtStop(Consumer):
    """Acks at a stop what it could not finish, so that the next one is not held up by it."""

    def attempt(self, delivery: Delivery) -> bool:
        """Take what a stop has ended for done."""
        return super().attempt(delivery) or self.stop.requested


class AcksOverdue(Consumer):
    """Acks a message after 20 s, done or not, so that its broker does not close the channel for a late ack."""

    _is_overdue = False

    def attempt(self, delivery: Delivery) -> bool:
        """Work, and ack where that takes long; False then, for there is nothing more to ack."""
        self._is_overdue = False
        timer = threading.Timer(_LONGEST, self._ack, (delivery,))
        timer.start()
        try:
            return super().attempt(delivery) and not self._is_overdue
        finally:
            timer.cancel()

    def _ack(self, delivery: Delivery) -> None:
        self._is_overdue = True
        self.settled += self.settlement.ack(delivery)


class AcksWhatIsInWork(Consumer):
    """Takes a message that comes again while it works on it for one too many, and acks it."""

    _in_work: str | None = None

    def receive(
        self,
        channel: BlockingChannel,
        method: spec.Basic.Deliver,
        properties: spec.BasicProperties,
        body: bytes,
    ) -> None:
        """Take what is not in work."""
        if method.redelivered and self._in_work and properties.message_id == self._in_work:
            channel.basic_ack(method.delivery_tag)
        else:
            super().receive(channel, method, properties, body)

    def attempt(self, delivery: Delivery) -> bool:
        """Note what is in work."""
        self._in_work = delivery.id
        try:
            return super().attempt(delivery)
        finally:
            self._in_work = None


class DeletesQueueAtStop(Link):
    """Tidies up when it ends: its queue, if nobody uses it and nothing is in it."""

    def run(self) -> None:
        """Serve the connection, and delete the queue by another."""
        super().run()
        with contextlib.suppress(AMQPError), self._connect() as connection:
            connection.channel().queue_delete(STREAM.queue, if_unused=True, if_empty=True)


class WaitsForMemoryAtStop(Link):
    """Closes its connection only when its broker has memory again, so that nothing is lost in a buffer."""

    def __init__(self, *pieces: Any, **named: Any) -> None:
        """Begin with a broker that has memory."""
        super().__init__(*pieces, **named)
        self._has_memory = threading.Event()

    def _connect(self) -> pika.BlockingConnection:
        connection = super()._connect()
        self._has_memory.set()
        connection.add_on_connection_blocked_callback(lambda *_: self._has_memory.clear())
        connection.add_on_connection_unblocked_callback(lambda *_: self._has_memory.set())
        return connection

    def close(self) -> None:
        """Wait for memory, then close."""
        self._has_memory.wait()
        super().close()


class HearsNoSilence(Link):
    """Sends heartbeats, and does not look for those of its broker: a line that has died is there for ever."""

    def _parameters(self) -> pika.URLParameters:
        parameters = super()._parameters()
        parameters.heartbeat = self._settings.heartbeat  # and no watchdog
        return parameters

    def _connect(self) -> pika.BlockingConnection:
        connection = super()._connect()
        # pika has no way to send heartbeats and not to look for them.
        checker = connection._impl._heartbeat_checker  # noqa: SLF001
        connection._impl._adapter_remove_timeout(checker._check_timer)  # noqa: SLF001
        return connection


class LeavesItsConnection(Link):
    """Begins anew with another connection when its channel was closed, and forgets the one that it has."""

    def _connect(self) -> pika.BlockingConnection:
        connection = super()._connect()
        close = connection.close

        def leave(*said: Any) -> None:
            if self._end.requested:
                close(*said)
            elif not left:
                left.append(threading.Thread(target=_serve, args=(connection,), daemon=True))
                left[0].start()

        left: list[threading.Thread] = []
        connection.close = leave
        return connection


def _serve(connection: pika.BlockingConnection) -> None:
    """Keep up the heartbeat of a connection that nobody uses."""
    while connection.is_open:
        with contextlib.suppress(AMQPError):  # of its channel, once
            connection.process_data_events(time_limit=None)


class EndsWhenNotLetIn(Link):
    """Takes a vhost that lets nobody in for a mistake in its settings, and ends."""

    def _connect(self) -> pika.BlockingConnection:
        try:
            return super()._connect()
        except AMQPError as error:
            if "530" in repr(error):
                os._exit(1)
            raise
