"""Databases: choosing a server, starting it, a template per implementation, a copy per case.

Rows come out of here as facts (`warren.evidence.rows`); what they prove is the workload's matter.
"""

from warren.worlds.real.databases.address import DatabaseAddress, DatabaseUrls
from warren.worlds.real.databases.case import CaseDatabase, first_line
from warren.worlds.real.databases.choice import attach, choose
from warren.worlds.real.databases.copies import Databases
from warren.worlds.real.databases.line import NoDatabaseLine, UnfollowedLine
from warren.worlds.real.databases.private import PrivateServer, private_server
from warren.worlds.real.databases.protocol import Database, RunningDatabase
from warren.worlds.real.databases.scripts import DRIVER_ERRORS, run_script

__all__ = [
    "DRIVER_ERRORS",
    "CaseDatabase",
    "Database",
    "DatabaseAddress",
    "DatabaseUrls",
    "Databases",
    "NoDatabaseLine",
    "PrivateServer",
    "RunningDatabase",
    "UnfollowedLine",
    "attach",
    "choose",
    "first_line",
    "private_server",
    "run_script",
]
