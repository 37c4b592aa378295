"""Databases that `migrate` made, and settings that point at them."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from reference_impl import Settings
from reference_impl.migrate import upgrade
from reference_impl.schema import engine
from tests.requisites import missing
from warren.errors import DatabaseUnavailable
from warren.worlds.real.databases import Databases, DatabaseUrls, attach, choose
from warren.worlds.real.runs.run import Run

KINDS = ("sqlite", "postgresql", "mysql")


def migrate(urls: DatabaseUrls) -> None:
    """Make our tables."""
    upgrade(urls.url)


@pytest.fixture(scope="session", params=KINDS)
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Hold a server of each kind that can be had here, with a template of our tables."""
    try:
        chosen = choose(request.param)
    except DatabaseUnavailable as error:
        missing(str(error))
    with contextlib.ExitStack() as stack:
        run = Run.start()
        stack.callback(run.end)
        running = chosen.start(run)
        stack.callback(running.stop)
        hand = stack.enter_context(attach(running.address, run))
        hand.prepare_template("reference", migrate)
        yield hand


@pytest.fixture
def database(databases: Databases) -> Iterator[sa.Engine]:
    """Open an empty migrated database of each kind, as the reference consumers do."""
    copy = databases.create_copy("reference")
    pool = engine(copy.urls.url)
    yield pool
    pool.dispose()
    databases.drop(copy)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite(template: Path, tmp_path: Path) -> Iterator[sa.Engine]:
    """Open an empty migrated SQLite database, for what does not depend on the kind."""
    path = tmp_path / "case.db"
    shutil.copy(template, path)
    pool = engine(f"sqlite:///{path}")
    yield pool
    pool.dispose()


@pytest.fixture
def make_settings() -> Callable[..., Settings]:
    """Make settings whose work takes next to no time."""

    def make(**changes: Any) -> Settings:
        values: dict[str, Any] = {
            "amqp_url": "amqp://nobody:nothing@127.0.0.1:1/",
            "database_url": "sqlite:////nowhere",
            "second": 0.001,
            "timeout": 0.2,
        }
        return Settings(**(values | changes))

    return make


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    """Give settings whose work takes next to no time."""
    return make_settings()
