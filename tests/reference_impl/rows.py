"""Reading the tables in a test."""

import sqlalchemy as sa

from reference_impl.schema import message_log


def messages(database: sa.Engine) -> list[str]:
    """Read `message_log` in the order of its ids."""
    with database.begin() as connection:
        return list(connection.scalars(sa.select(message_log.c.message).order_by(message_log.c.id)))
