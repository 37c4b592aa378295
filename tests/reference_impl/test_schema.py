"""The tables on every kind of database, and what a row says about its time."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from freezegun import freeze_time

import reference_impl.hardened.tables  # noqa: F401 - adds its tables to the metadata
from reference_impl.schema import log, message_log, metadata


def test_migrations_make_what_the_code_reads(database: sa.Engine) -> None:
    """A migrated database has the tables and columns that the code declares, and no other."""
    with database.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_created_at_is_utc_in_whole_seconds(database: sa.Engine) -> None:
    """A row's time is the second in which it was made, never the next one."""
    with freeze_time("2024-01-02 03:04:05.999999"), database.begin() as connection:
        log(connection, "текст 😀 / \\")
    with database.begin() as connection:
        row = connection.execute(message_log.select()).one()
    assert row.created_at.isoformat() == "2024-01-02T03:04:05"
    assert row.message == "текст 😀 / \\"


def test_ids_grow(database: sa.Engine) -> None:
    """An id is never given twice, not even after its row is gone."""
    with database.begin() as connection:
        log(connection, "first")
        connection.execute(message_log.delete())
        log(connection, "second")
    with database.begin() as connection:
        assert connection.scalar(sa.select(message_log.c.id)) == 2
