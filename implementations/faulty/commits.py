"""Defects of transactions: an ack before the commit, and a key that is committed apart from its effect."""

from implementations.faulty.settling import acknowledge
from reference_impl.hardened.blocking import BlockingStream
from reference_impl.hardened.delivery import Delivery
from reference_impl.schema import log


class AcksBeforeCommit(BlockingStream):
    """Acks in the transaction of the effect, right before its commit: a crash in between loses it."""

    def handle(self, delivery: Delivery) -> None:
        """Do the work and leave its row; ack at once what was done before."""
        if self.tools.inbox.has(delivery.id):
            acknowledge(delivery)
        else:
            super().handle(delivery)

    def leave_row(self, delivery: Delivery) -> None:
        """Write the row, ack, commit."""
        with self.tools.database.begin() as connection:
            if self.tools.inbox.once(connection, delivery.id):
                log(connection, delivery.body.decode())
            acknowledge(delivery)


class CommitsKeyFirst(BlockingStream):
    """Commits the key of a message, then its row: a crash in between loses the row for good."""

    def leave_row(self, delivery: Delivery) -> None:
        """Leave the key and the row in a transaction each."""
        with self.tools.database.begin() as connection:
            if not self.tools.inbox.once(connection, delivery.id):
                return
        with self.tools.database.begin() as connection:
            log(connection, delivery.body.decode())


class NotesApart(BlockingStream):
    """Commits the row of a message, then its key: a crash in between, or two that work at once, double the row."""

    def leave_row(self, delivery: Delivery) -> None:
        """Leave the row and the key in a transaction each."""
        with self.tools.database.begin() as connection:
            log(connection, delivery.body.decode())
        self.tools.inbox.note(delivery.id)
