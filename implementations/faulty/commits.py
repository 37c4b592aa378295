"""Defects of transactions: an ack before the commit, and a key that is committed apart from its effect."""

from implementations.faulty.settling import acknowledge
from reference_impl.hardened.blocking import BlockingStream
from reference_impl.hardened.delivery import Delivery
from reference_impl.messages import StreamMessage, decode
from reference_impl.schema import log


class AcksBeforeCommit(BlockingStream):
    """Acks in the transaction of the effect, right before its commit: a crash in between loses it."""

    def handle(self, delivery: Delivery) -> None:
        """Do the work, write the row, ack, commit."""
        message = decode(StreamMessage, delivery.body)
        if self.tools.inbox.has(delivery.id):
            acknowledge(delivery)
            return
        for text in message.texts:
            self.tools.work.on(text)
        with self.tools.database.begin() as connection:
            if self.tools.inbox.once(connection, delivery.id):
                log(connection, delivery.body.decode())
            acknowledge(delivery)


class CommitsKeyFirst(BlockingStream):
    """Commits the key of a message, then its row: a crash in between loses the row for good."""

    def handle(self, delivery: Delivery) -> None:
        """Do the work, leave the key and the row in a transaction each."""
        message = decode(StreamMessage, delivery.body)
        if self.tools.inbox.has(delivery.id):
            return
        for text in message.texts:
            self.tools.work.on(text)
        self.tools.inbox.note(delivery.id)
        with self.tools.database.begin() as connection:
            log(connection, delivery.body.decode())


class CommitsKeyLast(BlockingStream):
    """Commits the row of a message, then its key: a crash in between doubles the row."""

    def handle(self, delivery: Delivery) -> None:
        """Do the work, leave the row and the key in a transaction each."""
        message = decode(StreamMessage, delivery.body)
        if self.tools.inbox.has(delivery.id):
            return
        for text in message.texts:
            self.tools.work.on(text)
        with self.tools.database.begin() as connection:
            log(connection, delivery.body.decode())
        self.tools.inbox.note(delivery.id)
