"""The plugin gets servers and worlds that only count: nothing is started here."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.plugin.project import CASES, SECRET, Project, Started
from tests.stand_ins import StandInWorld

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Give the plugin servers and worlds of our own."""
    started = Started()

    class Servers:
        secrets = (SECRET,)
        broker = SimpleNamespace(description="a broker", version="4.3")
        database = SimpleNamespace(description="a database")
        seed = 1

        def __init__(self, *_: object, **_options: object) -> None:
            started.events.append("servers start")

        def for_workers(self) -> dict[str, Any]:
            return {}

        def close(self) -> None:
            started.events.append("servers end")

    class RealWorlds:
        secrets = (SECRET,)

        def __init__(self, _servers: dict[str, Any], _owner: str) -> None:
            started.events.append("worlds start")

        @contextlib.contextmanager
        def world(
            self, _migrate: object, _around: object, *, restarts: bool, restarts_database: bool
        ) -> Iterator[StandInWorld]:
            assert not restarts
            assert not restarts_database
            if started.trouble:
                raise started.trouble
            yield StandInWorld()

        def close(self) -> None:
            started.events.append("worlds end")

    monkeypatch.setattr("warren.worlds.real.Servers", Servers)
    monkeypatch.setattr("warren.worlds.real.RealWorlds", RealWorlds)
    return started


@pytest.fixture
def project(pytester: pytest.Pytester, started: Started) -> Project:
    """Give a project with `CASES`."""
    assert started.events == []
    cases = pytester.mkdir("conformance") / "consumers"
    cases.mkdir()
    (cases / "test_cases.py").write_text(CASES, "utf-8")
    (pytester.path / "tests").mkdir()
    (pytester.path / "tests" / "test_other.py").write_text("def test_other(): pass", "utf-8")
    return Project(pytester)
