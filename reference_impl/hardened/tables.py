"""What the hardened family remembers between deliveries, besides the document's two tables."""

import sqlalchemy as sa

from reference_impl.schema import metadata

processed_message = sa.Table(
    "processed_message",
    metadata,
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("processed_at", sa.DateTime, nullable=False),
)

package = sa.Table(
    "package",
    metadata,
    sa.Column("id", sa.String(255), primary_key=True),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("completed_at", sa.DateTime),
)

part_result = sa.Table(
    "part_result",
    metadata,
    sa.Column("package", sa.String(255), primary_key=True),
    sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
)


def insert_once(connection: sa.Connection, table: sa.Table, values: dict[str, object]) -> bool:
    """Insert a row in the running transaction; False if its key is there already.

    Portable: the unique key decides, inside a savepoint. When another transaction is inserting
    the same key, PostgreSQL and MySQL wait here until it ended.
    """
    try:
        with connection.begin_nested():
            connection.execute(table.insert().values(**values))
    except sa.exc.IntegrityError:
        return False
    return True
