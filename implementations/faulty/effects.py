"""Defects of effects: rows written twice, mistaken for another message's, removed, or noted too early."""

import contextlib
import dataclasses
import hashlib
import json
import threading
import time
from collections.abc import Iterator

import sqlalchemy as sa
from pika import spec
from pika.adapters.blocking_connection import BlockingChannel

from reference_impl.hardened.blocking import BlockingStream
from reference_impl.hardened.consumer import Consumer
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.errors import RejectedError
from reference_impl.hardened.inbox import Inbox
from reference_impl.hardened.tables import processed_message
from reference_impl.hardened.task_consumer import TaskConsumer
from reference_impl.messages import StreamMessage, TaskMessage, decode
from reference_impl.schema import engine, log, message_log, task


class ForgetsEffects(Inbox):
    """Remembers no message, so that a redelivery takes effect again."""

    def has(self, key: str | None) -> bool:
        """Remember none."""
        del key
        return False

    def once(self, connection: sa.Connection, key: str | None) -> bool:
        """Take every message for a new one."""
        del connection, key
        return True


class NotesBeforeWork(Inbox):
    """Notes a package as split before it publishes the parts: a crash in between loses the rest."""

    def has(self, key: str | None) -> bool:
        """Note when asked."""
        with self._database.begin() as connection:
            return not super().once(connection, key)

    def once(self, connection: sa.Connection, key: str | None) -> bool:
        """Find it noted by us, and go on."""
        del connection, key
        return True


class WritesTwice(BlockingStream):
    """Writes the package's row a second time, without any redelivery."""

    def handle(self, delivery: Delivery) -> None:
        """Do the work and leave two rows."""
        super().handle(delivery)
        with self.tools.database.begin() as connection:
            log(connection, delivery.body.decode())


class CompletesTwice(TaskConsumer):
    """Completes a task, and later once more, without any redelivery."""

    def handle(self, delivery: Delivery) -> None:
        """Complete the task, open it again and complete it anew."""
        super().handle(delivery)
        time.sleep(5 * self.tools.settings.second)
        task_id = decode(TaskMessage, delivery.body).taskId
        with self.tools.database.begin() as connection:
            connection.execute(task.update().where(task.c.id == task_id).values(completed_at=None))
        super().handle(delivery)


class KeysByBody(Consumer):
    """Takes the bytes of a message for its identity, so that the second of two equal ones has no effect."""

    def receive(
        self,
        channel: BlockingChannel,
        method: spec.Basic.Deliver,
        properties: spec.BasicProperties,
        body: bytes,
    ) -> None:
        """Name a message after its body."""
        properties.message_id = hashlib.sha256(body).hexdigest()
        super().receive(channel, method, properties, body)


class UndoesRedeliveries(BlockingStream):
    """Takes a redelivery for the sign of a failed try: removes the row that was left, and does no more."""

    def handle(self, delivery: Delivery) -> None:
        """Work on a first delivery, clean up after it on another."""
        if not delivery.redelivered:
            super().handle(delivery)
            return
        left = message_log.c.message == delivery.body.decode()
        with self.tools.database.begin() as connection:
            connection.execute(message_log.delete().where(left))


class WorksAtMostOnce(BlockingStream):
    """Wants no row twice, at any price: rejects what was delivered before, and drops work whose connection is lost."""

    def handle(self, delivery: Delivery) -> None:
        """Do the work of a first delivery, and leave its row if it can still be acked."""
        if delivery.redelivered:
            raise RejectedError("it was delivered before")
        for text in decode(StreamMessage, delivery.body).texts:
            self.tools.work.on(text)
        if delivery.channel.is_open:
            with self.tools.database.begin() as connection:
                log(connection, delivery.body.decode())


class SharesItsTransaction:
    """A database with one connection for all threads: who begins joins what is begun, who ends it ends it for all."""

    def __init__(self, url: str) -> None:
        """Connect when asked."""
        self._engine = engine(url)
        self._gate = threading.RLock()
        self._connection: sa.Connection | None = None

    @contextlib.contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Join the transaction that is open, or open one; commit it, or take it back."""
        with self._gate:
            connection = self._connection = self._connection or self._engine.connect()
        try:
            yield connection
        except BaseException:
            with self._gate:
                connection.rollback()
            raise
        with self._gate:
            connection.commit()

    def dispose(self) -> None:
        """Close it."""
        self._engine.dispose()


class WritesBeforeWork(BlockingStream):
    """Writes the package's row and only then works: a crash in between loses the work."""

    def handle(self, delivery: Delivery) -> None:
        """Leave the row, then do the work."""
        message = decode(StreamMessage, delivery.body)
        with self.tools.database.begin() as connection:
            if not self.tools.inbox.once(connection, delivery.id):
                return
            log(connection, delivery.body.decode())
        for text in message.texts:
            self.tools.work.on(text)


class AcksBeforeEffect(BlockingStream):
    """Works, lets the message be acked, and writes the row later: a crash in between loses it."""

    def handle(self, delivery: Delivery) -> None:
        """Do the work, and leave the row to a timer that outlives the ack."""
        message = decode(StreamMessage, delivery.body)
        if self.tools.inbox.has(delivery.id):
            return
        for text in message.texts:
            self.tools.work.on(text)
        delay = 2 * self.tools.settings.second if message.texts else 0.0
        threading.Timer(delay, self._leave_row, [delivery]).start()

    def _leave_row(self, delivery: Delivery) -> None:
        with self.tools.database.begin() as connection:
            if self.tools.inbox.once(connection, delivery.id):
                log(connection, delivery.body.decode())


class RemembersTheLast(Inbox):
    """Remembers the message that took effect last, and no other."""

    def once(self, connection: sa.Connection, key: str | None) -> bool:
        """Forget all others."""
        is_new = super().once(connection, key)
        if is_new:
            others = processed_message.c.key != key
            connection.execute(processed_message.delete().where(others))
        return is_new


class RemembersTheLastTen(Inbox):
    """Remembers the ten messages that took effect last, as a cache of that size does."""

    most = 10

    def once(self, connection: sa.Connection, key: str | None) -> bool:
        """Forget what is older."""
        is_new = super().once(connection, key)
        key_of, at = processed_message.c.key, processed_message.c.processed_at
        kept = connection.scalars(sa.select(key_of).order_by(at.desc()).limit(self.most)).all()
        connection.execute(processed_message.delete().where(key_of.not_in(kept)))
        return is_new


class SkipsEqualBodies(BlockingStream):
    """Skips a redelivery when some row has its bytes, though the row may be another message's."""

    def handle(self, delivery: Delivery) -> None:
        """Work, unless there is such a row."""
        like = message_log.c.message == delivery.body.decode("utf-8", "replace")
        if delivery.redelivered:
            with self.tools.database.begin() as connection:
                if connection.scalar(sa.select(message_log.c.id).where(like).limit(1)):
                    return
        super().handle(delivery)


class TakesStringsForTexts(BlockingStream):
    """Takes a string in place of the texts for a list of its letters."""

    def handle(self, delivery: Delivery) -> None:
        """Work on letters too."""
        with contextlib.suppress(ValueError, TypeError, LookupError):
            letters = json.loads(delivery.body)["texts"]
            if isinstance(letters, str):
                body = StreamMessage(texts=list(letters)).encode()
                delivery = dataclasses.replace(delivery, body=body)
        super().handle(delivery)
