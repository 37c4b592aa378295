"""Progress: who waits for a long case is told which one it is."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from warren.plugin.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

DEADLINE = 30.0


class Reporter:
    """Takes what would stand in the terminal."""

    def __init__(self) -> None:
        """Take nothing yet."""
        self.lines: list[str] = []
        self.told = threading.Event()

    def write_line(self, line: str) -> None:
        """Take a line."""
        self.lines.append(line)
        self.told.set()


@pytest.fixture
def reporter() -> Reporter:
    """Give a reporter."""
    return Reporter()


@pytest.fixture
def progress(reporter: Reporter, monkeypatch: pytest.MonkeyPatch) -> Iterator[Progress]:
    """Give progress that looks every few milliseconds."""
    monkeypatch.setattr("warren.plugin.progress._EVERY", 0.005)
    config: Any = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda _name: reporter))
    progress = Progress(config)
    yield progress
    progress.stop()


def test_names_what_runs(
    progress: Progress, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that runs is named, with how many are done."""
    # A pause of the machine would make it a second.
    monkeypatch.setattr("warren.plugin.summary.time", SimpleNamespace(monotonic=lambda: 0.0))
    progress.began("test_done")
    progress.ended("test_done")
    progress.began("test_long")
    progress.start()
    assert reporter.told.wait(DEADLINE)
    assert reporter.lines[0] == "\n[warren] 1 tests done; running: test_long (0 s)"


def test_stops(progress: Progress, reporter: Reporter) -> None:
    """After its end nothing is said, also when it never began."""
    progress.began("test_long")
    progress.start()
    assert reporter.told.wait(DEADLINE)
    progress.stop()
    said = len(reporter.lines)
    progress.stop()
    assert len(reporter.lines) == said


def test_never_began(progress: Progress) -> None:
    """Where no session began there is nothing to stop."""
    progress.stop()
