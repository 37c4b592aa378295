"""Telling a database that is away, or not ready for us, from a statement that can never be done."""

import sqlalchemy as sa

_MISSING_TABLE = ("42P01", 1146)  # PostgreSQL's SQLSTATE, MySQL's error; SQLite's is operational


def is_outage(error: sa.exc.SQLAlchemyError) -> bool:
    """Tell whether another try may help: no connection, no lock, no space, or no table, as in a migration."""
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError | sa.exc.TimeoutError):
        return True
    original = getattr(error, "orig", None)
    code = getattr(original, "sqlstate", None) or next(iter(getattr(original, "args", ())), None)
    return code in _MISSING_TABLE
