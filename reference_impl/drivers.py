"""The drivers of all databases, loaded: SQLAlchemy loads one when it first opens a database.

For `preload` of a manifest alone; no role imports this.
"""

import psycopg
import pymysql
from sqlalchemy.dialects.mysql import pymysql as mysql
from sqlalchemy.dialects.postgresql import psycopg as postgresql
from sqlalchemy.dialects.sqlite import pysqlite

__all__ = ["mysql", "postgresql", "psycopg", "pymysql", "pysqlite"]
