"""Remembering which messages took effect, so that a redelivery changes nothing."""

import sqlalchemy as sa

from reference_impl.hardened.tables import insert_once, processed_message
from reference_impl.schema import now


class Inbox:
    """The keys of what took effect, unique in `processed_message`.

    A key is recorded in the transaction of its effect: both are there, or neither. A message
    without identity has no key, and its effect is at least once.
    """

    def __init__(self, database: sa.Engine) -> None:
        """Remember in `database`."""
        self._database = database

    def has(self, key: str | None) -> bool:
        """Tell whether the effect of `key` is there."""
        if key is None:
            return False
        keys = processed_message.c.key
        with self._database.begin() as connection:
            return connection.scalar(sa.select(keys).where(keys == key)) is not None

    def once(self, connection: sa.Connection, key: str | None) -> bool:
        """Record `key` in the running transaction; False if its effect was there before."""
        if key is None:
            return True
        return insert_once(connection, processed_message, {"key": key, "processed_at": now()})

    def note(self, key: str | None) -> None:
        """Record `key` in a transaction of its own, for an effect outside the database."""
        with self._database.begin() as connection:
            self.once(connection, key)
