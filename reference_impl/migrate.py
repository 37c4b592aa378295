"""Bring a database to the newest tables. The revisions themselves live in `migrations/`."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from reference_impl.schema import database
from reference_impl.settings import SettingsError


def upgrade(url: str) -> None:
    """Apply every revision that the database at `url` (SQLAlchemy's form) lacks.

    Raises:
        SettingsError: the URL cannot be used, or no database answers there.

    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with database(url) as pool, pool.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError) as error:
        raise SettingsError(f"WARREN_DATABASE_URL cannot be used: {error}.") from None
    except sa.exc.OperationalError as error:
        raise SettingsError(f"The database of WARREN_DATABASE_URL failed: {error.orig}") from None
