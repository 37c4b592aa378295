"""SQL scripts of several statements, run as each driver runs them, without a parser of our own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

import psycopg
import pymysql
from pymysql.constants import CLIENT
from sqlalchemy import create_engine, make_url

if TYPE_CHECKING:
    from warren.worlds.real.databases.address import DatabaseUrls

DRIVER_ERRORS: Final = (sqlite3.Error, psycopg.Error, pymysql.Error)
"""What a script may raise, as it is run past SQLAlchemy."""
_SECONDS: Final = 60


def run_script(urls: DatabaseUrls, script: str) -> None:
    """Run a script in a database to its end. Raises one of `DRIVER_ERRORS`, or what SQLAlchemy raises."""
    url = make_url(urls.url)
    kind = url.get_backend_name()
    arguments = {"client_flag": CLIENT.MULTI_STATEMENTS} if kind == "mysql" else {}
    timeout = {"timeout": _SECONDS} if kind == "sqlite" else {"connect_timeout": _SECONDS}
    engine = create_engine(url, connect_args={**arguments, **timeout})
    try:
        with closing(engine.raw_connection()) as connection:
            driver = connection.driver_connection
            if isinstance(driver, sqlite3.Connection):
                driver.executescript(script)
                return
            with closing(connection.cursor()) as cursor:
                cursor.execute(script)
                while cursor.nextset():  # so that the error of each statement is seen
                    pass
            connection.commit()
    finally:
        engine.dispose()
