"""Databases: choosing a server, starting it, a template per implementation, a copy per case.

Rows come out of here as facts; what they prove is the ledger's business.
"""

from warren.worlds.real.databases.address import DatabaseAddress, DatabaseUrls
from warren.worlds.real.databases.case import CaseDatabase
from warren.worlds.real.databases.choice import attach, choose
from warren.worlds.real.databases.copies import Databases
from warren.worlds.real.databases.protocol import Database, RunningDatabase
from warren.worlds.real.databases.schema import MessageRow, TaskRow

__all__ = [
    "CaseDatabase",
    "Database",
    "DatabaseAddress",
    "DatabaseUrls",
    "Databases",
    "MessageRow",
    "RunningDatabase",
    "TaskRow",
    "attach",
    "choose",
]
