"""The pool of a role: no connection of it waits for ever for a server that says nothing."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from reference_impl.schema import engine

_SILENT_SECONDS = 20


def watched_engine(url: str) -> sa.Engine:
    """Open a pool as `engine` does; a connection that has died without a word is given up within a minute."""
    pool = engine(url)
    match pool.url.get_backend_name():
        case "postgresql":
            event.listen(pool, "do_connect", _connect_watched)
        case "mysql":
            event.listen(pool, "do_connect", _bound_answers)
    return pool


def _connect_watched(
    _dialect: object, _record: object, given: list[Any], named: dict[str, Any]
) -> object:
    from reference_impl.hardened.watched_connection import WatchedConnection  # noqa: PLC0415 - costs psycopg

    return WatchedConnection.connect(*given, **named)


def _bound_answers(
    _dialect: object, _record: object, _given: list[Any], named: dict[str, Any]
) -> None:
    """Have the driver bound the wait for each answer; it connects itself."""
    named.update(read_timeout=_SILENT_SECONDS, write_timeout=_SILENT_SECONDS)
