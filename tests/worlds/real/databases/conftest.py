"""Real servers, started once for all tests here; where one is not installed CI fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.requisites import missing
from warren.errors import DatabaseUnavailable
from warren.worlds.real.databases import attach, choose
from warren.worlds.real.runs import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warren.worlds.real.databases import Databases, RunningDatabase


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers of what a test needs."""
    config.addinivalue_line("markers", "postgresql: needs PostgreSQL's server programs")
    config.addinivalue_line("markers", "mysql: needs MariaDB's server programs")


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """Give one run to all tests here."""
    run = Run.start()
    yield run
    run.end()


@pytest.fixture
def other_run() -> Iterator[Run]:
    """Give a run to one test alone."""
    run = Run.start()
    yield run
    run.end()


def _start(option: str, run: Run) -> Iterator[RunningDatabase]:
    try:
        chosen = choose(option)
    except DatabaseUnavailable as error:
        missing(str(error))
    running = chosen.start(run)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def sqlite(run: Run) -> Iterator[RunningDatabase]:
    """Give a folder of SQLite files."""
    yield from _start("sqlite", run)


@pytest.fixture(scope="session")
def postgresql(run: Run) -> Iterator[RunningDatabase]:
    """Give a PostgreSQL server of our own."""
    yield from _start("postgresql", run)


@pytest.fixture(scope="session")
def mysql(run: Run) -> Iterator[RunningDatabase]:
    """Give a MariaDB server of our own."""
    yield from _start("mysql", run)


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mysql", marks=pytest.mark.mysql),
    ]
)
def server(request: pytest.FixtureRequest) -> RunningDatabase:
    """Give a server of each kind."""
    running: RunningDatabase = request.getfixturevalue(request.param)
    return running


@pytest.fixture
def databases(server: RunningDatabase, run: Run) -> Iterator[Databases]:
    """Give one worker's hand on the server, with the template `plain` of the contract."""
    with attach(server.address, run, "gw0") as databases:
        databases.prepare_template("plain")
        yield databases
