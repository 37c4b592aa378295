"""Defects of effects: rows that are there twice, or noted before they are there."""

import sqlalchemy as sa

from reference_impl.hardened.blocking import BlockingStream
from reference_impl.hardened.delivery import Delivery
from reference_impl.hardened.inbox import Inbox
from reference_impl.schema import log


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
