"""What the hardened family remembers: `processed_message`, `package` and `part_result`."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"

# Keys come from messages and are compared byte for byte: MySQL's default would ignore case.
_MYSQL: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mysql_engine": "InnoDB",
}


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "processed_message",
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("processed_at", sa.DateTime, nullable=False),
        **_MYSQL,
    )
    op.create_table(
        "package",
        sa.Column("id", sa.String(255), primary_key=True),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("completed_at", sa.DateTime),
        **_MYSQL,
    )
    op.create_table(
        "part_result",
        sa.Column("package", sa.String(255), primary_key=True),
        sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        **_MYSQL,
    )


def downgrade() -> None:
    """Drop the three tables."""
    op.drop_table("part_result")
    op.drop_table("package")
    op.drop_table("processed_message")
