"""Defects of the asynchronous task: who does it, and where it is published."""

import contextlib
import os
import threading
from typing import Any

import pika
import sqlalchemy as sa
from pika.adapters.blocking_connection import BlockingChannel
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

from reference_impl.hardened.errors import BrokerAwayError, HardenedError, LinkLostError
from reference_impl.hardened.link import Link
from reference_impl.hardened.publisher import Publisher
from reference_impl.hardened.tasks import Tasks
from reference_impl.schema import now, task
from reference_impl.topology import MISTAKEN_TASK_EXCHANGE, declare_exchange

_PATIENCE = 0.5  # seconds for a confirm


class WorksInRequest(Tasks):
    """Does the task while its caller waits, before it is handed to its consumer."""

    def add(self) -> int:
        """Insert a task and complete it."""
        task_id = super().add()
        self.complete(task_id)
        return task_id


class MisroutesTasks(Publisher):
    """Publishes tasks where no queue is bound, as the document's producer does."""

    def _declare_and_send(
        self, exchange: str, body: bytes, properties: pika.BasicProperties, channel: BlockingChannel
    ) -> None:
        del exchange
        declare_exchange(channel, MISTAKEN_TASK_EXCHANGE)
        channel.basic_publish(MISTAKEN_TASK_EXCHANGE, "", body, properties)


class CommitsLater(Tasks):
    """Gives the id of a task away, to be published, and commits its row a little later."""

    def add(self) -> int:
        """Insert a task in a transaction that goes on."""
        connection = self._database.connect()
        inserted = connection.execute(task.insert().values(created_at=now()))
        key = inserted.inserted_primary_key
        assert key is not None  # a single-row insert has one

        def end() -> None:
            connection.commit()
            connection.close()

        threading.Timer(0.1, end).start()
        return int(key[0])


class AddsNothing(Tasks):
    """Inserts no task."""

    def add(self) -> int:
        """Pass for inserted."""
        return 0


class PublishesNothing(Publisher):
    """Publishes no task."""

    def publish(self, exchange: str, body: bytes, **options: object) -> None:
        """Pass for published."""


class AcceptsWithoutRow(Tasks):
    """Takes a task for inserted, whatever its database says."""

    def add(self) -> int:
        """Insert where that can be done."""
        try:
            return super().add()
        except sa.exc.SQLAlchemyError:
            return 0


class WorksAside(Tasks):
    """Does the task in a thread of its own, soon after its caller has the answer."""

    def add(self) -> int:
        """Insert a task and complete it a little later."""
        task_id = super().add()
        threading.Timer(0.1, self.complete, [task_id]).start()
        return task_id


class LeavesConnections(Publisher):
    """Opens a connection for each task, and leaves it open."""

    def publish(self, exchange: str, body: bytes, **options: Any) -> None:
        """Publish, and have one connection more."""
        super().publish(exchange, body, **options)
        threading.Thread(target=_stay, daemon=True).start()


def _stay() -> None:
    with contextlib.suppress(AMQPError, AMQPConnectorException, OSError):
        connection = pika.BlockingConnection(pika.URLParameters(os.environ["WARREN_AMQP_URL"]))
        while connection.is_open:
            connection.process_data_events(time_limit=None)


class PassesForPublished(Publisher):
    """Takes a task for published whatever became of it."""

    def publish(self, exchange: str, body: bytes, **options: Any) -> None:
        """Publish where that can be done."""
        with contextlib.suppress(HardenedError):
            super().publish(exchange, body, **options)


class KeepsItsTurn(Publisher):
    """Publishes one task at a time, and after one that was not confirmed in time no other: its turn is not given up."""

    def __init__(self, link: Link) -> None:
        """Have one turn for all."""
        super().__init__(link)
        self._turn = threading.Lock()

    def publish(self, exchange: str, body: bytes, **options: Any) -> None:
        """Publish when it is our turn, which only an answer of the broker ends, or the loss of the connection."""
        if not self._turn.acquire(timeout=options["timeout"]):
            raise BrokerAwayError("another task is being published")
        try:
            super().publish(exchange, body, **options)
        except LinkLostError:
            self._turn.release()
            raise
        self._turn.release()


class AcceptsUnconfirmed(Publisher):
    """Waits half a second for the confirm, and takes the task for published then: on a silent line it is lost."""

    def publish(self, exchange: str, body: bytes, **options: Any) -> None:
        """Leave it to a thread, and do not wait for its end for long."""
        publishing = threading.Thread(
            target=super().publish, args=[exchange, body], kwargs=options, daemon=True
        )
        publishing.start()
        publishing.join(_PATIENCE)
