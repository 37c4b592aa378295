"""Runs of the tests' own, in a temporary folder of their own, so that no other run is met."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
import pytest

from warren.worlds.real.runs import Run
from warren.worlds.real.runs.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Begins a run, leaves a child in a session of its own, and waits for its end.
CONTROLLER = """
import os, subprocess, sys, tempfile
tempfile.tempdir = sys.argv[1]
from warren.worlds.real.runs import Run
run = Run.start()
child = subprocess.Popen(
    [sys.executable, "-c", "import signal; signal.pause()"],
    env={**os.environ, **run.environment}, start_new_session=True, stdout=subprocess.DEVNULL,
)
print(run.id, child.pid, flush=True)
sys.stdin.read()
"""


@dataclass
class Controller:
    """A process that holds a run, and the child it started."""

    process: subprocess.Popen[str]
    run_id: str
    child: int

    def kill(self) -> None:
        """Kill it as `kill -9` does."""
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the temporary folder of the machine, as these tests see it; the register of runs is in it, too."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def run(temporary: Path) -> Iterator[Run]:
    """Give a run that ends with the test."""
    assert temporary.is_dir()
    run = Run.start()
    yield run
    run.end()


@pytest.fixture
def controller(temporary: Path) -> Iterator[Controller]:
    """Give another process that holds a run of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", CONTROLLER, str(temporary)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    run_id, child = process.stdout.readline().split()
    yield Controller(process, run_id, int(child))
    process.kill()
    process.communicate(timeout=10)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(child)).kill()


@pytest.fixture
def is_gone() -> Callable[[int], bool]:
    """Give the question whether a process ends within 5 s."""

    def ends(pid: int) -> bool:
        def gone() -> bool:
            try:
                return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
            except psutil.NoSuchProcess:
                return True

        return wait_until(gone, timeout=5)

    return ends
